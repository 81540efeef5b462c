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

    /// - Returns: `[d]`, finite, in the order of `layout`.
    public static func parameters(
        _ bytes: [UInt8], of layout: ParameterLayout
    ) throws(Problem) -> [Float] {
        let arranged: [Float]
        do throws(SafetensorsError) {
            let file = try Safetensors.decode(bytes)
            arranged = try Safetensors.arranged(file.parameters, from: file.layout, to: layout)
        } catch {
            throw .format(error)
        }
        guard arranged.allSatisfy(\.isFinite) else { throw .notFinite }
        return arranged
    }
}
