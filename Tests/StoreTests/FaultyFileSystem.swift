// Room:  StoreTests.
// Task:  a file system in memory that dies, refuses, or loses power at a chosen call.

import Glibc
import Synchronization

@testable import Store

/// Keeps apart what a running process sees and what is on the disk.
///
/// A process that is killed loses nothing that it wrote. A loss of power also takes what was not
/// synced: any tail of a file, and any tail of the sequence of changes to a folder.
final class FaultyFileSystem: FileSystem {
    enum Fault: Equatable {
        case none
        /// From the n-th call on nothing works any more; a write at that call is half done.
        case dies(atCall: Int)
        /// The n-th call is refused with this number, the others work.
        case refuses(call: Int, number: Int32)
        /// Every call from the n-th on that needs space is refused.
        case full(fromCall: Int)
    }

    struct Content: Equatable {
        var bytes: [UInt8] = []
        var synced: [UInt8] = []
    }

    enum Change {
        case put(String, inode: Int)
        case removed(String)
    }

    struct State {
        var inodes: [Content] = []
        var folders: Set<String> = ["/state"]
        var live: [String: Int] = [:]
        var durable: [String: Int] = [:]
        var pending: [Change] = []
        var open: [Int32: (inode: Int, position: Int, appending: Bool)] = [:]
        var nextDescriptor: Int32 = 1000
        var calls = 0
        var fault = Fault.none
        var log: [String] = []
    }

    private let state: Mutex<State>

    init(_ state: sending State = State()) { self.state = Mutex(state) }

    // MARK: For the tests

    func arm(_ fault: Fault) {
        state.withLock {
            $0.fault = fault
            $0.calls = 0
            $0.log = []
        }
    }

    /// Calls since the last `arm`.
    var calls: Int { state.withLock { $0.calls } }
    var log: [String] { state.withLock { $0.log } }

    func files() -> [String: [UInt8]] {
        state.withLock { state in state.live.mapValues { state.inodes[$0].bytes } }
    }

    func put(_ path: String, _ bytes: [UInt8]) {
        state.withLock { state in
            state.inodes.append(Content(bytes: bytes, synced: bytes))
            state.live[path] = state.inodes.count - 1
            state.durable[path] = state.inodes.count - 1
        }
    }

    /// What a new process finds after `kill -9`.
    func afterKill() -> FaultyFileSystem {
        FaultyFileSystem(
            state.withLock { old in
                var new = State()
                new.folders = old.folders
                new.inodes = old.inodes
                new.live = old.live
                new.durable = old.live
                return new
            })
    }

    /// What is found after a loss of power: `choose(n)` gives a number in `0...n`.
    func afterPowerLoss(_ choose: (Int) -> Int) -> FaultyFileSystem {
        var old = state.withLock { $0 }
        let survives = choose(old.pending.count)
        for change in old.pending.prefix(survives) { Self.apply(change, to: &old.durable) }
        var new = State()
        new.folders = old.folders
        new.live = old.durable
        new.durable = old.durable
        new.inodes = old.inodes.map { content in
            guard content.bytes != content.synced else { return content }
            // Any part of what was not synced may be there, the rest missing or zeros.
            var bytes = Array(content.bytes.prefix(choose(content.bytes.count)))
            let kept = min(bytes.count, content.synced.count)
            bytes.replaceSubrange(..<kept, with: content.synced[..<kept])
            if bytes.count < content.synced.count {
                bytes = content.synced
            } else if choose(1) == 1 {
                bytes += Array(repeating: 0, count: content.bytes.count - bytes.count)
            }
            return Content(bytes: bytes, synced: bytes)
        }
        return FaultyFileSystem(new)
    }

    private static func apply(_ change: Change, to names: inout [String: Int]) {
        switch change {
        case .put(let path, let inode): names[path] = inode
        case .removed(let path): names[path] = nil
        }
    }

    // MARK: The calls

    /// Counts a call and lets it fail if it is its turn. `half` is run when the process dies
    /// in the middle of it.
    private func step<Result>(
        _ name: String, _ path: String, needsSpace: Bool = false,
        half: (inout State) -> Void = { _ in },
        _ body: (inout State) -> (Result?, Int32)
    ) throws(SystemFailure) -> Result {
        let (result, number): (Result?, Int32) = state.withLock { state in
            state.calls += 1
            state.log.append("\(name) \(path)")
            switch state.fault {
            case .none: break
            case .dies(let call) where state.calls >= call:
                if state.calls == call { half(&state) }
                return (nil, EIO)
            case .refuses(let call, let number) where state.calls == call: return (nil, number)
            case .full(let call) where state.calls >= call && needsSpace: return (nil, ENOSPC)
            case .dies, .refuses, .full: break
            }
            return body(&state)
        }
        guard let result else {
            throw SystemFailure(operation: name, path: path, number: number)
        }
        return result
    }

    func entries(of directory: String) throws(SystemFailure) -> [String] {
        try step("list", directory) { state in
            guard state.folders.contains(directory) else { return (nil, ENOENT) }
            let names = state.live.keys.filter { AtomicFile.parent(of: $0) == directory }
            return (names.map { String($0.dropFirst(directory.count + 1)) }.sorted(), 0)
        }
    }

    func makeDirectory(_ path: String, mode: UInt32) throws(SystemFailure) -> Bool {
        try step("mkdir", path) { state in
            if state.folders.contains(path) { return (false, 0) }
            guard state.folders.contains(AtomicFile.parent(of: path)) else {
                return (nil, ENOENT)
            }
            state.folders.insert(path)
            return (true, 0)
        }
    }

    func open(_ path: String, for purpose: OpenPurpose) throws(SystemFailure) -> OpenFile {
        var creates = false
        var empties = false
        var appends = false
        switch purpose {
        case .reading: break
        case .replacing: (creates, empties) = (true, true)
        case .appending: (creates, appends) = (true, true)
        }
        return try step("open", path, needsSpace: empties) { [creates, empties, appends] state in
            var inode = state.live[path]
            if inode == nil, creates {
                state.inodes.append(Content())
                inode = state.inodes.count - 1
                state.live[path] = inode
                state.pending.append(.put(path, inode: state.inodes.count - 1))
            }
            guard let inode else { return (nil, ENOENT) }
            if empties { state.inodes[inode].bytes = [] }
            state.nextDescriptor += 1
            state.open[state.nextDescriptor] = (inode, 0, appends)
            return (OpenFile(descriptor: state.nextDescriptor, path: path), 0)
        }
    }

    func size(of file: OpenFile) throws(SystemFailure) -> Int {
        try step("size", file.path) { state in
            guard let open = state.open[file.descriptor] else { return (nil, EBADF) }
            return (state.inodes[open.inode].bytes.count, 0)
        }
    }

    func read(
        _ file: OpenFile, into buffer: UnsafeMutableRawBufferPointer
    )
        throws(SystemFailure) -> Int
    {
        let target = buffer
        return try step("read", file.path) { state in
            guard let open = state.open[file.descriptor] else { return (nil, EBADF) }
            let bytes = state.inodes[open.inode].bytes.dropFirst(open.position)
            // Short reads are legal: two thirds at most.
            let count = min(bytes.count, max(1, target.count * 2 / 3))
            for (index, byte) in bytes.prefix(count).enumerated() { target[index] = byte }
            state.open[file.descriptor]?.position += count
            return (count, 0)
        }
    }

    func write(_ file: OpenFile, _ bytes: UnsafeRawBufferPointer) throws(SystemFailure) -> Int {
        let content = Array(bytes)
        // Short writes are legal: two thirds at most.
        let count = max(1, content.count * 2 / 3)
        func put(_ count: Int, _ state: inout State) -> Bool {
            guard let open = state.open[file.descriptor] else { return false }
            state.inodes[open.inode].bytes += content.prefix(count)
            return true
        }
        return try step(
            "write", file.path, needsSpace: true, half: { _ = put(count / 2, &$0) },
            { state in put(count, &state) ? (count, 0) : (nil, EBADF) })
    }

    func synchronise(_ file: OpenFile) throws(SystemFailure) {
        try step("sync", file.path, needsSpace: true) { state -> (Void?, Int32) in
            guard let open = state.open[file.descriptor] else { return (nil, EBADF) }
            state.inodes[open.inode].synced = state.inodes[open.inode].bytes
            return ((), 0)
        }
    }

    func truncate(_ file: OpenFile, to size: Int) throws(SystemFailure) {
        try step("truncate", file.path) { state -> (Void?, Int32) in
            guard let open = state.open[file.descriptor] else { return (nil, EBADF) }
            state.inodes[open.inode].bytes = Array(state.inodes[open.inode].bytes.prefix(size))
            return ((), 0)
        }
    }

    func close(_ file: OpenFile) throws(SystemFailure) {
        try step("close", file.path, needsSpace: false) { state -> (Void?, Int32) in
            state.open.removeValue(forKey: file.descriptor) == nil ? (nil, EBADF) : ((), 0)
        }
    }

    func synchroniseDirectory(_ path: String) throws(SystemFailure) {
        try step("syncdir", path) { state -> (Void?, Int32) in
            for change in state.pending { Self.apply(change, to: &state.durable) }
            state.pending = []
            return ((), 0)
        }
    }

    func rename(_ old: String, to new: String) throws(SystemFailure) {
        try step("rename", old) { state -> (Void?, Int32) in
            guard let inode = state.live.removeValue(forKey: old) else { return (nil, ENOENT) }
            state.live[new] = inode
            // One change on the disk: either both names have changed or neither.
            state.pending.append(.put(new, inode: inode))
            state.pending.append(.removed(old))
            return ((), 0)
        }
    }

    func remove(_ path: String) throws(SystemFailure) {
        try step("remove", path) { state -> (Void?, Int32) in
            guard state.live.removeValue(forKey: path) != nil else { return (nil, ENOENT) }
            state.pending.append(.removed(path))
            return ((), 0)
        }
    }
}
