// Room:  FederationTests.
// Task:  founders as the command line takes them, and what is an address.
// May:   Testing.
// Proof: itself

import Federation
import Identity
import Testing

@Suite struct FounderTests {
    let id = Sample.id(4)

    @Test func the_forms_of_the_command_line_are_read() throws {
        #expect(
            try Founder.parse("alice=\(id)@alice.example:7447")
                == Founder(name: "alice", id: id, addresses: ["alice.example:7447"]))
        #expect(
            try Founder.parse("Clinic 2=\(id)@10.0.0.1:1,[::1]:65535,localhost:7447").addresses
                == ["10.0.0.1:1", "[::1]:65535", "localhost:7447"])
        #expect(try Founder.parse("bob=\(id)") == Founder(name: "bob", id: id))
    }

    @Test(arguments: [
        "", "alice", "alice@host:1", "=ID@host:1", "alice=ID@", "alice=ID@host", "alice=ID@host:0",
        "alice=ID@host:65536", "alice=ID@:7447", "alice=ID@host:", "alice=ID@host:7x",
        "alice=ID@host:1,", "alice=ID@::1:7447", "alice=ID@[]:1", "alice=ID@[host]:1",
        "alice=ID@-host:1", "alice=ID@ho st:1", "alice=ID@host..x:1", "alice=ID@höst:1",
        "alice=ID@host:+1", "alice=@host:1", "alice=IDx@host:1", " =ID@host:1", "a\u{202E}b=ID",
        "a\nb=ID",
    ])
    func what_is_no_founder_is_refused_and_quoted(_ form: String) {
        let text = form.replacing("ID", with: id.description)
        do {
            let founder = try Founder.parse(text)
            Issue.record("\(founder)")
        } catch {
            guard case .founder(let quoted, _, let hint) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(quoted == text)
            #expect(hint != nil)
            #expect(error.exitStatus == 64)
            #expect(error.code == "federation.founder")
        }
    }

    @Test func a_mistyped_ID_names_its_groups() throws {
        var text = Array(id.description)
        text[20] = text[20] == "a" ? "b" : "a"
        do {
            _ = try Founder.parse("alice=\(String(text))@host:1")
            Issue.record("accepted")
        } catch {
            #expect(error.what.contains("groups 3 and 4"))
        }
    }
}
