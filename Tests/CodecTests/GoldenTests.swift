// Room:  the tests of Codec.
// Task:  payloads kept byte for byte, one for each kind and coding: the format does not drift.
// May:   Codec, Model.

import Model
import Testing

@testable import Codec

extension Golden {
    /// Three tensors, 77 parameters: not a whole number of bytes in a bitmap.
    static func layout() throws -> ParameterLayout {
        try ParameterLayout([("weight", [5, 12]), ("bias", [12]), ("scale", [5])])
    }

    /// Some coordinates: in every tensor, the first and the last, neighbours and far apart.
    static let few: [UInt32] = [0, 1, 7, 8, 9, 33, 61, 62, 70, 76]

    /// Nearly all: two blocks of 64.
    static let many: [UInt32] = (0..<77).filter { $0 % 9 != 5 }

    /// The value that is said at a coordinate, before rounding.
    static func value(_ at: UInt32) -> Float {
        let size = Float(at % 13) - 6.25
        return at >= 66 ? size * 0x1p-12 : size * 0.03
    }

    static func writer(_ name: String) throws -> (PayloadWriter, CoordinateCoding, ValueCoding)? {
        for (set, indices) in [("few", few), ("many", many), ("all", Array(0..<77))] {
            for kind in ValueKind.allCases {
                for coordinates in CoordinateCoding.allCases {
                    for coding in ValueCoding.allCases
                    where name == "\(set) \(kind.rawValue) \(coordinates) \(coding)" {
                        let values = BlockValues(rounding: indices.map { value($0) }, to: kind)
                        let writer = PayloadWriter(
                            layout: try layout(), indices: indices, values: values)
                        return (writer, coordinates, coding)
                    }
                }
            }
        }
        return nil
    }

    static func bytes(_ hex: String) throws -> [UInt8] {
        let digits = Array(hex.utf8)
        return try stride(from: 0, to: digits.count, by: 2).map { at in
            try #require(UInt8(String(decoding: digits[at...(at + 1)], as: UTF8.self), radix: 16))
        }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

@Suite struct GoldenTests {
    @Test("Every golden payload decodes to its delta, and is written again as it stands")
    func golden() throws {
        let codec = DeltaCodec(layout: try Golden.layout())
        for vector in Golden.vectors {
            let (writer, coordinates, coding) = try #require(try Golden.writer(vector.name))
            let bytes = try Golden.bytes(vector.hex)
            let delta = try codec.decode(bytes)
            #expect(delta.indices == writer.indices, "\(vector.name)")
            #expect(delta.values == writer.values.decoded(), "\(vector.name)")
            let written = try #require(writer.write(coordinates, coding))
            #expect(try codec.decode(written) == delta, "\(vector.name)")
            // Another zlib may deflate to other bytes.
            if ![.varint, .deflatedBitmap].contains(coordinates), coding != .deflated {
                #expect(Golden.hex(written) == vector.hex, "\(vector.name)")
            }
        }
    }

    @Test("There is a golden payload for each kind with each coding")
    func complete() {
        let names = Set(Golden.vectors.map { $0.name })
        for kind in ValueKind.allCases {
            for coordinates in CoordinateCoding.allCases {
                for coding in ValueCoding.allCases {
                    let set = coordinates == .all ? "all" : "few"
                    #expect(names.contains("\(set) \(kind.rawValue) \(coordinates) \(coding)"))
                }
            }
            #expect(names.contains("many \(kind.rawValue) riceByBlock plain"))
            #expect(names.contains("many \(kind.rawValue) range range"))
        }
    }
}
