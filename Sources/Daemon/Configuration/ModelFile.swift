// Room:  Daemon (floor 5).
// Task:  a model's parameters out of a safetensors file, in our order and finite.
// May:   Model.
// Proof: Tests/DaemonTests/PreparationTests.swift

import Model

public enum ModelFile {
    public enum Problem: Error, Equatable, Sendable {
        case format(SafetensorsError)
        case notFinite
    }

    /// - patterns: tensors that may be in the file and are passed over.
    /// - Returns: `[d]`, finite, in the order of `layout`.
    public static func parameters(
        _ bytes: [UInt8], of layout: ParameterLayout, passingOver patterns: [TensorPattern] = []
    ) throws(Problem) -> [Float] {
        let arranged: [Float]
        do throws(SafetensorsError) {
            let file = try StoredTensors(bytes).gossiped { !patterns.match($0) }
            arranged = try Safetensors.arranged(file.parameters, from: file.layout, to: layout)
        } catch {
            throw .format(error)
        }
        guard arranged.allSatisfy(\.isFinite) else { throw .notFinite }
        return arranged
    }
}
