// Room:  IdentityTests.
// Task:  SHA-256 against FIPS 180-4's examples, and in pieces.
// May:   Testing.
// Proof: itself

import Identity
import Testing

@Suite struct SHA256Tests {
    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func examples_of_the_standard(_ message: String, _ expected: String) {
        #expect(Self.hex(SHA256.hash(Array(message.utf8))) == expected)
    }

    @Test func pieces_give_the_hash_of_the_whole() {
        let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for cut in [0, 1, 63, 64, 65, 500, 1000] {
            var hash = SHA256()
            hash.update(Array(message[..<cut]))
            message[cut...].withUnsafeBytes { hash.update($0) }
            #expect(hash.finish() == SHA256.hash(message), "cut at \(cut)")
        }
    }
}
