// Room:  Identity (floor 1).
// Task:  SHA-256, at once or piece by piece.
// May:   OpenSSL through OpenSSL.swift.   May not: clock, sockets, files, randomness.
// Proof: Tests/IdentityTests/SHA256Tests.swift

/// SHA-256 over bytes that come in pieces. Not copyable: it owns OpenSSL's state.
///
/// - Source: FIPS 180-4.
public struct SHA256: ~Copyable {
    private let digest = DigestContext()

    public init() {}

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { digest.update($0) }
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        digest.update(bytes)
    }

    /// The 32 bytes of the hash.
    public consuming func finish() -> [UInt8] { digest.finish() }

    /// The hash of `bytes`, 32 bytes.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }
}
