// Room:  the tests of Codec.
// Task:  a decoder in another language, written from the README alone, reads the same.
// May:   Codec, Model, Foundation (a child process).

import Foundation
import Model
import Testing

@testable import Codec

@Suite struct SecondDecoderTests {
    @Test("The second decoder reads every golden payload as ours does")
    func golden() throws {
        let layout = try Golden.layout()
        let payloads = try Golden.vectors.map { try Golden.bytes($0.hex) }
        try compare(payloads.map { (layout, $0) })
    }

    @Test("The second decoder reads what the encoder writes of every shape")
    func everyShape() throws {
        var cases: [(ParameterLayout, [UInt8])] = []
        for (seed, shape) in Shape.allCases.enumerated() {
            for kind in ValueKind.allCases {
                for size in [1, 70, 1500] {
                    var generator = SeededGenerator(seed: UInt64(seed))
                    let (x, s) = shape.vectors(size, &generator)
                    let codec = Samples.codec(size, fraction: 0.2, kind)
                    let encoded = try codec.encode(parameters: x, reference: s)
                    cases.append((codec.layout, encoded.payload))
                    let dense = codec.encodeDense(zip(x, s).map { $0 - $1 }, kind: kind)
                    cases.append((codec.layout, dense))
                }
            }
        }
        try compare(cases)
    }

    @Test("The second decoder refuses and accepts the same damaged payloads")
    func damaged() throws {
        let layout = try Golden.layout()
        var cases: [(ParameterLayout, [UInt8])] = []
        for (index, vector) in Golden.vectors.enumerated() {
            var generator = SeededGenerator(seed: UInt64(index))
            let bytes = try Golden.bytes(vector.hex)
            for _ in 0..<20 {
                cases.append((layout, Mutation.mutated(bytes, &generator)))
            }
        }
        try compare(cases)
    }

    /// Both decoders say the same of each payload: the same delta, or that it is none.
    private func compare(_ cases: [(layout: ParameterLayout, payload: [UInt8])]) throws {
        let lines = cases.map { layout, payload in
            layout.tensors.map { String($0.count) }.joined(separator: ",") + " "
                + Golden.hex(payload)
        }
        let theirs = try run(lines)
        try #require(theirs.count == cases.count)
        for (index, (layout, payload)) in cases.enumerated() {
            let ours: String
            do {
                let delta = try DeltaCodec(layout: layout).decode(payload)
                ours = zip(delta.indices, delta.values).map {
                    let bits = String($1.bitPattern, radix: 16)
                    return "\($0):" + String(repeating: "0", count: 8 - bits.count) + bits
                }.joined(separator: " ")
            } catch {
                ours = "error"
            }
            let same = ours == theirs[index] || ours == "error" && theirs[index].hasPrefix(ours)
            #expect(same, "\(lines[index]): ours \(ours), theirs \(theirs[index])")
        }
    }

    private func run(_ lines: [String]) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("second_decoder.py").path
        process.arguments = ["python3", script]
        let input = FileManager.default.temporaryDirectory
            .appendingPathComponent("codec-\(UUID().uuidString).txt")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // Without python3 `env` says 127: a failure, not a skip.
        try #require(process.terminationStatus == 0, "python3 is needed to test the second decoder")
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            String($0)
        }
    }
}
