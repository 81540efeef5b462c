// Room:  Simulation (floor 5, pure).
// Task:  a file system in memory, so that a simulated node saves by the daemon's own code.
// May:   Store's `FileSystem`.   May not: clock, sockets, real files, global randomness.
// Proof: Tests/SimulationTests/VirtualDiskTests.swift

import Store

/// Files and folders as a value, with the calls of Store on them.
///
/// Knows what the Store does and no more: a name with an open descriptor is neither renamed nor
/// removed, every write goes to the end, and nothing is ever short or full. A power failure is
/// not its business: `VirtualDisk` damages files after the fact.
///
/// `@unchecked Sendable`: `FileSystem` asks for it, and each world is driven by one thread; an
/// object lives for one call of `VirtualDisk` and is never handed on.
final class VirtualFileSystem: FileSystem, @unchecked Sendable {
    struct Content: Equatable {
        /// By their paths; order never matters: names are sorted before they are given out.
        var files: [String: [UInt8]] = [:]
        var folders: Set<String>
        /// Files and folders that were asked to last.
        var syncs = 0
    }

    /// Numbers of `errno` on Linux; Glibc is not for a pure room.
    enum Refusal: Int32 {
        case noSuchEntry = 2
        case badDescriptor = 9
    }

    private struct Descriptor {
        let path: String
        let reads: Bool
        let writes: Bool
        var position = 0
    }

    private(set) var content: Content
    private var descriptors: [Int32: Descriptor] = [:]
    private var lastDescriptor: Int32 = 2

    init(_ content: Content) { self.content = content }

    // MARK: Folders

    func entries(of directory: String) throws(SystemFailure) -> [String] {
        guard content.folders.contains(directory) else {
            throw failure("list", directory, .noSuchEntry)
        }
        let prefix = directory + "/"
        return content.files.keys.filter { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count)) }
            .filter { !$0.utf8.contains(UInt8(ascii: "/")) }.sorted()
    }

    func makeDirectory(_ path: String, mode: UInt32) throws(SystemFailure) -> Bool {
        guard content.folders.contains(parent(of: path)) else {
            throw failure("make folder", path, .noSuchEntry)
        }
        return content.folders.insert(path).inserted
    }

    func synchroniseDirectory(_ path: String) throws(SystemFailure) {
        guard content.folders.contains(path) else { throw failure("sync", path, .noSuchEntry) }
        content.syncs += 1
    }

    // MARK: Names

    func rename(_ old: String, to new: String) throws(SystemFailure) {
        expectClosed(old)
        expectClosed(new)
        guard content.folders.contains(parent(of: new)),
            let bytes = content.files.removeValue(forKey: old)
        else { throw failure("rename", old, .noSuchEntry) }
        content.files[new] = bytes
    }

    func remove(_ path: String) throws(SystemFailure) {
        expectClosed(path)
        guard content.files.removeValue(forKey: path) != nil else {
            throw failure("remove", path, .noSuchEntry)
        }
    }

    // MARK: Open files

    func open(_ path: String, for purpose: OpenPurpose) throws(SystemFailure) -> OpenFile {
        let isThere = content.files[path] != nil
        let descriptor: Descriptor
        switch purpose {
        case .reading:
            guard isThere else { throw failure("open", path, .noSuchEntry) }
            descriptor = Descriptor(path: path, reads: true, writes: false)
        case .replacing, .appending:
            guard content.folders.contains(parent(of: path)) else {
                throw failure("open", path, .noSuchEntry)
            }
            let appends = if case .appending = purpose { true } else { false }
            if !isThere || !appends { content.files[path] = [] }
            descriptor = Descriptor(path: path, reads: appends, writes: true)
        }
        lastDescriptor += 1
        descriptors[lastDescriptor] = descriptor
        return OpenFile(descriptor: lastDescriptor, path: path)
    }

    func size(of file: OpenFile) throws(SystemFailure) -> Int {
        guard descriptors[file.descriptor] != nil, let bytes = content.files[file.path] else {
            throw failure("measure", file.path, .badDescriptor)
        }
        return bytes.count
    }

    func read(
        _ file: OpenFile, into buffer: UnsafeMutableRawBufferPointer
    )
        throws(SystemFailure) -> Int
    {
        guard let descriptor = descriptors[file.descriptor], descriptor.reads,
            let bytes = content.files[file.path]
        else { throw failure("read", file.path, .badDescriptor) }
        let start = min(descriptor.position, bytes.count)
        let end = min(start + buffer.count, bytes.count)
        bytes.withUnsafeBytes { all in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[start..<end]))
        }
        descriptors[file.descriptor]?.position = end
        return end - start
    }

    func write(_ file: OpenFile, _ bytes: UnsafeRawBufferPointer) throws(SystemFailure) -> Int {
        guard descriptors[file.descriptor]?.writes == true else {
            throw failure("write", file.path, .badDescriptor)
        }
        content.files[file.path, default: []].append(contentsOf: bytes)
        return bytes.count
    }

    func truncate(_ file: OpenFile, to size: Int) throws(SystemFailure) {
        guard descriptors[file.descriptor]?.writes == true, let bytes = content.files[file.path]
        else { throw failure("cut", file.path, .badDescriptor) }
        let zeros = Array<UInt8>(repeating: 0, count: max(0, size - bytes.count))
        content.files[file.path] = bytes.prefix(size) + zeros
    }

    func synchronise(_ file: OpenFile) throws(SystemFailure) {
        guard descriptors[file.descriptor] != nil else {
            throw failure("sync", file.path, .badDescriptor)
        }
        content.syncs += 1
    }

    func close(_ file: OpenFile) throws(SystemFailure) {
        guard descriptors.removeValue(forKey: file.descriptor) != nil else {
            throw failure("close", file.path, .badDescriptor)
        }
    }

    /// Whether every descriptor was given back.
    var isQuiet: Bool { descriptors.isEmpty }

    // MARK: -

    private func expectClosed(_ path: String) {
        precondition(
            descriptors.values.allSatisfy { $0.path != path }, "\(path) is open: not modelled")
    }

    private func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private func failure(
        _ operation: String, _ path: String, _ refusal: Refusal
    ) -> SystemFailure {
        SystemFailure(operation: operation, path: path, number: refusal.rawValue)
    }
}
