// Room:  Identity (floor 1).
// Task:  read and write the two files of an identity with the care that a key needs.
// May:   Glibc for files.   May not: clock, sockets.
// Proof: Tests/IdentityTests/LocalIdentityTests.swift

import Glibc

/// The folder that holds an identity.
struct IdentityFolder {
    private let directory: String

    /// More than any key or certificate of ours needs.
    private static let limit = 64 * 1024

    init(existing directory: String) { self.directory = directory }

    /// Makes the folder and those above it where they are missing, for this user alone.
    init(making directory: String) throws(IdentityError) {
        self.directory = directory
        var prefix = directory.utf8.first == UInt8(ascii: "/") ? "/" : ""
        for part in directory.split(separator: "/") {
            prefix += part + "/"
            guard mkdir(prefix, 0o700) == 0 || errno == EEXIST else {
                // A folder above may be read-only and yet hold the rest: only a missing one counts.
                let reason = errno
                if access(prefix, F_OK) == 0 { continue }
                throw Self.failure("make the folder", prefix, reason)
            }
        }
    }

    func path(_ name: String) -> String {
        directory.isEmpty
            ? name : directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
    }

    /// Writes a file that must not be there yet, and waits until it is on the disk.
    func write(
        _ bytes: UnsafeRawBufferPointer, to path: String, mode: mode_t
    ) -> Result<Void, IdentityError> {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else {
            return .failure(
                errno == EEXIST ? .alreadyExists(path: path) : Self.failure("make", path, errno))
        }
        // The mode asked for, whatever the process's mask: a mask of 077 hides the certificate,
        // one of 0777 would lock us out of our own key.
        var done = fchmod(file, mode) == 0
        var offset = 0
        while done, offset < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count > 0 {
                offset += count
            } else if errno != EINTR {
                done = false
            }
        }
        done = done && fsync(file) == 0
        let reason = errno
        done = close(file) == 0 && done
        guard done else {
            unlink(path)
            return .failure(Self.failure("write", path, reason))
        }
        return .success(())
    }

    /// Makes the new names last: without this a power cut could take them back.
    func flush() throws(IdentityError) {
        let name = directory.isEmpty ? "." : directory
        let folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.failure("open", name, errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw Self.failure("flush", name, errno) }
    }

    /// Lends the bytes of a file to `body` and wipes them afterwards.
    ///
    /// - forbidden: refuse a file that has any of these rights. The open file is asked, not the path,
    ///   so that nothing can be exchanged in between.
    func read<R>(
        _ path: String, forbidden: mode_t, _ body: (UnsafeRawBufferPointer) -> R
    ) throws(IdentityError) -> R {
        // Not blocking, or a FIFO in the key's place would hang us.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw errno == ENOENT ? .missing(path: path) : Self.failure("open", path, errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Self.failure("look at", path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.limit else {
            throw .damaged(path: path)
        }
        if status.st_mode & forbidden != 0 {
            throw .readableByOthers(path: path, mode: status.st_mode & 0o777)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.limit, alignment: 1)
        defer {
            if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
            buffer.deallocate()
        }
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let got = Glibc.read(file, rest.baseAddress, rest.count)
            if got == 0 { break }
            if got > 0 {
                count += got
            } else if errno != EINTR {
                throw Self.failure("read", path, errno)
            }
        }
        return body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    private static func failure(
        _ operation: String, _ path: String, _ reason: Int32
    ) -> IdentityError {
        .system(operation: operation, path: path, reason: String(cString: strerror(reason)))
    }
}
