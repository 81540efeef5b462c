// Room:  starling (floor 6).
// Task:  the command line's root: its commands, and how every failure leaves the process.
// May:   ArgumentParser, Daemon, Glibc, Model.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon
import Glibc
import Model

@main
struct Starling: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "starling",
        abstract: "Daemons that learn one model together, each beside its own data.",
        discussion: """
            See it work:
              starling demo digits

            A node of your own:
              starling init --state state
              starling federation new --name thyroid --sizes 12,16,2 \\
                  --founder alice=ID@alice.example:7447 --founder bob=ID \\
                  --standardise local --output federation.toml
              starling run --config starling.toml --check
              starling run --config starling.toml
              starling status --config starling.toml

            Exit status: 0 done, 1 failed, 64 wrong use, 65 data, 77 not trusted,
            78 configuration. Errors go to stderr: one line, and a hint.
            """,
        version: Software.name,
        subcommands: [
            InitCommand.self, IDCommand.self, FederationCommand.self, RunCommand.self,
            StatusCommand.self, TopCommand.self, DoctorCommand.self, PeersCommand.self,
            MembersCommand.self, AdmitCommand.self, ExpelCommand.self, EndorseCommand.self,
            ActionsCommand.self, InviteCommand.self, LeaveCommand.self, ModelCommand.self,
            DemoCommand.self, DemoNodeCommand.self, SimulateCommand.self,
        ])

    static func main() {
        // Tables go to `head` and `grep -q` too: a reader that has seen enough ends us quietly.
        signal(SIGPIPE, SIG_DFL)
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            leave(error)
        }
    }

    /// Says what went wrong, and how to mend it, and ends the process with the fitting status.
    private static func leave(_ error: any Error) -> Never {
        if let fault = error as? any Fault {
            StandardError.say("starling: error: \(fault.description)")
            if let hint = fault.hint { StandardError.say("starling: hint: \(hint)") }
            Glibc.exit(fault.exitStatus)
        }
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        guard code != .success else {
            if !message.isEmpty { print(message) }
            Glibc.exit(0)
        }
        if !message.isEmpty { StandardError.say(inOurTone(message)) }
        Glibc.exit(code.rawValue)
    }

    /// The parser's `Error: Missing …` as ours are: named, and lower case.
    private static func inOurTone(_ message: String) -> String {
        let mark = "Error: "
        guard message.hasPrefix(mark) else { return message }
        let text = message.dropFirst(mark.count)
        return "starling: error: " + text.prefix(1).lowercased() + text.dropFirst()
    }
}
