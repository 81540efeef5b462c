// Room:  DaemonTests.
// Task:  the gossiped model, and the node's own with what is private.
// May:   Daemon, Model.
// Proof: itself

import Daemon
import Foundation
import Model
import Testing

struct PersonalModelTests {
    @Test("Of a built-in kind: all tensors in their order, or those that are shared")
    func builtIn() throws {
        let site = try Site(
            federation: Site.federation.with(
                "sizes = [2, 2]", "sizes = [2, 2]\nprivate = [\"*.bias\"]"))
        let federation = try site.prepare().federation
        let model = PersonalModel(federation: federation, own: [5, 6], state: site.path("state"))
        let shared = try Safetensors.decode(model.shared([1, 2, 3, 4]))
        #expect(shared.layout.tensors.map(\.name) == ["layer0.weight"])
        let whole = try Safetensors.decode(model.personal([1, 2, 3, 4]).get())
        #expect(whole.layout.tensors.map(\.name) == ["layer0.weight", "layer0.bias"])
        #expect(whole.parameters == [1, 2, 3, 4, 5, 6])
        #expect(whole.metadata["federation"] == "\(federation.id)")
    }

    @Test("Where nothing is private, the node's own is what is gossiped")
    func nothingPrivate() throws {
        let site = try Site()
        let model = PersonalModel(
            federation: try site.prepare().federation, own: [], state: site.path("state"))
        let values: [Float] = [1, 2, 3, 4, 5, 6]
        #expect(try model.personal(values).get() == model.shared(values))
    }
}
