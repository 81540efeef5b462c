// Room:  Daemon (floor 5).
// Task:  what a trainer hands in: the numbers in the request, the vector in the body or a file.
// May:   Gossip, HTTP, Model.
// Proof: Tests/DaemonTests/HandInTests.swift

import Gossip
import HTTP
import Model

/// The numbers that come with a vector.
struct HandIn: Equatable, Sendable {
    enum Form: String, Sendable {
        case delta, parameters
    }

    let work: String
    let steps: Int
    let samples: UInt64
    let loss: Double?
    /// Of a local step: delta = -rate times the sum of the corrected gradients.
    let rate: Double?
    let gradientNorm: Double?
    /// Whether the trainer took the correction off its gradients.
    let isCorrected: Bool
    let form: Form
    /// In the folder; nil: the body holds it.
    let file: String?

    /// - Throws: naming the value that is missing or out of its range.
    init(_ request: HTTPRequest) throws(TrainerRefusal) {
        guard let work = request.parameter("work") else {
            throw Self.malformed("'work' is missing")
        }
        self.work = work
        steps = Int(try Self.whole(request, "steps", 1...1_000_000))
        samples = UInt64(try Self.whole(request, "samples", 0...1_000_000_000_000))
        loss = try Self.number(request, "loss", least: nil)
        rate = try Self.number(request, "rate", least: 0)
        gradientNorm = try Self.number(request, "gradient_norm", least: 0)
        switch request.parameter("corrected") ?? "false" {
        case "true": isCorrected = true
        case "false": isCorrected = false
        default: throw Self.malformed("'corrected' is neither true nor false")
        }
        guard let form = Form(rawValue: request.parameter("as") ?? "delta") else {
            throw Self.malformed("'as' is neither delta nor parameters")
        }
        self.form = form
        file = request.parameter("file")
        guard (file == nil) != request.body.isEmpty else {
            throw Self.malformed(
                file == nil
                    ? "the body is empty, and no 'file' is named" : "both a body and a 'file'")
        }
    }

    static func malformed(_ what: String) -> TrainerRefusal {
        TrainerRefusal(400, "work.malformed", what, hint: "see the API's description")
    }

    private static func whole(
        _ request: HTTPRequest, _ name: String, _ range: ClosedRange<Int64>
    ) throws(TrainerRefusal) -> Int64 {
        guard let text = request.parameter(name) else {
            throw malformed("'\(name)' is missing")
        }
        guard let value = Int64(text), range.contains(value) else {
            throw malformed(
                "'\(name)' must be \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func number(
        _ request: HTTPRequest, _ name: String, least: Double?
    ) throws(TrainerRefusal) -> Double? {
        guard let text = request.parameter(name) else { return nil }
        guard let value = Double(text), value.isFinite, value >= least ?? value,
            abs(value) <= Double(Float.greatestFiniteMagnitude)
        else {
            throw malformed(
                "'\(name)' must be a finite number\(least == nil ? "" : ", not below 0")")
        }
        return value
    }
}

extension HandIn {
    /// Larger steps than any training makes: `x` stays finite under thousands of them.
    static let largest: Float = 0x1p100

    /// What the core is told of a vector in a safetensors file.
    ///
    /// - Throws: as below, and 400 malformed, 422 shapes.
    func outcome(
        _ bytes: [UInt8], work: TrainerWork, layout: ParameterLayout, policyRate: Double
    ) throws(TrainerRefusal) -> TrainingOutcome {
        try outcome(
            try Self.vector(bytes, layout), work: work, layout: layout, policyRate: policyRate)
    }

    /// The vector that was handed in, held against the work, and what the core is told of it.
    ///
    /// - vector: `[d]`, in the layout's order.
    /// - work: as the trainer was given it.
    /// - policyRate: where the trainer says none.
    /// - Throws: 422 not finite.
    /// - Complexity: O(d).
    func outcome(
        _ vector: [Float], work: TrainerWork, layout: ParameterLayout, policyRate: Double
    ) throws(TrainerRefusal) -> TrainingOutcome {
        var values = vector
        if form == .parameters {
            for i in values.indices { values[i] -= work.parameters[i] }
        }
        // The bits of magnitudes are in the order of the magnitudes, infinity and NaN above all.
        var largest: UInt32 = 0
        for value in values { largest = max(largest, value.magnitude.bitPattern) }
        guard largest <= Self.largest.bitPattern else {
            let place = values.firstIndex { $0.magnitude.bitPattern > Self.largest.bitPattern } ?? 0
            let tensor = layout.tensors.first { $0.range.contains(place) }?.name ?? ""
            throw TrainerRefusal(
                422, "work.not-finite",
                "tensor '\(tensor)' holds a value that is not finite, or is beyond any training",
                hint: "throw the steps away, take the parameters anew, and lower the learning rate")
        }
        let rate = rate.flatMap { $0 > 0 ? $0 : nil } ?? policyRate
        return TrainingOutcome(
            delta: values, steps: steps, samples: samples, loss: loss,
            gradientNorm: isCorrected
                ? gradientNorm ?? Self.norm(values, rate * Double(steps), work.correction) : 0,
            rate: Float(rate))
    }

    /// In our order.
    private static func vector(
        _ bytes: [UInt8], _ layout: ParameterLayout
    ) throws(TrainerRefusal) -> [Float] {
        do throws(SafetensorsError) {
            let file = try Safetensors.decode(bytes)
            return try Safetensors.arranged(file.parameters, from: file.layout, to: layout)
        } catch {
            switch error {
            case .missingTensor, .unknownTensor, .otherShape, .unknownKind:
                throw TrainerRefusal(422, "work.shape", error.what, hint: error.hint)
            case .tooShort, .headerLength, .badHeader, .badEntry, .badOffsets, .trailingBytes,
                .layout:
                throw TrainerRefusal(400, "work.malformed", error.what, hint: error.hint)
            }
        }
    }

    /// Of the round's mean raw gradient, as plain steps would have made this delta:
    /// `delta = -rate · steps · (g - c)`.
    private static func norm(_ delta: [Float], _ scale: Double, _ correction: [Float]) -> Double {
        var squares = 0.0
        for i in delta.indices {
            let gradient = Double(correction[i]) - Double(delta[i]) / scale
            squares += gradient * gradient
        }
        return squares.squareRoot()
    }
}
