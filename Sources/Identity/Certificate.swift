// Room:  Identity (floor 1).
// Task:  the self-signed certificate that carries a node's public key through TLS.
// May:   OpenSSL through OpenSSL.swift.   May not: clock, sockets, files.
// Proof: Tests/IdentityTests/CertificateTests.swift

/// A self-signed X.509 certificate. Only its key counts: peers compare the key's hash with their
/// roster and look at no name, no chain and no date.
public struct Certificate: Hashable, Sendable {
    public let der: [UInt8]

    init(trusted der: [UInt8]) { self.der = der }

    /// Nil unless `der` is one whole certificate over an Ed25519 key.
    public init?(der: [UInt8]) {
        guard Self.nodeID(ofDER: der) != nil else { return nil }
        self.der = der
    }

    /// The certificate of a key. A function of the key alone: made twice, it is the same bytes.
    ///
    /// Subject and issuer are the short node ID; valid from 1970 to the end of 9999, which is how
    /// RFC 5280 §4.1.2.5 says "no well-defined expiration".
    public static func selfSigned(_ key: KeyPair) -> Certificate {
        var serial = Array(key.nodeID.bytes.prefix(16))
        serial[0] = serial[0] & 0x7F | 0x40  // Positive and of full length (RFC 5280 §4.1.2.2).
        return Certificate(
            trusted: OpenSSL.selfSigned(key.handle, commonName: key.nodeID.short, serial: serial))
    }

    public var pem: String { OpenSSL.pem(ofCertificate: der) }

    /// The node that a certificate speaks for. Nil unless it is one whole certificate, Ed25519.
    ///
    /// Says nothing about who holds the key: in TLS the handshake's signature does.
    public static func nodeID(ofDER der: [UInt8]) -> NodeID? {
        OpenSSL.publicKey(ofCertificate: der).map(NodeID.init(publicKey:))
    }

    /// The same for OpenSSL's `X509 *`, as a verify callback has it at hand. Keeps nothing.
    public static func nodeID(ofX509 certificate: OpaquePointer) -> NodeID? {
        OpenSSL.publicKey(ofX509: certificate).map(NodeID.init(publicKey:))
    }

    /// Whether the signature in it was made by the key in it.
    public var isSelfSigned: Bool { OpenSSL.isSelfSigned(der) }
}
