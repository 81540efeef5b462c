// Room:  DaemonTests.
// Task:  what is handed in, right and wrong; wrong is told by name and changes nothing.
// May:   Daemon, Gossip, HTTP, Model.
// Proof: itself

import HTTP
import Model
import Testing

@testable import Daemon

struct HandInTests {
    private static let usual = [
        ("work", "a-1"), ("steps", "5"), ("samples", "160"), ("corrected", "true"),
    ]

    private func request(_ query: [(String, String)], body: [UInt8] = [1]) -> HTTPRequest {
        HTTPRequest(method: "POST", path: "/v1/work", query: query, headers: [], body: body)
    }

    private func refusal(_ body: () throws(TrainerRefusal) -> Void) -> TrainerRefusal? {
        do throws(TrainerRefusal) {
            try body()
            return nil
        } catch { return error }
    }

    @Test(
        "A number that is missing or out of range is named",
        arguments: [
            ("work", nil), ("steps", nil), ("steps", "0"), ("steps", "5.5"), ("samples", "-1"),
            ("loss", "nan"), ("loss", "x"), ("rate", "-1"), ("rate", "1e40"), ("rate", "inf"),
            ("gradient_norm", "-0.1"), ("corrected", "yes"), ("as", "both"),
        ] as [(String, String?)])
    func numbers(name: String, value: String?) {
        var query = Self.usual.filter { $0.0 != name }
        if let value { query.append((name, value)) }
        let error = refusal { () throws(TrainerRefusal) in _ = try HandIn(request(query)) }
        #expect(error?.code == "work.malformed" && error?.status == 400)
        #expect(error?.what.contains("'\(name)'") == true, "\(error as Any)")
    }

    @Test("A body or a file, not both and not neither")
    func bodyOrFile() throws {
        let file = Self.usual + [("file", "delta.safetensors")]
        #expect(try HandIn(request(file, body: [])).file == "delta.safetensors")
        for (query, body) in [(file, [1] as [UInt8]), (Self.usual, [])] {
            #expect(
                refusal { () throws(TrainerRefusal) in _ = try HandIn(request(query, body: body)) }
                    != nil)
        }
    }

    private func outcome(
        _ tensors: [(name: String, shape: [Int])], _ values: [Float],
        _ more: [(String, String)] = [], correction: [Float] = [0, 0, 0]
    ) throws -> (delta: [Float], norm: Double, rate: Float) {
        let layout = try ParameterLayout([("w", [2]), ("b", [1])])
        let work = TrainerWork(
            id: "a-1", round: 3, steps: 5, parameters: [1, 2, 3], correction: correction)
        let bytes = Safetensors.encode(layout: try ParameterLayout(tensors), parameters: values)
        let found = try HandIn(request(Self.usual + more, body: bytes))
            .outcome(bytes, work: work, layout: layout, policyRate: 0.5)
        return (found.delta, found.gradientNorm, found.rate)
    }

    @Test("A delta is taken in the model's order; parameters are held against what was given out")
    func forms() throws {
        #expect(try outcome([("b", [1]), ("w", [2])], [3, 1, 2]).delta == [1, 2, 3])
        let whole = try outcome([("w", [2]), ("b", [1])], [1.5, 2, 2], [("as", "parameters")])
        #expect(whole.delta == [0.5, 0, -1])
    }

    @Test("What the trainer does not say is estimated as for plain steps, or kept at nothing")
    func estimates() throws {
        // 5 steps at rate 0.5: mean gradient = c - delta / 2.5
        let told = try outcome([("w", [2]), ("b", [1])], [-2.5, 0, 0], correction: [0, 2, 0])
        #expect(abs(told.norm - 5.0.squareRoot()) < 1e-9 && told.rate == 0.5)
        let own = try outcome(
            [("w", [2]), ("b", [1])], [-2.5, 0, 0], [("gradient_norm", "7"), ("rate", "0.25")])
        #expect(own.norm == 7 && own.rate == 0.25)
        let plain = try outcome(
            [("w", [2]), ("b", [1])], [-2.5, 0, 0], [("corrected", "false")].map { $0 })
        #expect(plain.norm != 0, "the first value of a name counts")
    }

    @Test("Who does not take the correction off gets none: it says a gradient of nothing")
    func uncorrected() throws {
        let query = Self.usual.filter { $0.0 != "corrected" }
        let layout = try ParameterLayout([("w", [1])])
        let bytes = Safetensors.encode(layout: layout, parameters: [1])
        let work = TrainerWork(
            id: "a-1", round: 0, steps: 5, parameters: [0], correction: [0])
        let found = try HandIn(request(query, body: bytes))
            .outcome(bytes, work: work, layout: layout, policyRate: 0.5)
        #expect(found.gradientNorm == 0)
    }

    @Test("Other shapes, other names, what is not finite and what is no file: each told by name")
    func wrong() throws {
        func code(_ tensors: [(name: String, shape: [Int])], _ values: [Float]) -> String? {
            do {
                _ = try outcome(tensors, values)
                return nil
            } catch {
                return (error as? TrainerRefusal).map { "\($0.status) \($0.code): \($0.what)" }
            }
        }
        #expect(code([("w", [2])], [1, 2]) == "422 work.shape: tensor 'b' is missing")
        #expect(
            code([("w", [1, 2]), ("b", [1])], [1, 2, 3])?.hasPrefix("422 work.shape") == true)
        #expect(
            code([("w", [2]), ("b", [1]), ("v", [1])], [1, 2, 3, 4])
                == "422 work.shape: tensor 'v' is not in the model")
        for bad in [Float.nan, .infinity, -.infinity, 1e38] {
            let said = code([("w", [2]), ("b", [1])], [1, 2, bad])
            #expect(said?.hasPrefix("422 work.not-finite: tensor 'b'") == true, "\(bad)")
        }
        let work = TrainerWork(id: "a-1", round: 0, steps: 5, parameters: [0], correction: [0])
        let error = refusal { () throws(TrainerRefusal) in
            _ = try HandIn(request(Self.usual)).outcome(
                [1, 2, 3] as [UInt8], work: work, layout: ParameterLayout.one, policyRate: 1)
        }
        #expect(error?.status == 400 && error?.code == "work.malformed")
    }
}

extension ParameterLayout {
    fileprivate static var one: ParameterLayout {
        guard let layout = try? ParameterLayout([("w", [1])]) else {
            preconditionFailure("one tensor")
        }
        return layout
    }
}
