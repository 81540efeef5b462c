// Room:  IdentityTests.
// Task:  identity.key and identity.crt on disk: made once, never overwritten, never trusted blindly.
// May:   Testing, Foundation for files and the openssl command.
// Proof: itself

import Foundation
import Identity
import Testing

@Suite struct LocalIdentityTests {
    func withScratch(_ body: (Scratch) throws -> Void) throws {
        let folder = try Scratch()
        defer { folder.remove() }
        try body(folder)
    }

    func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue
    }

    func write(_ text: String, _ path: String, mode: Int = 0o600) throws {
        try? FileManager.default.removeItem(atPath: path)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test func what_was_made_loads_again() throws {
        try withScratch { folder in
            let state = folder.path("a/b/state")
            let made = try LocalIdentity.create(in: state)
            let loaded = try LocalIdentity.load(from: state + "/")
            #expect(loaded.nodeID == made.nodeID)
            #expect(loaded.certificate == made.certificate)
            #expect(loaded.key.sign([1]) == made.key.sign([1]))
            #expect(try mode(state) == 0o700)
            #expect(try mode(state + "/identity.key") == 0o600)
            #expect(try mode(state + "/identity.crt") == 0o644)
        }
    }

    @Test func a_second_one_is_refused_and_nothing_changes() throws {
        try withScratch { folder in
            let made = try LocalIdentity.create(in: folder.root)
            let key = folder.path("identity.key")
            let certificate = folder.path("identity.crt")
            let before = try Data(contentsOf: URL(fileURLWithPath: key))
            #expect(throws: IdentityError.alreadyExists(path: certificate)) {
                try LocalIdentity.create(in: folder.root)
            }
            try FileManager.default.removeItem(atPath: certificate)
            #expect(throws: IdentityError.alreadyExists(path: key)) {
                try LocalIdentity.create(in: folder.root)
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: key)) == before)
            // The certificate is made again from the key.
            let loaded = try LocalIdentity.load(from: folder.root)
            #expect(loaded.nodeID == made.nodeID)
            #expect(loaded.certificate == made.certificate)
        }
    }

    @Test func a_dangling_link_in_the_keys_place_is_not_followed() throws {
        try withScratch { folder in
            let aim = folder.path("elsewhere")
            try FileManager.default.createSymbolicLink(
                atPath: folder.path("identity.key"), withDestinationPath: aim)
            #expect(throws: IdentityError.self) { try LocalIdentity.create(in: folder.root) }
            #expect(!FileManager.default.fileExists(atPath: aim))
        }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o610, 0o601, 0o602, 0o777])
    func a_key_open_to_others_is_refused(_ bits: Int) throws {
        try withScratch { folder in
            _ = try LocalIdentity.create(in: folder.root)
            let key = folder.path("identity.key")
            try FileManager.default.setAttributes([.posixPermissions: bits], ofItemAtPath: key)
            let expected = IdentityError.readableByOthers(path: key, mode: UInt32(bits))
            #expect(throws: expected) { try LocalIdentity.load(from: folder.root) }
            #expect(expected.exitStatus == 77)
        }
    }

    /// systemd's access list for the unit's user shows as the group's right to read.
    @Test func a_key_among_the_credentials_may_be_read_by_the_group_and_no_further() throws {
        try withScratch { folder in
            #expect(try LocalIdentity.load(fromCredentials: folder.root) == nil)
            let made = try LocalIdentity.create(in: folder.root)
            let key = folder.path("identity.key")
            for bits in [0o400, 0o440, 0o600] {
                try FileManager.default.setAttributes([.posixPermissions: bits], ofItemAtPath: key)
                let loaded = try LocalIdentity.load(fromCredentials: folder.root)
                #expect(loaded?.nodeID == made.nodeID)
            }
            for bits in [0o444, 0o460, 0o441] {
                try FileManager.default.setAttributes([.posixPermissions: bits], ofItemAtPath: key)
                #expect(throws: IdentityError.readableByOthers(path: key, mode: UInt32(bits))) {
                    try LocalIdentity.load(fromCredentials: folder.root)
                }
            }
        }
    }

    @Test func a_missing_key_is_named() throws {
        try withScratch { folder in
            #expect(throws: IdentityError.missing(path: folder.path("identity.key"))) {
                try LocalIdentity.load(from: folder.root)
            }
            #expect(throws: IdentityError.missing(path: folder.path("none/identity.key"))) {
                try LocalIdentity.load(from: folder.path("none"))
            }
        }
    }

    @Test func a_damaged_key_is_refused_at_every_cut_and_shows_nothing_of_itself() throws {
        try withScratch { folder in
            _ = try LocalIdentity.create(in: folder.root)
            let key = folder.path("identity.key")
            let pem = try String(contentsOfFile: key, encoding: .utf8)
            let secret = try #require(pem.split(separator: "\n").dropFirst().first)
            for count in 0..<(pem.count - 1) {
                try write(String(pem.prefix(count)), key)
                do {
                    _ = try LocalIdentity.load(from: folder.root)
                    Issue.record("loaded \(count) of \(pem.count) bytes")
                } catch let error as IdentityError {
                    #expect(error == .damaged(path: key))
                    let said = error.description + (error.hint ?? "")
                    #expect(!said.contains(secret.prefix(12)))
                }
            }
        }
    }

    @Test func a_locked_key_and_a_key_of_another_kind_are_refused() throws {
        try withScratch { folder in
            let key = folder.path("identity.key")
            let locked = try openssl(
                "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x", "-out", key)
            #expect(locked.status == 0, "\(locked.text)")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
            #expect(throws: IdentityError.damaged(path: key)) {
                try LocalIdentity.load(from: folder.root)
            }
            let other = try openssl("genpkey", "-algorithm", "x25519", "-out", key)
            #expect(other.status == 0, "\(other.text)")
            #expect(throws: IdentityError.wrongKind(path: key)) {
                try LocalIdentity.load(from: folder.root)
            }
        }
    }

    @Test func a_folder_or_a_huge_file_in_the_keys_place_is_refused() throws {
        try withScratch { folder in
            let key = folder.path("identity.key")
            try FileManager.default.createDirectory(
                atPath: key, withIntermediateDirectories: false)
            #expect(throws: IdentityError.damaged(path: key)) {
                try LocalIdentity.load(from: folder.root)
            }
            try write(String(repeating: "x", count: 70_000), key)
            #expect(throws: IdentityError.damaged(path: key)) {
                try LocalIdentity.load(from: folder.root)
            }
        }
    }

    @Test func a_certificate_of_another_key_or_a_damaged_one_is_refused() throws {
        try withScratch { folder in
            let made = try LocalIdentity.create(in: folder.root)
            let path = folder.path("identity.crt")
            try write(Certificate.selfSigned(.generate()).pem, path)
            #expect(throws: IdentityError.foreignCertificate(path: path)) {
                try LocalIdentity.load(from: folder.root)
            }
            try write("no certificate", path)
            #expect(throws: IdentityError.damaged(path: path)) {
                try LocalIdentity.load(from: folder.root)
            }
            try write(made.certificate.pem, path)
            #expect(try LocalIdentity.load(from: folder.root).nodeID == made.nodeID)
        }
    }

    @Test func the_openssl_command_reads_our_key_and_we_read_its() throws {
        try withScratch { folder in
            let made = try LocalIdentity.create(in: folder.root)
            let shown = try openssl(
                "pkey", "-in", folder.path("identity.key"), "-noout", "-text_pub")
            #expect(shown.status == 0 && shown.text.contains("ED25519 Public-Key:"))
            let hex = shown.text.filter(\.isHexDigit).lowercased()
            #expect(hex.hasSuffix(SHA256Tests.hex(made.key.publicKey)))

            let theirs = folder.path("theirs")
            try FileManager.default.createDirectory(
                atPath: theirs, withIntermediateDirectories: false)
            let generated = try openssl(
                "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", theirs + "/identity.key",
                "-out", theirs + "/identity.crt", "-days", "30", "-subj", "/CN=theirs")
            #expect(generated.status == 0, "\(generated.text)")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: theirs + "/identity.key")
            let loaded = try LocalIdentity.load(from: theirs)
            #expect(Certificate.nodeID(ofDER: loaded.certificate.der) == loaded.nodeID)
        }
    }

    @Test func a_folder_that_cannot_be_made_is_named() throws {
        try withScratch { folder in
            try write("a file", folder.path("file"))
            do {
                _ = try LocalIdentity.create(in: folder.path("file/state"))
                Issue.record("made an identity below a file")
            } catch let error as IdentityError {
                guard case .system(_, let path, let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(path.contains("/file/"))
                #expect(reason == "Not a directory")
                #expect(error.exitStatus == 1)
            }
        }
    }

    @Test func every_error_has_its_own_code_and_a_hint() {
        let errors: [IdentityError] = [
            .alreadyExists(path: "p"), .missing(path: "p"),
            .readableByOthers(path: "p", mode: 0o644),
            .damaged(path: "p"), .wrongKind(path: "p"), .foreignCertificate(path: "p"),
            .system(operation: "open", path: "p", reason: "r"),
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        for error in errors {
            #expect(error.hint != nil && error.description.contains("p"))
        }
    }
}
