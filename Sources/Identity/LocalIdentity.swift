// Room:  Identity (floor 1).
// Task:  a node's own identity on disk: identity.key and identity.crt.
// May:   Glibc for these two files.   May not: clock, sockets, other files.
// Proof: Tests/IdentityTests/LocalIdentityTests.swift

import Glibc

/// This node's key and certificate.
public struct LocalIdentity: Sendable {
    public let key: KeyPair
    public let certificate: Certificate
    public var nodeID: NodeID { key.nodeID }

    /// PKCS#8 PEM, mode 0600.
    public static let keyFile = "identity.key"
    /// PEM, mode 0644.
    public static let certificateFile = "identity.crt"

    /// An identity in memory only, with the certificate made for the key.
    public init(key: KeyPair) {
        self.key = key
        certificate = Certificate.selfSigned(key)
    }

    private init(key: KeyPair, certificate: Certificate) {
        self.key = key
        self.certificate = certificate
    }

    /// Makes a new identity and writes it. The folder is made, mode 0700, where it is missing.
    ///
    /// - Throws: `alreadyExists` where either file is there: nothing is overwritten. After any
    ///   failure no key is left behind.
    public static func create(in directory: String) throws(IdentityError) -> LocalIdentity {
        let identity = LocalIdentity(key: .generate())
        let folder = try IdentityFolder(making: directory)
        let keyPath = folder.path(keyFile)
        let certificatePath = folder.path(certificateFile)
        guard access(certificatePath, F_OK) != 0 else {
            throw .alreadyExists(path: certificatePath)
        }
        let written: Result<Void, IdentityError> = identity.key.handle.withPEM { pem in
            folder.write(pem, to: keyPath, mode: 0o600)
        }
        try written.get()
        var pem = identity.certificate.pem
        let rest = pem.withUTF8 {
            folder.write(UnsafeRawBufferPointer($0), to: certificatePath, mode: 0o644)
        }
        do {
            try rest.get()
            try folder.flush()
        } catch {
            // Nobody has seen this key yet; half an identity would only be in the way.
            unlink(keyPath)
            if case .success = rest { unlink(certificatePath) }
            throw error
        }
        return identity
    }

    /// Loads what `create` wrote, or a key made by `openssl genpkey -algorithm ed25519`.
    ///
    /// A missing certificate is made again from the key, in memory: it says nothing else.
    ///
    /// - Throws: where the key is missing, damaged, of another kind or open to others, and where the
    ///   certificate is damaged or belongs to another key.
    public static func load(from directory: String) throws(IdentityError) -> LocalIdentity {
        let folder = IdentityFolder(existing: directory)
        // Group and others have no business with it.
        let key = try readKey(in: folder, forbidden: 0o077)
        let certificatePath = folder.path(certificateFile)
        let pem: [UInt8]
        do {
            pem = try folder.read(certificatePath, forbidden: 0) { [UInt8]($0) }
        } catch .missing {
            return LocalIdentity(key: key)
        }
        guard let der = OpenSSL.certificate(fromPEM: pem) else {
            throw .damaged(path: certificatePath)
        }
        let certificate = Certificate(trusted: der)
        guard Certificate.nodeID(ofDER: der) == key.nodeID else {
            throw .foreignCertificate(path: certificatePath)
        }
        guard certificate.isSelfSigned else { throw .damaged(path: certificatePath) }
        return LocalIdentity(key: key, certificate: certificate)
    }

    /// Loads a key that the service manager hands over: `identity.key` in its folder of credentials.
    /// The certificate is made from it, in memory.
    ///
    /// - Returns: nil where there is no such file.
    /// - Throws: where the key is damaged, of another kind, or open to others. The group may read it:
    ///   systemd gives the unit's user its right by an access list, whose mask shows as the group's.
    /// - Source: systemd.exec(5), `LoadCredential=`.
    public static func load(
        fromCredentials directory: String
    ) throws(IdentityError) -> LocalIdentity? {
        do {
            return LocalIdentity(
                key: try readKey(in: IdentityFolder(existing: directory), forbidden: 0o037))
        } catch .missing {
            return nil
        }
    }

    private static func readKey(
        in folder: IdentityFolder, forbidden: mode_t
    ) throws(IdentityError) -> KeyPair {
        let path = folder.path(keyFile)
        let reading = try folder.read(path, forbidden: forbidden) {
            PrivateKeyHandle.read(pem: $0)
        }
        switch reading {
        case .key(let handle): return KeyPair(handle)
        case .otherKind: throw .wrongKind(path: path)
        case .unreadable: throw .damaged(path: path)
        }
    }
}
