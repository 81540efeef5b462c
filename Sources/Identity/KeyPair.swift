// Room:  Identity (floor 1).
// Task:  a node's Ed25519 key: signing, verifying, and never showing the secret.
// May:   OpenSSL through OpenSSL.swift.   May not: clock, sockets, files.
// Proof: Tests/IdentityTests/KeyPairTests.swift

/// An Ed25519 key pair. The secret lives in OpenSSL's memory, which wipes it when the last copy goes.
///
/// - Source: RFC 8032.
public struct KeyPair: Sendable {
    let handle: PrivateKeyHandle
    /// Raw, 32 bytes.
    public let publicKey: [UInt8]
    public let nodeID: NodeID

    init(_ handle: PrivateKeyHandle) {
        self.handle = handle
        publicKey = handle.publicKey
        nodeID = NodeID(publicKey: publicKey)
    }

    /// A new key from the operating system's randomness.
    public static func generate() -> KeyPair { KeyPair(PrivateKeyHandle.generate()) }

    /// The key that 32 secret bytes stand for (RFC 8032's private key).
    public init(seed: [UInt8]) {
        precondition(seed.count == 32, "an Ed25519 seed has 32 bytes")
        self.init(PrivateKeyHandle(seed: seed))
    }

    /// A signature of 64 bytes; the same message always gets the same one.
    public func sign(_ message: [UInt8]) -> [UInt8] { handle.sign(message) }

    /// Whether `signature` over `message` was made by the owner of `publicKey`. Takes any lengths.
    public static func verify(signature: [UInt8], message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == 64, publicKey.count == 32 else { return false }
        return OpenSSL.verify(signature: signature, message: message, publicKey: publicKey)
    }

    /// Lends OpenSSL's `EVP_PKEY *` for the length of `body`, for TLS; who keeps it must take a
    /// reference of its own (`SSL_CTX_use_PrivateKey` does).
    public func withPrivateKey<R>(_ body: (OpaquePointer) throws -> R) rethrows -> R {
        try handle.withPointer(body)
    }
}

extension KeyPair: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says whose key it is, never what it is.
    public var description: String { "key of \(nodeID.short)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["nodeID": nodeID]) }
}
