// Room:  starling (floor 6).
// Task:  one JSON object on stdout.
// May:   FoundationEssentials.
// Proof: Tests/EndToEndTests

import FoundationEssentials

enum JSONOutput {
    /// On one line, keys sorted. Numbers in `value` must be finite.
    static func show(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    static func decode<T: Decodable>(_ kind: T.Type, from bytes: [UInt8]) throws -> T {
        try JSONDecoder().decode(kind, from: Data(bytes))
    }
}
