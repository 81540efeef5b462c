// Room:  IdentityTests.
// Task:  Ed25519 against RFC 8032's vectors; keys that never show themselves.
// May:   Testing.
// Proof: itself

import Identity
import Testing

@Suite struct KeyPairTests {
    static func bytes(_ hex: String) -> [UInt8] {
        var digits = hex.compactMap(\.hexDigitValue)[...]
        var bytes: [UInt8] = []
        while let high = digits.popFirst(), let low = digits.popFirst() {
            bytes.append(UInt8(16 * high + low))
        }
        return bytes
    }

    /// RFC 8032 §7.1, tests 1 and 2: seed, public key, message, signature.
    static let vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ]

    @Test(arguments: vectors)
    func vectors_of_RFC_8032(_ seed: String, _ key: String, _ message: String, _ signature: String)
    {
        let pair = KeyPair(seed: Self.bytes(seed))
        #expect(pair.publicKey == Self.bytes(key))
        #expect(pair.sign(Self.bytes(message)) == Self.bytes(signature))
        #expect(pair.nodeID == NodeID(publicKey: Self.bytes(key)))
    }

    @Test func a_signature_holds_for_its_message_and_key_only() {
        let pair = KeyPair.generate()
        let other = KeyPair.generate()
        let message = Array("the flock turns as one".utf8)
        let signature = pair.sign(message)
        func holds(_ signature: [UInt8], _ message: [UInt8], _ key: [UInt8]) -> Bool {
            KeyPair.verify(signature: signature, message: message, publicKey: key)
        }
        #expect(holds(signature, message, pair.publicKey))
        #expect(!holds(signature, message + [0], pair.publicKey))
        #expect(!holds(signature, [], pair.publicKey))
        #expect(!holds(signature, message, other.publicKey))
        for position in signature.indices {
            var wrong = signature
            wrong[position] ^= 1
            #expect(!holds(wrong, message, pair.publicKey), "byte \(position)")
        }
    }

    @Test func wrong_lengths_are_refused_not_read() {
        let pair = KeyPair.generate()
        let signature = pair.sign([1])
        for count in [0, 1, 63, 65, 200] {
            let cut = Array((signature + signature + signature + signature).prefix(count))
            #expect(!KeyPair.verify(signature: cut, message: [1], publicKey: pair.publicKey))
        }
        for count in [0, 31, 33] {
            let cut = Array((pair.publicKey + pair.publicKey).prefix(count))
            #expect(!KeyPair.verify(signature: signature, message: [1], publicKey: cut))
        }
    }

    @Test func two_new_keys_differ() {
        #expect(KeyPair.generate().nodeID != KeyPair.generate().nodeID)
    }

    @Test func no_way_of_printing_a_key_shows_it() {
        let seed = [UInt8](0..<32)
        let pair = KeyPair(seed: seed)
        let identity = LocalIdentity(key: pair)
        var dumped = ""
        dump(pair, to: &dumped)
        dump(identity, to: &dumped)
        let printed = "\(pair) \(String(reflecting: pair)) \(identity) \(dumped)"
        #expect(printed.contains(pair.nodeID.short))
        #expect(!printed.contains(SHA256Tests.hex(seed)))
        #expect(!printed.contains("0, 1, 2, 3, 4, 5"))
        #expect(!printed.contains("PrivateKeyHandle"))
    }

    @Test func many_threads_sign_with_one_key() async {
        let pair = KeyPair(seed: [UInt8](repeating: 9, count: 32))
        let expected = pair.sign([1, 2, 3])
        let agreed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<50).allSatisfy { _ in pair.sign([1, 2, 3]) == expected } }
            }
            return await group.allSatisfy { $0 }
        }
        #expect(agreed)
    }
}
