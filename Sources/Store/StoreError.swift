// Room:  Store (floor 2, does I/O).
// Task:  every way in which keeping state on disk can fail, typed, with what to do about it.
// May:   Model, Glibc.   May not: sockets, clocks, logging, randomness.
// Proof: Tests/StoreTests/FullDiskTests.swift

import Glibc
import Model

/// What can go wrong when state is kept on disk.
///
/// A failed write has destroyed nothing: what was there before is there still.
public enum StoreError: Fault, Equatable {
    /// No space is left, or a quota or the limit of a file's size is reached.
    case diskFull(path: String)
    /// The file system is mounted read-only.
    case readOnly(path: String)
    /// The system does not let this user do it.
    case notPermitted(path: String)
    /// There is no such file or folder.
    case missing(path: String)
    /// Any other refusal of the system, with its number.
    case system(operation: String, path: String, number: Int32)
    /// The content is not what was written.
    case damaged(path: String, reason: String)
    /// There are checkpoints, and not one of them is intact.
    case noneIntact(directory: String, skipped: [SkippedCheckpoint])
    /// Written by a newer release. Nothing was touched.
    case newerFormat(path: String, found: UInt32, known: UInt32)
    /// Larger than the limit, on disk or to be written.
    case tooLarge(path: String, size: Int, limit: Int)
    /// What is to be saved breaks a rule of the format (see the room's README).
    case unfit(reason: String)
    /// Another process holds the state folder.
    case locked(path: String, holder: Int32?)
    /// The log has another length than we left it with.
    case changedByAnother(path: String)

    public var code: String {
        switch self {
        case .diskFull: "store.disk-full"
        case .readOnly: "store.read-only"
        case .notPermitted: "store.not-permitted"
        case .missing: "store.missing"
        case .system: "store.system"
        case .damaged: "store.damaged"
        case .noneIntact: "store.none-intact"
        case .newerFormat: "store.newer-format"
        case .tooLarge: "store.too-large"
        case .unfit: "store.unfit"
        case .locked: "store.locked"
        case .changedByAnother: "store.changed-by-another"
        }
    }

    public var what: String {
        switch self {
        case .diskFull(let path): return "no space left to write \(path)"
        case .readOnly(let path): return "\(path) is on a read-only file system"
        case .notPermitted(let path): return "not permitted to use \(path)"
        case .missing(let path): return "\(path) is missing"
        case .system(let operation, let path, let number):
            return "cannot \(operation) \(path): \(String(cString: strerror(number)))"
        case .damaged(let path, let reason): return "\(path) is damaged: \(reason)"
        case .noneIntact(let directory, let skipped):
            let list = skipped.map { "\($0.file) (\($0.reason))" }.joined(separator: ", ")
            return "no intact checkpoint in \(directory): \(list)"
        case .newerFormat(let path, let found, let known):
            return "\(path) has format \(found), this release knows up to \(known)"
        case .tooLarge(let path, let size, let limit):
            return "\(path) has \(size) bytes, the limit is \(limit)"
        case .unfit(let reason): return "cannot be saved: \(reason)"
        case .locked(let path, let holder):
            let who = holder.map { "process \($0)" } ?? "another process"
            return "\(path) is in use by \(who)"
        case .changedByAnother(let path): return "\(path) was changed by another process"
        }
    }

    public var hint: String? {
        switch self {
        case .diskFull: "free some space; nothing was lost, the older checkpoints are intact"
        case .readOnly: "mount it writable, or choose another state folder"
        case .notPermitted: "run as the owner of the state folder, or change its owner"
        case .missing: "check the path"
        case .system, .tooLarge, .unfit: nil
        case .damaged: "check the disk; put back a copy of the file if you have one"
        case .noneIntact:
            "check the disk; move the checkpoint folder away to begin again from genesis"
        case .newerFormat: "use the newer release again; nothing was changed"
        case .locked: "stop the other daemon first, or give this one a state folder of its own"
        case .changedByAnother: "make sure that only one daemon uses the state folder"
        }
    }

    public var exitStatus: Int32 {
        switch self {
        case .notPermitted: 77
        case .newerFormat, .unfit: 78
        case .damaged, .noneIntact: 65
        case .diskFull, .readOnly, .missing, .system, .tooLarge, .locked, .changedByAnother: 1
        }
    }

    init(_ failure: SystemFailure) {
        let path = failure.path
        switch failure.number {
        case ENOSPC, EDQUOT, EFBIG: self = .diskFull(path: path)
        case EROFS: self = .readOnly(path: path)
        case EACCES, EPERM: self = .notPermitted(path: path)
        case ENOENT: self = .missing(path: path)
        default:
            self = .system(operation: failure.operation, path: path, number: failure.number)
        }
    }
}

/// A checkpoint that was not taken, and why.
public struct SkippedCheckpoint: Sendable, Equatable {
    /// The file's name, without its folder.
    public let file: String
    public let reason: String

    public init(file: String, reason: String) {
        self.file = file
        self.reason = reason
    }
}
