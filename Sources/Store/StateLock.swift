// Room:  Store (floor 2, does I/O).
// Task:  one daemon a state folder.
// May:   Glibc.   May not: outlive its process; the kernel gives the lock back.
// Proof: Tests/StoreTests/StateLockTests.swift

import Glibc
import Synchronization

/// The right to use a state folder, held until `release()` or the end of the process.
///
/// An advisory lock (`flock`) on the file `lock`, with the holder's process number in it for
/// people. The file stays when the lock goes: removing it would let two take it at once.
public final class StateLock: Sendable {
    /// The lock file.
    public let path: String
    private let descriptor: Mutex<Int32?>

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Takes the lock at once or not at all. The folder must exist.
    ///
    /// Keep the result: when the last reference goes, so does the lock.
    ///
    /// - Throws: `locked` with the number of the process that holds it.
    public static func acquire(_ directory: String) throws(StoreError) -> StateLock {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(SystemFailure(operation: "open", path: path, number: errno))
        }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            if number == EINTR { continue }
            defer { close(descriptor) }
            if number == EWOULDBLOCK {
                throw .locked(path: path, holder: holder(descriptor))
            }
            throw StoreError(SystemFailure(operation: "lock", path: path, number: number))
        }
        // The number is for people only: a full disk must not keep a node from starting.
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
        return StateLock(path: path, descriptor: descriptor)
    }

    /// Gives the lock back; twice does no harm.
    public func release() {
        descriptor.withLock { held in
            if let open = held {
                // Said aloud: a child that is being started just now has a copy of the descriptor
                // until its `exec`, and closing ours alone would leave it the lock for a moment.
                flock(open, LOCK_UN)
                close(open)
            }
            held = nil
        }
    }

    private static func holder(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        let digits = bytes[..<count].prefix { $0 >= 48 && $0 <= 57 }
        return Int32(String(decoding: digits, as: UTF8.self))
    }
}
