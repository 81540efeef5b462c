// Room:  FederationTests.
// Task:  the texts and values that the tests of this room start from.
// May:   Federation, Identity.
// Proof: itself

import Federation
import Identity

enum Sample {
    static func id(_ seed: UInt8) -> NodeID {
        KeyPair(seed: [UInt8](repeating: seed, count: 32)).nodeID
    }

    /// Every key written out, none at its default where another value is as good.
    static let full = """
        name = "thyroid"
        description = "Nodules, malignant or not"

        [model]
        kind = "perceptron"
        sizes = [3, 4, 2]
        seed = 7

        [data]
        classes = ["benign", "malignant"]
        label = "diagnosis"
        standardise = "federation"
        means = [1, 2.5, -3e0]
        deviations = [0.5, 1.0, 2]

        [training]
        rounds = 200
        steps = 10
        batch = 16
        rate = 0.1
        momentum = 0.5
        weight_decay = 0.001
        schedule = "cosine"
        weight = "rows"

        [gossip]
        exchanges = 3
        view = 5
        fraction = 0.1
        minimum = 32
        values = "q8"
        correction = false
        agreement = 1e-4

        [privacy]
        mode = "plain"

        [membership]
        quorum = 0.6

        [[founders]]
        name = "alice"
        id = "\(id(1))"
        addresses = ["alice.example:7447", "[2001:db8::1]:7447"]

        [[founders]]
        name = "bob"
        id = "\(id(2))"
        addresses = []

        """

    /// Only what must be there.
    static let least = """
        name = "tiny"
        [model]
        kind = "logistic"
        sizes = [2, 2]
        [data]
        classes = ["no", "yes"]
        standardise = "none"
        [privacy]
        mode = "plain"
        [[founders]]
        name = "alice"
        id = "\(id(1))"

        """

    static let tensors = """
        name = "outside"
        [model]
        kind = "tensors"
        genesis = "sha256:\(String(repeating: "0f", count: 32))"
        [[model.tensors]]
        name = "convolution"
        shape = [3, 3, 1, 8]
        [[model.tensors]]
        name = "scale"
        [privacy]
        mode = "plain"
        [[founders]]
        name = "alice"
        id = "\(id(1))"

        """
}

extension String {
    /// With one occurrence replaced; the sample must hold it, or the test tests nothing.
    func with(_ old: String, _ new: String) -> String {
        guard let range = firstRange(of: old) else { preconditionFailure("no '\(old)' in sample") }
        return String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
    }
}
