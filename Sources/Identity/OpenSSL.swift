// Room:  Identity (floor 1).
// Task:  the one file of this room that talks to OpenSSL: hashes, keys, PEM, certificates.
// May:   COpenSSL.   May not: clock, sockets, files.
// Proof: Tests/IdentityTests (all), run under AddressSanitizer with leak checking

import COpenSSL

// OpenSSL keeps errors in a queue of the thread, and TLS on the same thread would take ours for its
// own. So every call here that may fail on foreign bytes clears the queue; the texts in it are
// dropped unread, since they might quote what they choked on.

/// SHA-256 in progress.
struct DigestContext: ~Copyable {
    private let context: OpaquePointer

    init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { fatalError("OpenSSL cannot compute SHA-256") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        let done = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(done == 1, "SHA-256 takes any bytes")
    }

    func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            let done = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            precondition(done == 1, "SHA-256 gives 32 bytes")
            count = 32
        }
    }
}

/// Owns an `EVP_PKEY` of kind Ed25519.
///
/// Unchecked: the pointer is set once, and OpenSSL uses a finished key from any thread (its
/// reference count is atomic, its caches are locked).
final class PrivateKeyHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    private init(taking pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    convenience init(seed: [UInt8]) {
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { fatalError("OpenSSL refuses an Ed25519 seed of 32 bytes") }
        self.init(taking: key)
    }

    static func generate() -> PrivateKeyHandle {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &key) == 1, let key
        else { fatalError("OpenSSL cannot make an Ed25519 key") }
        return PrivateKeyHandle(taking: key)
    }

    enum Reading { case key(PrivateKeyHandle), otherKind, unreadable }

    /// Reads a PKCS#8 PEM file. A key locked by a passphrase is unreadable: nobody is asked.
    static func read(pem: UnsafeRawBufferPointer) -> Reading {
        defer { ERR_clear_error() }
        let bio = BIO_new_mem_buf(pem.baseAddress, Int32(pem.count))
        defer { BIO_free(bio) }
        guard let key = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil) else {
            return .unreadable
        }
        guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else {
            EVP_PKEY_free(key)
            return .otherKind
        }
        return .key(PrivateKeyHandle(taking: key))
    }

    /// Lends the PKCS#8 PEM form for the length of `body`; it is wiped afterwards.
    func withPEM<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        let bio = BIO_new(BIO_s_secmem())
        // Freeing a memory BIO of OpenSSL wipes what it held (BUF_MEM_free).
        defer { BIO_free(bio) }
        guard PEM_write_bio_PKCS8PrivateKey(bio, pointer, nil, nil, 0, nil, nil) == 1 else {
            fatalError("OpenSSL cannot write an Ed25519 key")
        }
        var start: UnsafePointer<UInt8>?
        let count = starling_identity_bio_bytes(bio, &start)
        return body(UnsafeRawBufferPointer(start: start, count: count))
    }

    func withPointer<R>(_ body: (OpaquePointer) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) { try body(pointer) }
    }

    var publicKey: [UInt8] {
        guard let raw = OpenSSL.rawPublicKey(pointer) else {
            fatalError("an Ed25519 key has a public half")
        }
        return raw
    }

    func sign(_ message: [UInt8]) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        return [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            count = 64
            guard EVP_DigestSignInit(context, nil, nil, nil, pointer) == 1,
                EVP_DigestSign(context, buffer.baseAddress, &count, message, message.count) == 1,
                count == 64
            else { fatalError("OpenSSL cannot sign") }
        }
    }
}

enum OpenSSL {
    static func verify(signature: [UInt8], message: [UInt8], publicKey: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, 32) else {
            return false
        }
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// The raw 32 bytes; nil unless the key is Ed25519.
    static func rawPublicKey(_ key: OpaquePointer) -> [UInt8]? {
        guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else { return nil }
        var raw = [UInt8](repeating: 0, count: 32)
        var count = raw.count
        let done = EVP_PKEY_get_raw_public_key(key, &raw, &count)
        return done == 1 && count == 32 ? raw : nil
    }

    static func publicKey(ofX509 certificate: OpaquePointer) -> [UInt8]? {
        defer { ERR_clear_error() }
        return X509_get0_pubkey(certificate).flatMap(rawPublicKey)
    }

    static func publicKey(ofCertificate der: [UInt8]) -> [UInt8]? {
        withCertificate(der) { publicKey(ofX509: $0) } ?? nil
    }

    static func isSelfSigned(_ der: [UInt8]) -> Bool {
        withCertificate(der) { certificate in
            defer { ERR_clear_error() }
            guard let key = X509_get0_pubkey(certificate) else { return false }
            return X509_verify(certificate, key) == 1
        } ?? false
    }

    /// Nil unless `der` is exactly one certificate, without a byte behind it.
    private static func withCertificate<R>(_ der: [UInt8], _ body: (OpaquePointer) -> R) -> R? {
        defer { ERR_clear_error() }
        return der.withUnsafeBufferPointer { bytes -> R? in
            var cursor = bytes.baseAddress
            guard let certificate = d2i_X509(nil, &cursor, bytes.count) else { return nil }
            defer { X509_free(certificate) }
            guard let start = bytes.baseAddress, cursor == start + bytes.count else { return nil }
            return body(certificate)
        }
    }

    static func pem(ofCertificate der: [UInt8]) -> String {
        let text = withCertificate(der) { certificate -> String in
            let bio = BIO_new(BIO_s_mem())
            defer { BIO_free(bio) }
            guard PEM_write_bio_X509(bio, certificate) == 1 else {
                fatalError("OpenSSL cannot write a certificate")
            }
            var start: UnsafePointer<UInt8>?
            let count = starling_identity_bio_bytes(bio, &start)
            return String(
                decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        }
        guard let text else { preconditionFailure("a certificate of ours can be read") }
        return text
    }

    /// The DER form of the first certificate in a PEM text.
    static func certificate(fromPEM pem: [UInt8]) -> [UInt8]? {
        defer { ERR_clear_error() }
        return pem.withUnsafeBytes { bytes -> [UInt8]? in
            let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
            defer { BIO_free(bio) }
            guard let certificate = PEM_read_bio_X509(bio, nil, { _, _, _, _ in -1 }, nil) else {
                return nil
            }
            defer { X509_free(certificate) }
            return encoded(certificate)
        }
    }

    private static func encoded(_ certificate: OpaquePointer) -> [UInt8]? {
        let count = i2d_X509(certificate, nil)
        guard count > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
            var cursor = buffer.baseAddress
            initialized = Int(i2d_X509(certificate, &cursor))
        }
    }

    static func selfSigned(
        _ key: PrivateKeyHandle, commonName: String, serial: [UInt8]
    ) -> [UInt8] {
        let certificate = X509_new()
        defer { X509_free(certificate) }
        let number = BN_bin2bn(serial, Int32(serial.count), nil)
        defer { BN_free(number) }
        let name = X509_get_subject_name(certificate)
        let extensions = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth,clientAuth"),
            (NID_subject_key_identifier, "hash"),
        ]
        let done = key.withPointer { pointer in
            X509_set_version(certificate, 2) == 1  // 2 stands for v3.
                && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
                && ASN1_TIME_set_string_X509(
                    X509_getm_notBefore(certificate), "19700101000000Z") == 1
                && ASN1_TIME_set_string_X509(
                    X509_getm_notAfter(certificate), "99991231235959Z") == 1
                && X509_NAME_add_entry_by_txt(
                    name, "CN", MBSTRING_UTF8, commonName, -1, -1, 0) == 1
                && X509_set_issuer_name(certificate, name) == 1
                && X509_set_pubkey(certificate, pointer) == 1
                && extensions.allSatisfy {
                    starling_identity_add_extension(certificate, $0.0, $0.1) == 1
                }
                && X509_sign(certificate, pointer, nil) > 0
        }
        guard done, let certificate, let der = encoded(certificate) else {
            fatalError("OpenSSL cannot make a certificate")
        }
        return der
    }
}
