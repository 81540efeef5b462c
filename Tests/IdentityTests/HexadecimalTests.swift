// Room:  tests of Identity.
// Task:  every byte there and back, and what is no pair of digits.
// May:   anything.
// Proof: itself

import Testing

@testable import Identity

@Suite struct HexadecimalTests {
    @Test func everyByteComesBackInEitherCase() {
        let bytes = [UInt8](0...255)
        let text = Hexadecimal.text(bytes)
        #expect(text.hasPrefix("000102") && text.hasSuffix("feff"))
        #expect(Hexadecimal.bytes(text.utf8) == bytes)
        #expect(Hexadecimal.bytes(text.uppercased().utf8) == bytes)
        #expect(Hexadecimal.bytes("".utf8) == [])
    }

    @Test(arguments: ["0", "+1", "-0", " 1", "0g", "00:1", "١١", "0x"])
    func whatIsNoPairOfDigitsIsNothing(text: String) {
        #expect(Hexadecimal.bytes(text.utf8) == nil)
    }
}
