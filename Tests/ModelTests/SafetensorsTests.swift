// Room:  ModelTests.
// Task:  safetensors files against the reference implementation, and against damage.
// May:   Model, Testing.

import Testing

@testable import Model

@Suite struct SafetensorsTests {
    /// Written by the Python package safetensors 0.8.0: tensors of F32 and F16, a scalar, a name
    /// with quotation marks, a backslash and a line break, metadata.
    private static let golden = """
        f0000000000000007b225f5f6d657461646174615f5f223a7b22ceba223a2231222c22666f726d6174223a22
        6e70227d2c226c61796572302e776569676874223a7b226474797065223a22463332222c227368617065223a
        5b322c335d2c22646174615f6f666673657473223a5b302c32345d7d2c22c3a4205c22715c225c5c5c6e223a
        7b226474797065223a22463332222c227368617065223a5b5d2c22646174615f6f666673657473223a5b3234
        2c32385d7d2c226c61796572302e62696173223a7b226474797065223a22463136222c227368617065223a5b
        335d2c22646174615f6f666673657473223a5b32382c33345d7d7d200000803f000020c000004040cdcccc3d
        6042a20d000000800000e0400038ff7b0100
        """

    @Test func `a file of the reference implementation is read`() throws {
        let file = try Safetensors.decode(bytes(hex: Self.golden))
        #expect(file.layout.tensors.map(\.name) == ["layer0.weight", "ä \"q\"\\\n", "layer0.bias"])
        #expect(file.layout.tensors.map(\.shape) == [[2, 3], [], [3]])
        let expected: [Float] = [1, -2.5, 3, 0.1, 1e-30, -0.0, 7, 0.5, 65504, 0x1p-24]
        #expect(file.parameters.map(\.bitPattern) == expected.map(\.bitPattern))
        #expect(file.metadata == ["format": "np", "κ": "1"])
    }

    @Test func `what is written is read back to the bit`() throws {
        for seed in 0..<50 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var tensors: [(name: String, shape: [Int])] = []
            for place in 0...generator.below(4) {
                let marks = ["\"", "\\", "\n", "\u{1}", "é", "𝄞", "/"]
                let shape = (0..<generator.below(4)).map { _ in 1 + generator.below(4) }
                tensors.append(("t\(place)" + marks[generator.below(marks.count)], shape))
            }
            let layout = try ParameterLayout(tensors)
            let values = (0..<layout.count).map { _ in
                Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            }
            let metadata = generator.below(2) == 0 ? [:] : ["b": "\"\u{1F}", "a": "1"]
            let file = Safetensors.encode(layout: layout, parameters: values, metadata: metadata)
            let read = try Safetensors.decode(file)
            #expect(read.layout == layout, "seed \(seed)")
            #expect(read.parameters.map(\.bitPattern) == values.map(\.bitPattern), "seed \(seed)")
            #expect(read.metadata == metadata, "seed \(seed)")
        }
    }

    @Test func `the bytes written are the ones of the format`() throws {
        let layout = try ParameterLayout([("w", [1, 2])])
        let file = Safetensors.encode(
            layout: layout, parameters: [1, -2], metadata: ["b": "2", "a": "1"])
        let header =
            #"{"__metadata__":{"a":"1","b":"2"},"w":{"dtype":"F32","shape":[1,2],"#
            + #""data_offsets":[0,8]}}"#
        #expect(file[0] == 96)
        #expect(file[8..<(8 + header.utf8.count)].elementsEqual(header.utf8))
        #expect(file[(8 + header.utf8.count)..<104].allSatisfy { $0 == 0x20 })
        #expect(Array(file[104...]) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0])
    }

    @Test func `half precision is widened exactly, all 65,536 of it`() {
        for bits in 0...UInt16.max {
            let exponent = Int(bits >> 10 & 31)
            let fraction = Double(bits & 1023)
            let value = ElementKind.widened(half: bits)
            let sign: Double = bits >> 15 == 1 ? -1 : 1
            if exponent == 31 {
                #expect(fraction == 0 ? value == Float(sign * .infinity) : value.isNaN)
            } else {
                let scale = Double(sign: .plus, exponent: max(exponent, 1) - 25, significand: 1)
                let magnitude = (exponent > 0 ? fraction + 1024 : fraction) * scale
                #expect(value == Float(sign * magnitude) && (value.sign == .minus) == (sign < 0))
            }
        }
    }

    @Test func `brain floats are widened exactly`() throws {
        let header = #"{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#
        let read = try Safetensors.decode(file(header, [0x80, 0x3F, 0x20, 0xC0]))
        #expect(read.parameters == [1, -2.5])
    }

    @Test func `a lying file is refused for what it is`() {
        let w = #""w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
        let four: [UInt8] = [0, 0, 0, 0]
        #expect(error([1, 2, 3]) == .tooShort(3))
        #expect(error([UInt8](repeating: 0xFF, count: 20)) == .headerLength(.max))
        #expect(error([9, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D]) == .headerLength(9))
        #expect(error(file("{\(w)}", four)) == nil)
        #expect(error(file("{\(w)} x", four)) == .badHeader(offset: w.utf8.count + 2))
        #expect(error(file("{\(w)}", four + [0])) == .trailingBytes(1))
        #expect(error(file("{\(w)}", [0, 0])) == .badOffsets("w"))
        #expect(error(file("{}", [])) == .layout(.empty))
        #expect(error(file("{}", [1])) == .trailingBytes(1))
        func one(_ body: String) -> SafetensorsError? { error(file("{\"w\":{\(body)}}", four)) }
        #expect(one(#""dtype":"F32","shape":[1]"#) == .badEntry("w"))
        #expect(one(#""dtype":"I8","shape":[4],"data_offsets":[0,4]"#) == .unknownKind("w", "I8"))
        #expect(one(#""dtype":"F32","shape":[2],"data_offsets":[0,4]"#) == .badOffsets("w"))
        #expect(one(#""dtype":"F32","shape":[1],"data_offsets":[4,0]"#) == .badOffsets("w"))
        #expect(one(#""dtype":"F32","shape":[1],"data_offsets":[0,8]"#) == .badOffsets("w"))
        #expect(one(#""dtype":"F32","shape":[1],"data_offsets":[0,4,4]"#) == .badEntry("w"))
        #expect(one(#""dtype":"F32","shape":[0],"data_offsets":[0,4]"#) == .badOffsets("w"))
        #expect(
            error(file(#"{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#, []))
                == .layout(.badShape("w", [0])))
        for bad in [
            #""dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]"#,
            #""dtype":"F32","shape":[-1],"data_offsets":[0,4]"#,
            #""dtype":"F32","shape":[1.0],"data_offsets":[0,4]"#,
            #""dtype":"F32","shape":[01],"data_offsets":[0,4]"#,
            #""dtype":"F32","shape":[1,],"data_offsets":[0,4]"#,
            #""dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]"#,
            #""dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1"#,
        ] {
            guard case .badHeader = one(bad) else {
                Issue.record("accepted: \(bad)")
                continue
            }
        }
    }

    @Test func `tensors that overlap or leave a gap are refused`() {
        func pair(_ a: String, _ b: String) -> SafetensorsError? {
            let entry = #"{"dtype":"F32","shape":[1],"data_offsets":"#
            return error(
                file("{\"a\":\(entry)\(a)},\"b\":\(entry)\(b)}}", [UInt8](repeating: 0, count: 12)))
        }
        #expect(pair("[0,4]", "[0,4]") == .badOffsets("b"))
        #expect(pair("[0,4]", "[2,6]") == .badOffsets("b"))
        #expect(pair("[0,4]", "[8,12]") == .badOffsets("b"))
        #expect(pair("[8,12]", "[0,4]") == .badOffsets("a"))
    }

    @Test func `names are unescaped and duplicates refused after it`() throws {
        let entry = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
        let four: [UInt8] = [0, 0, 0, 0]
        let read = try Safetensors.decode(file(#"{"\u00e9\ud834\uDD1E\/":\#(entry)}"#, four))
        #expect(read.layout.tensors[0].name == "é𝄞/")
        for name in [#"\ud834"#, #"\ud834\u0041"#, #"\udd1e"#, #"\x"#, #"\u12"#, "\u{1}"] {
            guard case .badHeader = error(file("{\"\(name)\":\(entry)}", four)) else {
                Issue.record("accepted the name \(name.debugDescription)")
                continue
            }
        }
        guard case .badHeader = error(file(#"{"a":\#(entry),"\u0061":\#(entry)}"#, four)) else {
            Issue.record("accepted the same name twice")
            return
        }
    }

    @Test func `damaged and random files never crash, and cut files are refused`() {
        let good = bytes(hex: Self.golden)
        for length in good.indices { #expect(error(Array(good[..<length])) != nil) }
        var generator = SeededGenerator(seed: 2)
        var refused = 0
        for _ in 0..<20_000 {
            var bad = good
            for _ in 0...generator.below(3) {
                switch generator.below(3) {
                case 0: bad[generator.below(bad.count)] = UInt8(generator.below(256))
                case 1: bad.remove(at: generator.below(bad.count))
                default: bad.insert(UInt8(generator.below(256)), at: generator.below(bad.count))
                }
            }
            if error(bad) != nil { refused += 1 }
        }
        #expect(refused > 10_000)
    }

    @Test func `values are brought into the model's order by name`() throws {
        let source = try ParameterLayout([("b", [1]), ("a", [2])])
        let target = try ParameterLayout([("a", [2]), ("b", [1])])
        #expect(try Safetensors.arranged([1, 2, 3], from: source, to: target) == [2, 3, 1])
        let more = try ParameterLayout([("a", [2])])
        #expect(throws: SafetensorsError.unknownTensor("b")) {
            try Safetensors.arranged([1, 2, 3], from: source, to: more)
        }
        #expect(throws: SafetensorsError.missingTensor("b")) {
            try Safetensors.arranged([1, 2], from: more, to: target)
        }
        let other = try ParameterLayout([("a", [1, 2]), ("b", [1])])
        #expect(throws: SafetensorsError.otherShape("a", found: [2], expected: [1, 2])) {
            try Safetensors.arranged([1, 2, 3], from: source, to: other)
        }
    }

    private func error(_ bytes: [UInt8]) -> SafetensorsError? {
        do {
            _ = try Safetensors.decode(bytes)
            return nil
        } catch { return error }
    }

    private func file(_ header: String, _ body: [UInt8]) -> [UInt8] {
        let length = header.utf8.count
        return [UInt8(length & 255), UInt8(length >> 8), 0, 0, 0, 0, 0, 0] + header.utf8 + body
    }

    private func bytes(hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}
