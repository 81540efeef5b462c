// Room:  Daemon (floor 5).
// Task:  the gossiped model as a file, alone or with the tensors that are the node's own.
// May:   Federation, Model, Store.
// Proof: Tests/DaemonTests/PersonalModelTests.swift

import Federation
import Model
import Store

/// Of a node that runs, or of its checkpoint.
public struct PersonalModel: Sendable {
    private let federation: FederationFile
    /// Of a built-in kind.
    private let own: [Float]
    private let state: String

    init(_ preparation: Preparation, own: [Float]) {
        self.init(
            federation: preparation.federation, own: own, state: preparation.configuration.state)
    }

    /// - own: of a built-in kind, as in the checkpoint; else empty.
    public init(federation: FederationFile, own: [Float], state: String) {
        self.federation = federation
        self.own = own
        self.state = state
    }

    private var metadata: [String: String] { ["federation": "\(federation.id)"] }

    /// - parameters: `[d]`.
    public func shared(_ parameters: [Float]) -> [UInt8] {
        Safetensors.encode(
            layout: federation.layout, parameters: parameters, metadata: metadata)
    }

    /// - Throws: where a trainer has never given the node's own tensors, or they cannot be read.
    func whole(_ parameters: [Float]) throws(TrainerRefusal) -> [UInt8] {
        guard !federation.model.private.isEmpty else { return shared(parameters) }
        if let split = federation.model.split {
            return Safetensors.encode(
                layout: split.full, parameters: split.joined(shared: parameters, own: own),
                metadata: metadata)
        }
        let bytes = try Node.ownTensors(Configuration.ownTensors(inState: state))
        do throws(SafetensorsError) {
            return try StoredTensors.joined(
                [try StoredTensors(shared(parameters)), try StoredTensors(bytes)],
                metadata: metadata)
        } catch {
            throw TrainerRefusal(500, "private.unreadable", error.what, hint: error.hint)
        }
    }

    /// As `whole`, for the command line.
    public func personal(_ parameters: [Float]) -> Result<[UInt8], InterfaceFailure> {
        do throws(TrainerRefusal) {
            return .success(try whole(parameters))
        } catch {
            return .failure(
                InterfaceFailure(code: error.code, error: error.what, hint: error.hint))
        }
    }
}
