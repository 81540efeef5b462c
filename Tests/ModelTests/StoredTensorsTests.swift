// Room:  ModelTests.
// Task:  safetensors files of any kinds, joined, chosen from, and narrowed to smaller kinds.
// May:   Model, Testing.
// Proof: itself

import Testing

@testable import Model

@Suite struct StoredTensorsTests {
    @Test("A half and a brain float that are widened and narrowed again are the same, all of them")
    func narrowing() {
        for bits in 0...UInt16.max {
            let half = ElementKind.widened(half: bits)
            #expect(half.isNaN || ElementKind.half(half) == bits)
            let brain = ElementKind.widened(brain: bits)
            #expect(brain.isNaN || ElementKind.brain(brain) == bits)
        }
    }

    @Test("Between two brain floats the nearer is taken, and the even one of two that are as near")
    func rounding() {
        let one = Float(1)
        #expect(ElementKind.brain(one + 0x1p-8) == 0x3F80, "a tie goes to the even one")
        #expect(ElementKind.brain(one + 0x1p-8 + 0x1p-20) == 0x3F81)
        #expect(ElementKind.brain(one + 3 * 0x1p-8) == 0x3F82)
        #expect(ElementKind.widened(brain: ElementKind.brain(.nan)).isNaN)
        #expect(ElementKind.brain(.greatestFiniteMagnitude) == 0x7F80, "too large is infinite")
        #expect(ElementKind.half(70_000) == 0x7C00)
    }

    @Test("Each tensor is written in its kind, and read back as it was rounded")
    func kinds() throws {
        let layout = try ParameterLayout([
            (name: "a", shape: [2], kind: .float32), (name: "b", shape: [3], kind: .float16),
            (name: "c", shape: [1], kind: .bfloat16),
        ])
        let values: [Float] = [0.1, 2, 0.1, 1, -3, 0.1]
        let file = Safetensors.encode(layout: layout, parameters: values)
        let read = try Safetensors.decode(file)
        #expect(read.layout == layout)
        #expect(read.parameters == [0.1, 2, Float(Float16(0.1)), 1, -3, 0.10009765625])
        let whole = Safetensors.encode(layout: layout, parameters: values, inFloat32: true)
        #expect(try Safetensors.decode(whole).parameters == values)
        #expect(
            Array(whole.prefix(Safetensors.float32Head(layout).count))
                == Safetensors.float32Head(layout))
    }

    @Test("Whole numbers are kept as they are, and are not gossiped")
    func wholeNumbers() throws {
        let header =
            #"{"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"#
            + #""w":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#
        let bytes =
            [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8)
            + [1, 2, 3, 4, 5, 6, 7, 8] + [0, 0, 0x80, 0x3F]
        let file = try StoredTensors(bytes)
        #expect(file.tensors.map(\.kind) == [.int64, .float32])
        #expect(try file.gossiped { $0 == "w" }.parameters == [1])
        #expect(throws: SafetensorsError.layout(.notGossiped("n", .int64))) {
            try file.gossiped { _ in true }
        }
        #expect(throws: SafetensorsError.unknownKind("n", "I64")) { try Safetensors.decode(bytes) }
        let other = try StoredTensors(
            Safetensors.encode(layout: try ParameterLayout([("v", [2])]), parameters: [3, 4]))
        let both = try StoredTensors(
            StoredTensors.joined([other, file], metadata: ["of": "both"]))
        #expect(both.tensors.map(\.name) == ["v", "n", "w"] && both.metadata == ["of": "both"])
        #expect(Array(both.bytes[both.tensors[1].range]) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(throws: SafetensorsError.layout(.duplicateName("v"))) {
            try StoredTensors.joined([other, other], metadata: [:])
        }
    }
}
