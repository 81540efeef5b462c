// Room:  Transport (floor 2).
// Task:  what all TLS sessions of a node share: TLS 1.3, Ed25519, our key, starling/1.
// May:   COpenSSL, Identity.   May not: sockets.
// Proof: Tests/TransportTests/RefusalTests.swift

import COpenSSL
import Identity

/// An `SSL_CTX` for both directions. Confined to the loop.
///
/// No tickets, no session cache, hence no resumption and no early data: each connection shows
/// both certificates, and the verify callback sees every peer. Compression and renegotiation do
/// not exist in TLS 1.3.
final class TLSContext {
    /// RFC 7301 wire form: a length, then the name.
    static let applicationProtocol: [UInt8] = [10] + Array("starling/1".utf8)
    /// A certificate of ours has about 300 bytes.
    private static let maxCertificateBytes = 8192

    let pointer: OpaquePointer
    let nodeID: NodeID

    init(identity: LocalIdentity) throws(TransportError) {
        guard let context = SSL_CTX_new(TLS_method()) else {
            throw .setup(TLSSession.lastError())
        }
        pointer = context
        nodeID = identity.nodeID
        let der = identity.certificate.der
        let done =
            starling_tls_configure(context, "X25519", "ed25519", Self.maxCertificateBytes) == 1
            && SSL_CTX_set_ciphersuites(
                context, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256") == 1
            && SSL_CTX_set_num_tickets(context, 0) == 1
            && SSL_CTX_set_max_early_data(context, 0) == 1
            && SSL_CTX_use_certificate_ASN1(context, Int32(der.count), der) == 1
            && identity.key.withPrivateKey { SSL_CTX_use_PrivateKey(context, $0) } == 1
            && SSL_CTX_check_private_key(context) == 1
            && SSL_CTX_set_alpn_protos(
                context, Self.applicationProtocol, UInt32(Self.applicationProtocol.count)) == 0
        guard done else { throw .setup(TLSSession.lastError()) }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_cert_verify_callback(context, { store, _ in TLSSession.verify(store) }, nil)
        SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, chosenLength, offered, offeredLength, _ in
                TLSContext.select(chosen, chosenLength, offered, Int(offeredLength))
            }, nil)
    }

    deinit { SSL_CTX_free(pointer) }

    /// Points into the client's own list at our protocol, or refuses (alert 120).
    private static func select(
        _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ chosenLength: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?,
        _ count: Int
    ) -> Int32 {
        guard let offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        let ours = applicationProtocol
        var position = 0
        while position < count {
            let length = Int(offered[position])
            guard position + 1 + length <= count else { break }
            let entry = UnsafeBufferPointer(start: offered + position, count: length + 1)
            if entry.elementsEqual(ours) {
                chosen?.pointee = offered + position + 1
                chosenLength?.pointee = UInt8(length)
                return SSL_TLSEXT_ERR_OK
            }
            position += 1 + length
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
