// Room:  EndToEndTests.
// Task:  child processes: started, waited for with a bound, never left behind.
// May:   Foundation.
// Proof: itself

import Foundation
import Synchronization

/// Something did not happen in its time.
struct Overdue: Error, CustomStringConvertible {
    let description: String
}

/// Waits for a condition; looks every few milliseconds.
///
/// - Throws: `Overdue` after `bound` seconds, with what `detail` says then.
func wait(
    for what: String, within bound: Double = 20, detail: () -> String = { "" },
    until condition: () throws -> Bool
) throws {
    let end = ContinuousClock.now + .seconds(bound)
    while try !condition() {
        guard ContinuousClock.now < end else {
            throw Overdue(description: "no \(what) within \(bound) s\n\(detail())")
        }
        usleep(5000)
    }
}

/// A child process with its streams in files. Whoever forgets it kills it.
final class Program {
    let pid: pid_t
    /// 128 and the signal's number for one that was killed, as a shell has it.
    private(set) var status: Int32?

    /// - words: path or name of the program, then its arguments.
    /// - environment: besides `PATH`; none of the variables of whoever runs the tests.
    /// - output, errors: files, emptied first unless `appending`.
    init(
        _ words: [String], in folder: String, _ environment: [String: String] = [:],
        input: String = "/dev/null", output: String, errors: String, appending: Bool = false
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let mode = O_WRONLY | O_CREAT | (appending ? O_APPEND : O_TRUNC)
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, mode, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, mode, 0o600)
        // Signals as a shell would leave them, whatever the test runner blocks or ignores.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let all = environment.merging(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]) { own, _ in own }
        // `env` goes to the folder and becomes the program: the number stays.
        var arguments = (["env", "-C", folder] + words).map { strdup($0) } + [nil]
        var variables = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let problem = posix_spawnp(&pid, "env", &actions, &attributes, &arguments, &variables)
        guard problem == 0 else {
            throw Overdue(
                description: "\(words[0]) does not start: \(String(cString: strerror(problem)))")
        }
        self.pid = pid
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        var ignored: Int32 = 0
        waitpid(pid, &ignored, 0)
    }

    var isRunning: Bool {
        guard status == nil else { return false }
        var word: Int32 = 0
        guard waitpid(pid, &word, WNOHANG) == pid else { return true }
        let signal = word & 0x7f
        status = signal == 0 ? (word >> 8) & 0xff : 128 + signal
        return false
    }

    func signal(_ number: Int32) {
        if isRunning { kill(pid, number) }
    }

    /// - Returns: the exit status.
    func ended(within bound: Double = 20) throws -> Int32 {
        try wait(for: "end of process \(pid)", within: bound) { !isRunning }
        return status ?? -1
    }

    /// Runs to its end; one that takes longer than `bound` is killed.
    static func run(
        _ words: [String], in folder: String, _ environment: [String: String] = [:],
        input: String = "/dev/null", within bound: Double = 30
    ) throws -> (status: Int32, output: Data, errors: String) {
        let name = "\(folder)/.said-\(UUID().uuidString.prefix(8))"
        let (output, errors) = (name + ".out", name + ".err")
        defer { for file in [output, errors] { unlink(file) } }
        let program = try Program(
            words, in: folder, environment, input: input, output: output, errors: errors)
        try? wait(for: "end", within: bound) { !program.isRunning }
        program.signal(SIGKILL)
        let status = try program.ended()
        return (
            status, try Data(contentsOf: URL(fileURLWithPath: output)),
            try String(contentsOfFile: errors, encoding: .utf8)
        )
    }
}

/// Tidies up after a test process that is killed before its own tidying: a shell that waits for
/// the end of a pipe.
final class Janitor: Sendable {
    static let shared = Janitor()

    private let pipe: Mutex<Int32>

    /// Kills only what still is the program that it was: numbers of processes come again.
    private static let script = """
        trap '' INT TERM HUP
        lines=$(cat)
        echo "$lines" | while read -r word what file; do
            test "$word" = kill || continue
            test "$(readlink "/proc/$what/exe")" = "$file" && kill -9 "$what"
        done
        echo "$lines" | while read -r word what; do
            test "$word" = unmount && umount -l "$what"
        done
        echo "$lines" | while read -r word what; do
            test "$word" = remove && test -d "$what" && rm -rf --one-file-system "$what"
        done
        """

    private init() {
        var ends: [Int32] = [-1, -1]
        guard Foundation.pipe(&ends) == 0 else {
            pipe = Mutex(-1)
            return
        }
        // A child that held the end for writing would hold the shell off for ever.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.script]
        process.standardInput = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try? process.run()
        pipe = Mutex(ends[1])
    }

    /// - word: `kill PID PATH`, `unmount PATH` or `remove PATH`.
    func note(_ word: String, _ what: String) {
        let line = Array("\(word) \(what)\n".utf8)
        pipe.withLock { _ = write($0, line, line.count) }
    }
}
