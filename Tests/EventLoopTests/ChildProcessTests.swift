// Room:  EventLoopTests.
// Task:  child processes: output, status, signals, what cannot be started.
// May:   EventLoop, Testing, Glibc.
// Proof: –

import EventLoop
import Glibc
import Testing

@Suite struct ChildProcessTests {
    @Test func outputEnvironmentAndStatusComeBack() throws {
        try withLoop { loop, done in
            var said: [UInt8] = []
            var ended = 0
            let finish = {
                ended += 1
                guard ended == 2 else { return }
                #expect(String(decoding: said, as: UTF8.self) == "from the child\n")
                done()
            }
            let child = try ChildProcess.spawn(
                loop: loop, executable: "/bin/sh", arguments: ["-c", "echo \"$SAY\"; exit 7"],
                environment: ["SAY": "from the child"],
                standardOutput: .pipe { bytes in
                    said += bytes
                    if bytes.isEmpty { finish() }
                }, standardError: .null
            ) { status, signal in
                #expect(status == 7)
                #expect(signal == 0)
                finish()
            }
            #expect(child.pid > 0)
            return [child]
        }
    }

    @Test func aSignalEndsAChildAndIsNamed() throws {
        try withLoop { loop, done in
            let child = try ChildProcess.spawn(
                loop: loop, executable: "sleep", arguments: ["600"], standardOutput: .null
            ) { _, signal in
                #expect(signal == SIGKILL)
                done()
            }
            #expect(child.isRunning)
            child.kill(SIGKILL)
            return [child]
        }
    }

    @Test func outputGoesToAFile() throws {
        var template = Array("/tmp/starling-child-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8($0) }, as: UTF8.self)
        defer {
            close(descriptor)
            unlink(path)
        }
        try withLoop { loop, done in
            let child = try ChildProcess.spawn(
                loop: loop, executable: "/bin/echo", arguments: ["kept"],
                standardOutput: .file(path)
            ) { _, _ in done() }
            return [child]
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = read(descriptor, &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "kept\n")
    }

    @Test func whatIsNotThereCannotBeStarted() throws {
        let loop = try EventLoop()
        let missing = #expect(throws: EventLoopError.self) {
            _ = try ChildProcess.spawn(
                loop: loop, executable: "/no/such/program", arguments: [],
                standardOutput: .pipe { _ in }
            ) { _, _ in Issue.record("exit of what never ran") }
        }
        #expect(missing == .noSuchFile("start /no/such/program"))
        let folder = #expect(throws: EventLoopError.self) {
            _ = try ChildProcess.spawn(
                loop: loop, executable: "true", arguments: [],
                standardOutput: .file("/no/such/folder/log")
            ) { _, _ in Issue.record("exit of what never ran") }
        }
        #expect(folder == .noSuchFile("open /no/such/folder/log"))
    }

    @Test func aBrokenPipeDoesNotEndTheProcess() throws {
        let loop = try EventLoop()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        #expect(write(ends[1], "x", 1) == -1)
        #expect(errno == EPIPE)
        close(ends[1])
        withExtendedLifetime(loop) {}
    }
}
