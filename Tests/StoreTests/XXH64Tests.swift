// Room:  StoreTests.
// Task:  the checksum is the published XXH64, however the bytes arrive.

import Testing

@testable import Store

struct XXH64Tests {
    /// Bytes that anybody can make again: 0, 7, 14 … modulo 256.
    static func sample(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
    }

    @Test(
        "Agrees with the reference program on samples of every path through the code",
        arguments: [
            (count: 0, expected: 0xEF46_DB37_51D8_E999),
            (count: 1, expected: 0xE934_A84A_DB05_2768),
            (count: 3, expected: 0x9FF7_0A63_5A62_09AB),
            (count: 4, expected: 0xAE5A_CDC0_0A55_AC41),
            (count: 7, expected: 0xD734_A6B2_6F3D_A63E),
            (count: 8, expected: 0x8711_6B33_65B9_24EB),
            (count: 12, expected: 0x14B8_433B_9A14_E611),
            (count: 31, expected: 0x0F18_7C62_B1E7_22B7),
            (count: 32, expected: 0x91B0_CB09_31A8_C629),
            (count: 33, expected: 0x931B_043C_F8D6_5B94),
            (count: 63, expected: 0x2191_10BF_13E2_FA26),
            (count: 64, expected: 0xBF30_52E3_4457_75D0),
            (count: 100, expected: 0x8E22_72C0_8247_D5DB),
            (count: 255, expected: 0x2903_7D30_C013_6AF3),
        ])
    func vectors(count: Int, expected: UInt64) {
        #expect(XXH64.hash(Self.sample(count)) == expected)
    }

    @Test("Gives the same hash for the same bytes in any pieces")
    func pieces() {
        let bytes = Self.sample(300)
        let whole = XXH64.hash(bytes, seed: 5)
        for piece in 1...70 {
            var hash = XXH64(seed: 5)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                bytes.withUnsafeBytes {
                    hash.update(
                        UnsafeRawBufferPointer(
                            rebasing: $0[start..<min(start + piece, bytes.count)]))
                }
            }
            #expect(hash.value == whole, "pieces of \(piece)")
        }
    }

    @Test("Depends on the seed")
    func seed() {
        #expect(XXH64.hash([1, 2, 3], seed: 1) != XXH64.hash([1, 2, 3], seed: 2))
    }
}
