// Room:  Daemon (floor 5).
// Task:  large tensors between the daemon and a trainer, as files that both keep.
// May:   Glibc, Model.
// Proof: Tests/DaemonTests/TrainerFolderTests.swift

import Glibc
import Model

/// A folder, mode 0700, with files of mode 0600 that keep their place and their size, so that the
/// other side may keep them mapped.
///
/// This side reads and writes them with `pread` and `pwrite`, one copy as with a mapping: a file
/// that somebody cuts short under a mapping kills the process that reads it (SIGBUS), under a read it
/// is an error.
struct TrainerFolder {
    static let parameters = "parameters.safetensors"
    static let correction = "correction.safetensors"
    /// What a trainer writes, by the client's custom.
    static let delta = "delta.safetensors"

    /// Absolute: the trainer runs in another folder.
    let path: String

    /// Makes the folder where there is none.
    ///
    /// - Throws: where it cannot be made, or is somebody else's.
    init(_ path: String) throws(TrainerRefusal) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw Self.failed("make \(path)") }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw Self.failed("open \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
            throw TrainerRefusal(
                500, "folder.foreign", "\(path) is not a folder of this daemon's user",
                hint: "name another with [trainer] folder")
        }
        guard let whole = realpath(path, nil) else { throw Self.failed("open \(path)") }
        defer { free(whole) }
        self.path = String(cString: whole)
    }

    /// A trainer that was suspended and wakes may still have the file mapped: what it writes then
    /// lands in a file that has no name any more.
    func removeDelta() { unlink("\(path)/\(Self.delta)") }

    /// - Throws: where the file cannot be written whole.
    func write(_ name: String, layout: ParameterLayout, _ values: [Float]) throws(TrainerRefusal) {
        let head = Safetensors.float32Head(layout)
        let subject = "write \(path)/\(name)"
        let file = try open(name, O_RDWR | O_CREAT, subject)
        defer { close(file) }
        let size = head.count + 4 * values.count
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Self.failed(subject) }
        if Int(status.st_size) != size, ftruncate(file, size) != 0 { throw Self.failed(subject) }
        let isWritten =
            head.withUnsafeBytes { Self.write($0, to: file, at: 0) }
            && values.withUnsafeBytes { Self.write($0, to: file, at: head.count) }
        guard isWritten else { throw Self.failed(subject) }
    }

    /// The values of a file whose head is the very one that this side writes: one copy in place of
    /// three (at 25 million parameters 0.1 s, measured).
    ///
    /// - Returns: nil for every other file, which `read` is for.
    func readVector(_ name: String, layout: ParameterLayout) throws(TrainerRefusal) -> [Float]? {
        guard Self.isPlain(name) else { return nil }
        let subject = "read \(path)/\(name)"
        let file = try open(name, O_RDONLY, subject)
        defer { close(file) }
        let head = Safetensors.float32Head(layout)
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            Int(status.st_size) == head.count + 4 * layout.count,
            Self.bytes(of: file, from: 0, count: head.count) == head
        else { return nil }
        let values = [Float](unsafeUninitializedCapacity: layout.count) { buffer, count in
            count = Self.fill(UnsafeMutableRawBufferPointer(buffer), from: file, at: head.count) / 4
        }
        guard values.count == layout.count else { throw Self.failed(subject) }
        return values
    }

    /// The whole of a file.
    ///
    /// - name: in this folder.
    /// - limit: the longest that is read, in bytes.
    /// - Throws: where it is no file of this folder, or too long, or changes while it is read.
    func read(_ name: String, limit: Int) throws(TrainerRefusal) -> [UInt8] {
        guard Self.isPlain(name) else {
            throw TrainerRefusal(
                400, "folder.name", "'\(name.prefix(80))' is no file name",
                hint: "a name in the folder, without a slash")
        }
        let subject = "read \(path)/\(name)"
        let file = try open(name, O_RDONLY, subject)
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Self.failed(subject) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TrainerRefusal(400, "folder.name", "'\(name)' is not a file")
        }
        let size = Int(status.st_size)
        guard size <= limit else {
            throw TrainerRefusal(
                413, "body.too-long", "'\(name)' may have \(limit) bytes, it has \(size)")
        }
        let bytes = Self.bytes(of: file, from: 0, count: size)
        guard bytes.count == size else { throw Self.failed(subject) }
        return bytes
    }

    /// Fewer where the file ends before.
    private static func bytes(of file: Int32, from place: Int, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = fill(
                UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]),
                from: file, at: place)
        }
    }

    /// - Returns: how many bytes there were, at most as many as the buffer has.
    private static func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from file: Int32, at place: Int
    ) -> Int {
        whole(buffer.count) { done in
            pread(
                file, buffer.baseAddress?.advanced(by: done), buffer.count - done,
                off_t(place + done))
        }
    }

    static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 255 && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 >= 32 && $0 != 127 }
    }

    private func open(
        _ name: String, _ flags: Int32, _ subject: String
    ) throws(TrainerRefusal) -> Int32 {
        // Nobody's pipe holds the lane up, and no link leads out of the folder.
        let file = Glibc.open(
            "\(path)/\(name)", flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard file >= 0 else { throw Self.failed(subject) }
        return file
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to file: Int32, at place: Int
    ) -> Bool {
        bytes.count
            == whole(bytes.count) { done in
                pwrite(
                    file, bytes.baseAddress?.advanced(by: done), bytes.count - done,
                    off_t(place + done))
            }
    }

    /// Calls again until all is done, or nothing more is.
    ///
    /// - call: given how many bytes are done, does some more of them.
    /// - Returns: how many are done.
    private static func whole(_ count: Int, _ call: (Int) -> Int) -> Int {
        var done = 0
        while done < count {
            let more = call(done)
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { break }
            done += more
        }
        return done
    }

    private static func failed(_ subject: String) -> TrainerRefusal {
        TrainerRefusal(
            errno == ENOENT ? 404 : 500, "folder.failed",
            "cannot \(subject): \(String(cString: strerror(errno)))")
    }
}
