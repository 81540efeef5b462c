// Room:  IdentityTests.
// Task:  the certificate: what it says, whose it is, and bytes that are none.
// May:   Testing, Foundation for the openssl command.
// Proof: itself

import Foundation
import Identity
import Testing

@Suite struct CertificateTests {
    let pair = KeyPair(seed: [UInt8](repeating: 5, count: 32))

    @Test func it_names_the_node_of_its_key() {
        let certificate = Certificate.selfSigned(pair)
        #expect(Certificate.nodeID(ofDER: certificate.der) == pair.nodeID)
        #expect(certificate.isSelfSigned)
        #expect(Certificate(der: certificate.der) == certificate)
    }

    @Test func made_twice_it_is_the_same_bytes() {
        #expect(Certificate.selfSigned(pair) == Certificate.selfSigned(pair))
        #expect(Certificate.selfSigned(pair) != Certificate.selfSigned(.generate()))
    }

    @Test func bytes_cut_off_or_behind_it_make_it_none() {
        let der = Certificate.selfSigned(pair).der
        for count in 0..<der.count {
            #expect(Certificate.nodeID(ofDER: Array(der.prefix(count))) == nil, "\(count) bytes")
        }
        #expect(Certificate.nodeID(ofDER: der + [0]) == nil)
        #expect(Certificate(der: der + [0]) == nil)
    }

    @Test func flipped_bits_never_crash_and_never_pass_as_signed() {
        let der = Certificate.selfSigned(pair).der
        for position in der.indices {
            for bit in 0..<8 {
                var wrong = der
                wrong[position] ^= 1 << UInt8(bit)
                guard let certificate = Certificate(der: wrong) else { continue }
                #expect(!certificate.isSelfSigned, "bit \(bit) of byte \(position)")
            }
        }
    }

    @Test func a_certificate_of_another_kind_of_key_names_nobody() throws {
        let folder = try Scratch()
        defer { folder.remove() }
        let made = try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", folder.path("ec.key"), "-out", folder.path("ec.der"), "-outform", "DER",
            "-days", "1", "-subj", "/CN=ec")
        #expect(made.status == 0, "\(made.text)")
        let der = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path("ec.der"))))
        #expect(Certificate.nodeID(ofDER: der) == nil)
    }

    @Test func the_openssl_command_reads_it_as_meant() throws {
        let folder = try Scratch()
        defer { folder.remove() }
        let path = folder.path("identity.crt")
        try Certificate.selfSigned(pair).pem.write(toFile: path, atomically: false, encoding: .utf8)
        let shown = try openssl("x509", "-in", path, "-noout", "-text", "-nameopt", "RFC2253")
        #expect(shown.status == 0)
        for line in [
            "Version: 3 (0x2)", "Signature Algorithm: ED25519", "Subject: CN=\(pair.nodeID.short)",
            "Issuer: CN=\(pair.nodeID.short)", "Not Before: Jan  1 00:00:00 1970 GMT",
            "Not After : Dec 31 23:59:59 9999 GMT", "CA:FALSE", "Digital Signature",
            "TLS Web Server Authentication, TLS Web Client Authentication",
        ] {
            #expect(shown.text.contains(line), "\(line) in \(shown.text)")
        }
        let verified = try openssl("verify", "-check_ss_sig", "-CAfile", path, path)
        #expect(verified.status == 0, "\(verified.text)")
    }
}

/// Runs Debian's `openssl` and gives back its status and everything that it printed.
func openssl(_ arguments: String...) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

/// A folder of one test, removed at its end.
struct Scratch {
    let root: String

    init() throws {
        root = NSTemporaryDirectory() + "starling-identity-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
    }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func remove() { try? FileManager.default.removeItem(atPath: root) }
}
