// Room:  Store (floor 2, does I/O).
// Task:  the few calls to the file system that this room makes, so that tests can let each fail.
// May:   Glibc.   May not: anything that is not a file.
// Proof: Tests/StoreTests/CrashTests.swift

import Glibc

/// A call that the system refused.
package struct SystemFailure: Error, Equatable {
    package let operation: String
    package let path: String
    /// `errno`.
    package let number: Int32

    package init(operation: String, path: String, number: Int32) {
        self.operation = operation
        self.path = path
        self.number = number
    }
}

/// An open file.
package struct OpenFile {
    package let descriptor: Int32
    package let path: String

    package init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }
}

package enum OpenPurpose {
    case reading
    /// Made new with these permissions; an old one of the same name is emptied.
    case replacing(mode: UInt32)
    /// At the end of a file that may exist already.
    case appending(mode: UInt32)
}

/// What the room needs of a file system. One call here is one step at which a process may die.
///
/// Open to the package: the simulator brings a disk of its own.
package protocol FileSystem: Sendable {
    /// Names in a folder, sorted, without `.` and `..`.
    func entries(of directory: String) throws(SystemFailure) -> [String]
    /// - Returns: false when the folder was there already.
    func makeDirectory(_ path: String, mode: UInt32) throws(SystemFailure) -> Bool
    func open(_ path: String, for purpose: OpenPurpose) throws(SystemFailure) -> OpenFile
    func size(of file: OpenFile) throws(SystemFailure) -> Int
    /// Reads some bytes at the current position; 0 at the end.
    func read(
        _ file: OpenFile, into buffer: UnsafeMutableRawBufferPointer
    )
        throws(SystemFailure) -> Int
    /// Writes some bytes, at least one.
    func write(_ file: OpenFile, _ bytes: UnsafeRawBufferPointer) throws(SystemFailure) -> Int
    /// Returns when the content is on the disk.
    func synchronise(_ file: OpenFile) throws(SystemFailure)
    func truncate(_ file: OpenFile, to size: Int) throws(SystemFailure)
    func close(_ file: OpenFile) throws(SystemFailure)
    /// Returns when the names in the folder are on the disk.
    func synchroniseDirectory(_ path: String) throws(SystemFailure)
    func rename(_ old: String, to new: String) throws(SystemFailure)
    func remove(_ path: String) throws(SystemFailure)
}

/// The real one. `open` refuses to follow a symbolic link in a file's last component when it
/// writes, and no descriptor is handed on to child processes.
struct PosixFileSystem: FileSystem {
    func entries(of directory: String) throws(SystemFailure) -> [String] {
        guard let stream = opendir(directory) else { throw failure("list", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw failure("list", directory) }
                return names.sorted()
            }
            let length = MemoryLayout.size(ofValue: entry.pointee.d_name)
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: length) {
                    String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    func makeDirectory(_ path: String, mode: UInt32) throws(SystemFailure) -> Bool {
        if mkdir(path, mode) == 0 { return true }
        guard errno == EEXIST else { throw failure("make folder", path) }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemFailure(operation: "make folder", path: path, number: ENOTDIR)
        }
        return false
    }

    func open(_ path: String, for purpose: OpenPurpose) throws(SystemFailure) -> OpenFile {
        let descriptor: Int32
        let wanted: UInt32?
        switch purpose {
        case .reading:
            wanted = nil
            descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        case .replacing(let mode):
            wanted = mode
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
            descriptor = Glibc.open(path, flags, mode)
        case .appending(let mode):
            wanted = nil
            let flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
            descriptor = Glibc.open(path, flags, mode)
        }
        guard descriptor >= 0 else { throw failure("open", path) }
        let file = OpenFile(descriptor: descriptor, path: path)
        // The permissions asked for, whatever the umask or a leftover of that name says.
        if let wanted, fchmod(descriptor, wanted) != 0 {
            let refusal = failure("set permissions of", path)
            _ = Glibc.close(descriptor)
            throw refusal
        }
        return file
    }

    func size(of file: OpenFile) throws(SystemFailure) -> Int {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { throw failure("measure", file.path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let folder = status.st_mode & S_IFMT == S_IFDIR
            throw SystemFailure(
                operation: "read", path: file.path, number: folder ? EISDIR : EINVAL)
        }
        return Int(status.st_size)
    }

    func read(
        _ file: OpenFile, into buffer: UnsafeMutableRawBufferPointer
    )
        throws(SystemFailure) -> Int
    {
        while true {
            let count = Glibc.read(file.descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw failure("read", file.path) }
        }
    }

    func write(_ file: OpenFile, _ bytes: UnsafeRawBufferPointer) throws(SystemFailure) -> Int {
        while true {
            let count = Glibc.write(file.descriptor, bytes.baseAddress, bytes.count)
            if count > 0 { return count }
            if count == 0 {
                throw SystemFailure(operation: "write", path: file.path, number: EIO)
            }
            guard errno == EINTR else { throw failure("write", file.path) }
        }
    }

    func synchronise(_ file: OpenFile) throws(SystemFailure) {
        guard fsync(file.descriptor) == 0 else { throw failure("sync", file.path) }
    }

    func truncate(_ file: OpenFile, to size: Int) throws(SystemFailure) {
        guard ftruncate(file.descriptor, off_t(size)) == 0 else {
            throw failure("cut", file.path)
        }
    }

    func close(_ file: OpenFile) throws(SystemFailure) {
        // Linux has given the descriptor back even when it was interrupted.
        guard Glibc.close(file.descriptor) == 0 || errno == EINTR else {
            throw failure("close", file.path)
        }
    }

    func synchroniseDirectory(_ path: String) throws(SystemFailure) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { _ = Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    }

    func rename(_ old: String, to new: String) throws(SystemFailure) {
        guard Glibc.rename(old, new) == 0 else { throw failure("rename", old) }
    }

    func remove(_ path: String) throws(SystemFailure) {
        guard unlink(path) == 0 else { throw failure("remove", path) }
    }

    private func failure(_ operation: String, _ path: String) -> SystemFailure {
        SystemFailure(operation: operation, path: path, number: errno)
    }
}
