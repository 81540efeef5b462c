// Room:  StarlingTests.
// Task:  from facts to findings: each fact that is wrong is found, and none that is right.
// May:   starling, Daemon.
// Proof: itself

import Testing

@testable import Daemon
@testable import starling

struct DoctorTests {
    private func facts(_ change: (inout DoctorFacts) -> Void = { _ in }) -> DoctorFacts {
        var facts = DoctorFacts(
            setUp: .init(
                node: "alice", federation: "tumours", members: 3, parameters: 1_000_000,
                rows: (100, 25), view: 7, listens: true,
                addresses: ["alice.example:7447"], keptReferences: 0),
            machine: .init(
                freeDisk: 10_000_000_000, availableMemory: 1_000_000_000, mostFiles: 1024))
        change(&facts)
        return facts
    }

    private func codes(_ facts: DoctorFacts, _ grade: Finding.Grade) -> [String] {
        facts.findings.filter { $0.grade == grade }.map(\.code)
    }

    private func contact(
        _ member: String, _ result: DoctorFacts.Contact.Result
    )
        -> DoctorFacts.Contact
    { .init(member: member, address: "\(member).example:7447", result: result) }

    @Test("A right set-up has nothing to mend; every finding that is not good says why and how")
    func right() {
        let right = facts {
            $0.contacts = [
                contact("bob", .agreed(software: "starling 0.1.0", clockAhead: 0.2)),
                contact("carol", .agreed(software: "starling 0.1.0", clockAhead: nil)),
            ]
        }
        #expect(codes(right, .problem) == [] && codes(right, .warning) == [])
        let wrong = facts {
            $0.setUp.rows = (1, 0)
            $0.machine = .init()
            $0.warnings = ["nobody can dial it"]
            $0.contacts = [contact("bob", .noAnswer("timed out"))]
        }
        for finding in wrong.findings where finding.grade != .good {
            #expect(finding.why != nil && finding.how != nil, "\(finding.code)")
        }
    }

    @Test("A model that is trained outside needs no rows here")
    func outside() {
        let away = facts { $0.setUp.rows = nil }
        #expect(codes(away, .warning) == [] && codes(away, .problem) == [])
        #expect(away.findings.first?.what.contains("a trainer outside has the rows") == true)
    }

    @Test("Disk, memory and files that do not suffice must be mended")
    func machine() {
        // x, two links of two vectors each: 20 MB a checkpoint, three of them and a little.
        #expect(codes(facts { $0.machine.freeDisk = 60_000_000 }, .problem) == ["doctor.disk-full"])
        #expect(codes(facts { $0.machine.freeDisk = 62_000_000 }, .problem) == [])
        #expect(
            codes(facts { $0.machine.availableMemory = 70_000_000 }, .problem)
                == ["doctor.memory-short"])
        #expect(codes(facts { $0.machine.mostFiles = 64 }, .problem) == ["doctor.files-few"])
        #expect(
            codes(facts { $0.machine = .init() }, .warning)
                == ["doctor.disk", "doctor.memory", "doctor.files"])
    }

    @Test("Of a node that does not run: names, answers, refusals, clocks")
    func contacts() {
        let seen = facts {
            $0.contacts = [
                contact("bob", .unknownName("no such host")),
                contact("carol", .refused("it says: another federation")),
                contact("dave", .noAnswer("timed out")),
                contact("erin", .agreed(software: "starling 9", clockAhead: -3600)),
            ]
        }
        #expect(codes(seen, .problem) == ["doctor.refused"])
        #expect(
            codes(seen, .warning) == ["doctor.name-unknown", "doctor.no-answer", "doctor.clock"])
        // Another of the member's addresses answers: the one that does not is no matter.
        let two = facts {
            $0.contacts = [
                contact("bob", .noAnswer("timed out")),
                contact("bob", .agreed(software: "starling", clockAhead: nil)),
            ]
        }
        #expect(codes(two, .warning) == [])
        let cutOff = facts {
            $0.setUp.listens = false
            $0.contacts = [contact("bob", .noAnswer("timed out"))]
        }
        #expect(codes(cutOff, .problem) == ["doctor.unreachable"])
        #expect(codes(facts { $0.setUp.members = 1 }, .good).contains("doctor.alone"))
    }
}
