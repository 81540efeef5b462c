// Room:  starling (floor 6).
// Task:  `doctor`: what is wrong with a set-up, why it matters, how to mend it.
// May:   ArgumentParser, Daemon.
// Proof: Tests/EndToEndTests/DoctorTests.swift

import ArgumentParser
import Daemon
import Model

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find what is wrong with a node's set-up, and how to mend it.",
        discussion: """
            Looks at configuration, key, federation file, data, disk, memory and
            limits, and at the other members: of a running node what it knows of
            them; else it dials each, shakes hands and compares the federations.
            Changes nothing. Exit status 1 if something must be mended.

              starling doctor --config starling.toml
            """)

    @Option(help: ArgumentHelp("The node's configuration file.", valueName: "FILE"))
    var config: String

    @Flag(help: "Print one JSON object, starling.doctor/1.")
    var json = false

    private struct Report: Encodable {
        var schema = "starling.doctor/1"
        var problems: Int
        var warnings: Int
        var findings: [Finding]
    }

    func run() throws {
        let findings = examine()
        let problems = findings.count { $0.grade == .problem }
        let warnings = findings.count { $0.grade == .warning }
        if json {
            try JSONOutput.show(
                Report(problems: problems, warnings: warnings, findings: findings))
        } else {
            for finding in findings { Self.lines(finding).forEach { print($0) } }
            print(Self.verdict(problems, warnings))
        }
        if problems > 0 { throw ExitCode(1) }
    }

    /// What keeps a node from starting is the first finding, and the last.
    private func examine() -> [Finding] {
        var findings: [Finding] = []
        do {
            let environment = ProcessEnvironment.current
            let configuration = try Configuration.load(config, environment: environment)
            findings.append(.good("configuration", "\(config) reads well"))
            let preparation = try Preparation(
                configuration, credentials: environment["CREDENTIALS_DIRECTORY"])
            let name = preparation.founder?.name ?? "a newcomer"
            findings.append(
                .good("key", "the key is \(name)'s, and nobody else can read it"))
            findings.append(
                .good(
                    "federation-file",
                    "\(preparation.federation.name) (\(preparation.federation.id.short)), "
                        + "\(preparation.federation.founders.count) founders"))
            findings += try Self.facts(preparation).findings
        } catch let fault as any Fault {
            findings.append(
                Finding(
                    code: fault.code, grade: .problem, what: fault.what,
                    why: "the node does not start with this", how: fault.hint))
        } catch {
            findings.append(
                .problem(
                    "unexpected", "\(error)", why: "the node does not start with this",
                    how: "try `starling run --check`"))
        }
        return findings
    }

    private static func facts(_ preparation: Preparation) throws -> DoctorFacts {
        let configuration = preparation.configuration
        // Where none answers, none runs.
        let running = try? NodePicture(state: configuration.state)
        var facts = DoctorFacts(
            setUp: .init(
                node: preparation.founder?.name ?? "newcomer",
                federation: preparation.federation.name,
                members: running?.status.members ?? preparation.federation.founders.count,
                parameters: preparation.layout.count,
                rows: preparation.builtIn.map { ($0.training.rows, $0.holdout.rows) },
                view: preparation.federation.gossip.view,
                listens: !configuration.listen.isEmpty,
                addresses: preparation.founder?.addresses ?? configuration.addresses ?? [],
                keptReferences: configuration.keptReferences),
            machine: .init(
                freeDisk: ProcessFigures.freeBytes(at: configuration.state),
                availableMemory: ProcessFigures.availableMemory,
                mostFiles: ProcessFigures.mostFiles))
        facts.running = running
        facts.warnings = preparation.warnings
        if running == nil { facts.contacts = try DoctorProbe.contacts(preparation) }
        return facts
    }

    // MARK: For people

    private static func lines(_ finding: Finding) -> [String] {
        let terminal = Terminal.standardOutput
        let (mark, style): (String, Terminal.Style) =
            switch finding.grade {
            case .good: ("ok", .green)
            case .warning: ("warn", .yellow)
            case .problem: ("MEND", .red)
            }
        var sheet = FactSheet()
        sheet.add(mark, finding.what)
        if let why = finding.why { sheet.add("", "\(why)") }
        if let how = finding.how { sheet.add("", "-> \(how)") }
        return sheet.marked(mark, style, for: terminal)
    }

    private static func verdict(_ problems: Int, _ warnings: Int) -> String {
        let terminal = Terminal.standardOutput
        let also =
            warnings == 0 ? "" : warnings == 1 ? ", 1 warning" : ", \(warnings) warnings"
        switch problems {
        case 0: return terminal.painted("nothing must be mended\(also)", .green)
        case 1: return terminal.painted("1 thing must be mended\(also)", .red)
        default: return terminal.painted("\(problems) things must be mended\(also)", .red)
        }
    }
}
