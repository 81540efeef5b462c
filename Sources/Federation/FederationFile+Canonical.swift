// Room:  Federation (floor 2, pure).
// Task:  the meaning of a federation file as bytes, the same for every spelling of it.
// May:   Identity, Model.   May not: clock, sockets, files, logging, randomness.
// Proof: Tests/FederationTests/FederationIDTests.swift

import Identity
import Model

extension FederationFile {
    /// All meaning in a fixed order, each value with its type and length; see the README.
    ///
    /// Changing anything here makes other IDs of the same files: count the version up then.
    public var canonical: [UInt8] {
        var out = CanonicalBytes()
        out.string("starling.federation/1")
        out.string(name)
        out.string(description)
        writeModel(into: &out)
        writeData(into: &out)
        writeTraining(into: &out)
        writeGossip(into: &out)
        out.string(privacy.rawValue)
        out.number(quorum)
        out.list(founders.sorted { $0.id < $1.id }) { out, founder in
            out.blob(founder.id.bytes)
            out.string(founder.name)
            out.list(founder.addresses.sorted(by: Self.byBytes)) { $0.string($1) }
        }
        // Later than the first version: said where it is not the default, so that IDs stay.
        if !sharesMetrics { out.string("metrics stay at home") }
        if !model.private.isEmpty {
            out.string("private")
            out.list(model.private.map(\.text)) { $0.string($1) }
        }
        let kinds = model.layout.tensors.map(\.kind)
        if kinds.contains(where: { $0 != .float32 }) {
            out.string("kinds")
            out.list(kinds.map(\.rawValue)) { $0.string($1) }
        }
        return out.bytes
    }

    private func writeModel(into out: inout CanonicalBytes) {
        out.string(model.kindName)
        switch model.kind {
        case .network(let architecture):
            out.list(architecture.sizes) { $0.integer($1) }
        case .tensors(let layout):
            out.list(layout.tensors) { out, tensor in
                out.string(tensor.name)
                out.list(tensor.shape) { $0.integer($1) }
            }
        }
        switch model.genesis {
        case .seed(let seed):
            out.string("seed")
            out.integer(Int(seed))  // Checked: it fits.
        case .file(let hash):
            out.string("file")
            out.blob(hash)
        }
    }

    private func writeData(into out: inout CanonicalBytes) {
        out.list(data.classes) { $0.string($1) }
        out.string(data.label)
        switch data.standardisation {
        case .federation(let means, let deviations):
            out.string("federation")
            out.list(means) { $0.number($1) }
            out.list(deviations) { $0.number($1) }
        case .local: out.string("local")
        case .unchanged: out.string("none")
        }
    }

    private func writeTraining(into out: inout CanonicalBytes) {
        out.integer(training.rounds)
        out.integer(training.steps)
        out.integer(training.batch)
        out.number(training.rate)
        out.number(training.momentum)
        out.number(training.weightDecay)
        out.string(training.schedule.rawValue)
        out.string(training.weight.rawValue)
    }

    private func writeGossip(into out: inout CanonicalBytes) {
        out.integer(gossip.exchanges)
        out.integer(gossip.view)
        out.number(gossip.fraction)
        out.integer(gossip.minimum)
        out.string(gossip.values.rawValue)
        out.boolean(gossip.correction)
        out.number(gossip.agreement)
    }

    /// Swift's own order of strings follows Unicode's tables, which change; bytes do not.
    private static func byBytes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// Typed, length-prefixed values, so that no two different contents share their bytes.
struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []

    mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "s"))
        word(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    mutating func blob(_ content: [UInt8]) {
        bytes.append(UInt8(ascii: "x"))
        word(UInt64(content.count))
        bytes += content
    }

    mutating func integer(_ value: Int) {
        bytes.append(UInt8(ascii: "i"))
        word(UInt64(bitPattern: Int64(value)))
    }

    /// By its bits; both zeros are one.
    mutating func number(_ value: Double) {
        bytes.append(UInt8(ascii: "d"))
        word(value == 0 ? 0 : value.bitPattern)
    }

    mutating func boolean(_ value: Bool) {
        bytes.append(UInt8(ascii: "b"))
        bytes.append(value ? 1 : 0)
    }

    mutating func list<T>(_ elements: [T], _ write: (inout CanonicalBytes, T) -> Void) {
        bytes.append(UInt8(ascii: "l"))
        word(UInt64(elements.count))
        for element in elements { write(&self, element) }
    }

    private mutating func word(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}
