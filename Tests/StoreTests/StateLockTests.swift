// Room:  StoreTests.
// Task:  one holder a state folder, named to the second one.

import Foundation
import Testing

@testable import Store

struct StateLockTests {
    @Test("The second one is refused and told who holds the folder")
    func refused() throws {
        let folder = try TemporaryFolder()
        let lock = try StateLock.acquire(folder.path)
        let error = #expect(throws: StoreError.self) { try StateLock.acquire(folder.path) }
        #expect(error == .locked(path: folder.path + "/lock", holder: getpid()))
        #expect(error?.what.contains("process \(getpid())") == true)
        lock.release()
        lock.release()
        try StateLock.acquire(folder.path).release()
    }

    @Test("The lock goes with its last reference")
    func lastReference() throws {
        let folder = try TemporaryFolder()
        var lock: StateLock? = try StateLock.acquire(folder.path)
        #expect(lock != nil)
        lock = nil
        try StateLock.acquire(folder.path).release()
    }

    @Test("The lock is given back though a child that is being started has a copy of it")
    func copies() throws {
        let folder = try TemporaryFolder()
        let lock = try StateLock.acquire(folder.path)
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        let descriptor = try #require(
            open.compactMap(Int32.init).first { number in
                let target = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/self/fd/\(number)")
                return target == lock.path
            })
        let copy = dup(descriptor)
        defer { close(copy) }
        lock.release()
        try StateLock.acquire(folder.path).release()
    }

    @Test("Another process is kept out too, and a killed holder keeps nobody out")
    func otherProcess() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/lock"
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/bin/sh")
        holder.arguments = [
            "-c", "exec 9>>\"$1\"; flock 9; echo $$ > \"$1\"; echo held; exec cat", "sh", path,
        ]
        let output = Pipe()
        let input = Pipe()
        holder.standardOutput = output
        holder.standardInput = input
        try holder.run()
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        #expect(throws: StoreError.locked(path: path, holder: holder.processIdentifier)) {
            try StateLock.acquire(folder.path)
        }
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit()
        let lock = try StateLock.acquire(folder.path)
        #expect(try folder.bytes("lock") == Array("\(getpid())\n".utf8))
        lock.release()
    }

    @Test("A folder that is missing is a typed error")
    func missing() throws {
        let folder = try TemporaryFolder()
        #expect(throws: StoreError.missing(path: folder.path + "/none/lock")) {
            try StateLock.acquire(folder.path + "/none")
        }
    }
}
