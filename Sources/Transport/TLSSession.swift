// Room:  Transport (floor 2).
// Task:  one TLS 1.3 session between memory buffers: bytes in, bytes out, who is there.
// May:   COpenSSL, Identity.   May not: sockets.
// Proof: Tests/TransportTests/SecureConnectionTests.swift, RefusalTests.swift

import COpenSSL
import Identity

/// An `SSL` with a memory BIO each way. Confined to the loop.
///
/// Order of use: `feed` what was read from the socket; `handshake` until done; then `read` and
/// `write`; after each of them `takeOutput` and send that.
final class TLSSession {
    enum Step {
        case done
        case wantsMore
        case failed(TransportError)
    }

    private let ssl: OpaquePointer
    private let context: TLSContext
    private let outgoing: Bool
    /// Decides over the peer's key, within the handshake: nil lets it in.
    private let judge: (NodeID) -> TransportError?
    /// The peer's key, once the verify callback has let it in.
    private(set) var peer: NodeID?
    private var verdict: TransportError?

    /// What a BIO may keep of its memory after a big burst.
    private static let keptBufferSize = 16_384

    init(context: TLSContext, outgoing: Bool, judge: @escaping (NodeID) -> TransportError?) {
        guard let ssl = SSL_new(context.pointer), let input = starling_tls_memory(),
            let output = starling_tls_memory()
        else { preconditionFailure("out of memory for a TLS session") }
        self.ssl = ssl
        self.context = context
        self.outgoing = outgoing
        self.judge = judge
        SSL_set_bio(ssl, input, output)
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        if outgoing { SSL_set_connect_state(ssl) } else { SSL_set_accept_state(ssl) }
    }

    deinit { SSL_free(ssl) }

    // MARK: The encrypted side

    /// Takes what the socket brought.
    func feed(_ bytes: UnsafeRawBufferPointer) {
        let written = BIO_write(SSL_get_rbio(ssl), bytes.baseAddress, Int32(bytes.count))
        precondition(written == bytes.count, "a memory buffer takes everything")
    }

    /// Hands over what the socket is to send, if anything.
    func takeOutput(_ body: (UnsafeRawBufferPointer) -> Void) {
        let output = SSL_get_wbio(ssl)
        var start: UnsafePointer<UInt8>?
        let count = starling_tls_waiting(output, &start)
        guard count > 0 else { return }
        body(UnsafeRawBufferPointer(start: start, count: count))
        if count > Self.keptBufferSize, let fresh = starling_tls_memory() {
            SSL_set0_wbio(ssl, fresh)
        } else {
            starling_tls_drop(output)
        }
    }

    // MARK: Handshake

    func handshake() -> Step {
        ERR_clear_error()
        let status = SSL_do_handshake(ssl)
        if status == 1 {
            guard speaksOurProtocol else { return .failed(.otherProtocol) }
            guard peer != nil else { return .failed(.noCertificate) }
            return .done
        }
        let error = SSL_get_error(ssl, status)
        if error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE { return .wantsMore }
        return .failed(verdict ?? TLSSession.failure(duringHandshake: true))
    }

    private var speaksOurProtocol: Bool {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        let selected = UnsafeBufferPointer(start: name, count: Int(length))
        return selected.elementsEqual(TLSContext.applicationProtocol.dropFirst())
    }

    /// OpenSSL's question in the middle of a handshake. Looks at the key alone: no chain, name or
    /// date. That the peer holds the key, its signature over the handshake shows right after.
    static func verify(_ store: OpaquePointer?) -> Int32 {
        guard let store,
            let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let data = SSL_get_ex_data(OpaquePointer(ssl), 0)
        else { return 0 }
        let session = Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
        guard let verdict = session.verdict(on: X509_STORE_CTX_get0_cert(store)) else {
            X509_STORE_CTX_set_error(store, X509_V_OK)
            return 1
        }
        session.verdict = verdict
        X509_STORE_CTX_set_error(store, reason(verdict))
        return 0
    }

    private func verdict(on certificate: OpaquePointer?) -> TransportError? {
        guard let certificate else { return .noCertificate }
        guard let id = Certificate.nodeID(ofX509: certificate) else { return .badCertificate }
        // A client that offered no protocol at all was not asked for one.
        if !outgoing, !speaksOurProtocol { return .otherProtocol }
        if id == context.nodeID { return .ourselves }
        if let refusal = judge(id) { return refusal }
        peer = id
        return nil
    }

    /// What OpenSSL turns into the alert that `PeerRefusal` reads at the other end.
    private static func reason(_ verdict: TransportError) -> Int32 {
        switch verdict {
        case .stranger: X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT  // Alert 48, unknown_ca.
        case .expelled: X509_V_ERR_CERT_REVOKED  // Alert 44, certificate_revoked.
        case .wrongKey, .ourselves: X509_V_ERR_CERT_REJECTED  // Alert 42, bad_certificate.
        default: X509_V_ERR_APPLICATION_VERIFICATION  // Alert 40, handshake_failure.
        }
    }

    // MARK: The plain side

    /// Encrypts all of it, in records of up to 16 KiB.
    func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        ERR_clear_error()
        let written = SSL_write(ssl, bytes, Int32(bytes.count))
        precondition(written == bytes.count, "a memory buffer takes everything")
    }

    enum Reading {
        case bytes
        case nothingYet
        case ended
        case failed(TransportError)
    }

    /// Gives `body` what one record holds, at most.
    func read(_ body: (UnsafeRawBufferPointer) -> Void) -> Reading {
        ERR_clear_error()
        return withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 16) { buffer in
            let count = SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
            if count > 0 {
                body(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
                return .bytes
            }
            switch SSL_get_error(ssl, count) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
                releaseInput()
                return .nothingYet
            case SSL_ERROR_ZERO_RETURN: return .ended
            default: return .failed(TLSSession.failure(duringHandshake: false))
            }
        }
    }

    /// After a burst, lets the input's memory go; only when it is empty.
    private func releaseInput() {
        let input = SSL_get_rbio(ssl)
        var start: UnsafePointer<UInt8>?
        guard starling_tls_waiting(input, &start) == 0 else { return }
        guard let fresh = starling_tls_memory() else { return }
        SSL_set0_rbio(ssl, fresh)
    }

    /// Says that nothing more comes (close_notify).
    func end() {
        ERR_clear_error()
        SSL_shutdown(ssl)
        ERR_clear_error()
    }

    // MARK: Errors

    private static let alertOffset: Int32 = 1000

    /// Sorts what OpenSSL has to say by what it means here.
    private static func failure(duringHandshake: Bool) -> TransportError {
        let code = starling_tls_reason(ERR_peek_error())
        if code > alertOffset, code < alertOffset + 256 {
            return .refusedByPeer(PeerRefusal(alert: code - alertOffset))
        }
        guard duringHandshake else { return .tls(lastError()) }
        switch code {
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return .noCertificate
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH,
            SSL_R_WRONG_SSL_VERSION, SSL_R_UNKNOWN_PROTOCOL:
            return .tlsVersion
        case SSL_R_NO_APPLICATION_PROTOCOL: return .otherProtocol
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_WRONG_VERSION_NUMBER,
            SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_RECORD_TOO_SMALL, SSL_R_BAD_PACKET_LENGTH,
            SSL_R_UNEXPECTED_MESSAGE, SSL_R_LENGTH_TOO_SHORT, SSL_R_LENGTH_MISMATCH,
            SSL_R_BAD_RECORD_TYPE, SSL_R_ENCRYPTED_LENGTH_TOO_LONG, SSL_R_UNEXPECTED_RECORD,
            SSL_R_EXCESSIVE_MESSAGE_SIZE:
            return .garbage
        default: return .tls(lastError())
        }
    }

    /// OpenSSL's newest complaint in words.
    static func lastError() -> String {
        let error = ERR_peek_last_error()
        guard error != 0, let text = ERR_reason_error_string(error) else {
            return "no reason given"
        }
        return String(cString: text)
    }
}
