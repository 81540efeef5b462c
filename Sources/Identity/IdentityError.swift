// Room:  Identity (floor 1).
// Task:  what can go wrong with the files of an identity, and how to mend it.
// May:   nothing but the standard library.
// Proof: Tests/IdentityTests/LocalIdentityTests.swift

/// Why an identity could not be made or loaded. Names paths and never what is in them.
public enum IdentityError: Error, Equatable, Sendable {
    /// An identity is there already; nothing was touched.
    case alreadyExists(path: String)
    case missing(path: String)
    /// Group or others may read or write the key. `mode` is its last nine bits.
    case readableByOthers(path: String, mode: UInt32)
    /// Not the PEM text that it should be.
    case damaged(path: String)
    /// A key that is not Ed25519.
    case wrongKind(path: String)
    /// The certificate was made for another key.
    case foreignCertificate(path: String)
    /// The operating system refused.
    case system(operation: String, path: String, reason: String)
}

extension IdentityError: CustomStringConvertible {
    /// Stable, for scripts.
    public var code: String {
        switch self {
        case .alreadyExists: "identity.already-exists"
        case .missing: "identity.missing"
        case .readableByOthers: "identity.readable-by-others"
        case .damaged: "identity.damaged"
        case .wrongKind: "identity.wrong-kind"
        case .foreignCertificate: "identity.foreign-certificate"
        case .system: "identity.system"
        }
    }

    public var what: String {
        switch self {
        case .alreadyExists(let path): "\(path) exists already"
        case .missing(let path): "there is no \(path)"
        case .readableByOthers(let path, let mode):
            "\(path) is open to others (mode \(String(mode, radix: 8)))"
        case .damaged(let path): "\(path) cannot be read as PEM"
        case .wrongKind(let path): "\(path) holds a key that is not Ed25519"
        case .foreignCertificate(let path): "\(path) belongs to another key"
        case .system(let operation, let path, let reason):
            "cannot \(operation) \(path): \(reason)"
        }
    }

    public var hint: String? {
        switch self {
        case .alreadyExists:
            "an identity is never overwritten; see it with `starling id`, or name another folder"
        case .missing: "make an identity with `starling init`"
        case .readableByOthers(let path, _):
            "`chmod 600 \(path)`; if others may have read it, make a new identity"
        case .damaged: "put back a copy of it, or make a new identity in another folder"
        case .wrongKind: "make an identity with `starling init`"
        case .foreignCertificate: "remove the certificate: it is made again from the key"
        case .system:
            "see that the folder is there and writable by this user, and the disk not full"
        }
    }

    /// By sysexits: 77 where the key is not to be trusted, 78 where it is missing, else 1.
    public var exitStatus: Int32 {
        switch self {
        case .readableByOthers, .damaged, .wrongKind, .foreignCertificate: 77
        case .missing: 78
        case .alreadyExists, .system: 1
        }
    }

    public var description: String { "\(what) (\(code))" }
}
