// Room:  DaemonTests.
// Task:  key, federation file, data and genesis: read, checked, and each mistake named.
// May:   Daemon, Federation, Identity, Learning, Model.
// Proof: itself

import Daemon
import Federation
import Foundation
import Identity
import Learning
import Model
import Testing

struct PreparationTests {
    /// The fault with which a preparation must fail.
    private func fault(_ site: Site, _ environment: [String: String] = [:]) -> (any Fault)? {
        do {
            _ = try site.prepare(environment)
            Issue.record("the preparation did not fail")
            return nil
        } catch {
            return error as? any Fault
        }
    }

    @Test("A right site is ready: rows split, standardised by the federation's numbers")
    func ready() throws {
        let site = try Site()
        let ready = try site.prepare()
        #expect(ready.identity.nodeID == site.identity.nodeID)
        #expect(ready.founder?.name == "here")
        #expect(ready.genesis == [Float](repeating: 0, count: 6))
        #expect(ready.layout.count == 6)
        #expect(ready.training.rows == 8 && ready.holdout.rows == 2)
        #expect(ready.weight == 1)
        #expect(ready.steps == 5 && ready.hyperparameters.batch == 32)
        #expect(ready.hyperparameters.rate == 0.3)
        #expect(ready.warnings == [])
        // Row n is (n, 10 n): (n - 1) / 2 and (10 n - 10) / 5, so the second is four times the
        // first; its class is n's parity.
        for part in [ready.training, ready.holdout] {
            for row in 0..<part.rows {
                let (width, height) = (part.inputs[2 * row], part.inputs[2 * row + 1])
                #expect(height == 4 * width)
                #expect(part.labels[row] == Int32(2 * width + 1) % 2)
            }
        }
    }

    @Test("The split is the node's own and the same at every start; a seed changes it")
    func split() throws {
        let rows = "width,label,height\n" + (0..<400).map { "\($0),no,\($0)\n" }.joined()
        let site = try Site(data: rows)
        let first = try site.prepare()
        #expect(try site.prepare().training == first.training)
        #expect(try site.prepare(["STARLING_TRAINING_SEED": "1"]).training != first.training)
        #expect(try Site(data: rows).prepare().training != first.training)
        #expect(first.holdout.rows == 80)
    }

    @Test("Standardised by its own numbers, a site has mean 0 over its training rows; or by none")
    func otherRules() throws {
        let agreed = "standardise = \"federation\"\nmeans = [1, 10]\ndeviations = [2, 5]"
        let local = try Site(federation: Site.federation.with(agreed, "standardise = \"local\""))
        let own = try local.prepare().training
        var sum: Float = 0
        for row in 0..<own.rows { sum += own.inputs[2 * row] }
        #expect(abs(sum) < 1e-4)
        let plain = try Site(federation: Site.federation.with(agreed, "standardise = \"none\""))
        let raw = try plain.prepare().training
        #expect(raw.inputs.allSatisfy { $0 == $0.rounded() && $0 >= 0 && $0 <= 90 })
        #expect(raw.inputs.max() ?? 0 > 50)
    }

    @Test("The node's own pace goes before the federation's; the weight is its rows where agreed")
    func overrides() throws {
        let site = try Site(
            federation: Site.federation.with(
                "[privacy]",
                "[training]\nweight = \"rows\"\nschedule = \"cosine\"\nmomentum = 0.5\n[privacy]"))
        let ready = try site.prepare([
            "STARLING_TRAINING_BATCH": "4", "STARLING_TRAINING_RATE": "0.125",
            "STARLING_TRAINING_STEPS": "9",
        ])
        #expect(ready.weight == 8)
        #expect(
            ready.hyperparameters
                == Hyperparameters(batch: 4, rate: 0.125, momentum: 0.5, schedule: .cosine))
        #expect(ready.steps == 9)
    }

    @Test("What is allowed and probably not meant is said")
    func warnings() throws {
        let site = try Site()
        let deaf = try site.prepare(["STARLING_NODE_LISTEN": ""])
        #expect(deaf.warnings.count == 1 && deaf.warnings[0].contains("nobody can dial it"))
        let all = try site.prepare(["STARLING_DATA_HOLDOUT": "0"])
        #expect(all.holdout.rows == 0 && all.training.rows == 10)
        #expect(all.warnings.count == 1 && all.warnings[0].contains("no row is held out"))
    }

    // MARK: Mistakes

    @Test("Without a key, or with one that others can read, there is no node")
    func keys() throws {
        let site = try Site()
        let key = site.path("state/identity.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        let open = fault(site)
        #expect(open?.code == "identity.readable-by-others" && open?.exitStatus == 77)
        try FileManager.default.removeItem(atPath: key)
        let missing = fault(site)
        #expect(missing?.code == "identity.missing" && missing?.exitStatus == 78)
    }

    @Test("A node that is not among the founders is told so")
    func stranger() throws {
        let site = try Site()
        let other = try LocalIdentity.create(in: site.path("other"))
        let error = fault(site, ["STARLING_NODE_STATE": site.path("other")])
        #expect(error?.code == "configuration.not-a-member" && error?.exitStatus == 78)
        #expect(error?.what.contains(other.nodeID.description) == true)
        #expect(error?.hint != nil)
    }

    @Test("A federation file that is missing or wrong is named, the latter with line and column")
    func federationFile() throws {
        let missing = fault(try Site(), ["STARLING_NODE_FEDERATION": "none.toml"])
        #expect(missing?.what.contains("there is no federation file at ") == true)
        #expect(missing?.exitStatus == 78)
        let wrong = fault(try Site(federation: Site.federation.with("[2, 2]", "[2, 3]")))
        #expect(wrong?.what.contains("federation.toml:6:11: ") == true)
        #expect(wrong?.exitStatus == 78)
        let secret = fault(try Site(federation: Site.federation.with("\"plain\"", "\"hidden\"")))
        #expect(secret?.what.contains("'hidden'") == true && secret?.exitStatus == 78)
    }

    @Test("A model that a trainer outside knows needs its genesis and no rows")
    func outsideModel() throws {
        let layout = try ParameterLayout([
            (name: "a", shape: [2], kind: .float16), (name: "head.b", shape: [1], kind: .float32),
        ])
        let genesis = Safetensors.encode(layout: layout, parameters: [1, 2, 3])
        let federation = Site.federation
            .with(
                "kind = \"logistic\"\nsizes = [2, 2]",
                "kind = \"tensors\"\ngenesis = \"sha256:\(Hexadecimal.text(SHA256.hash(genesis)))\"\n"
                    + "private = [\"head.*\"]\n"
                    + "[[model.tensors]]\nname = \"a\"\nshape = [2]\ndtype = \"F16\""
            )
            .with("standardise = \"federation\"\nmeans = [1, 10]\ndeviations = [2, 5]", "")
        let site = try Site(federation: federation)
        #expect(fault(site)?.what.contains("there is no genesis file") == true)
        try site.write("state/genesis.safetensors", Data(genesis))
        let used = fault(site)
        #expect(used?.code == "configuration.data-unused" && used?.exitStatus == 78)
        try site.write("starling.toml", Site.configuration.with("[data]\nfile = \"rows.csv\"", ""))
        let ready = try site.prepare()
        #expect(ready.builtIn == nil && ready.genesis == [1, 2])
        #expect(ready.layout.tensors.map(\.kind) == [.float16])
        #expect(ready.peerSettings.gossip.trainerIsOutside)
    }

    @Test("A built-in kind without rows is refused, and says where they are missed")
    func noRows() throws {
        let error = fault(
            try Site(configuration: Site.configuration.with("[data]\nfile = \"rows.csv\"", "")))
        #expect(error?.code == "configuration.no-data" && error?.exitStatus == 78)
        #expect(error?.what.contains("'file' is missing in [data]") == true)
    }

    @Test("A campaign goes on from an exported model, in which nobody's own tensors are")
    func nextCampaign() throws {
        let layout = try ParameterLayout([("layer0.weight", [2, 2])])
        let file = Safetensors.encode(layout: layout, parameters: [1, 2, 3, 4])
        let federation = Site.federation.with(
            "sizes = [2, 2]",
            "sizes = [2, 2]\nprivate = [\"*.bias\"]\n"
                + "genesis = \"sha256:\(Hexadecimal.text(SHA256.hash(file)))\"")
        let site = try Site(federation: federation)
        try site.write("state/genesis.safetensors", Data(file))
        let ready = try site.prepare()
        #expect(ready.genesis == [1, 2, 3, 4] && ready.builtIn?.ownGenesis == [0, 0])
    }

    @Test("What is private of a built-in kind is no part of what is gossiped")
    func privateOfBuiltIn() throws {
        let federation = Site.federation.with(
            "sizes = [2, 2]", "sizes = [2, 2]\nprivate = [\"*.bias\"]")
        let ready = try Site(federation: federation).prepare()
        #expect(ready.layout.tensors.map(\.name) == ["layer0.weight"])
        #expect(ready.genesis.count == 4 && ready.builtIn?.ownGenesis.count == 2)
        #expect(ready.federation.id != (try Site().prepare().federation.id))
    }

    /// What replaces what in the rows, and what is said then; line 3 is the second row.
    static let badRows: [(old: String, new: String, message: String)] = [
        ("1,yes,10", ",yes,10", "line 3, column 1 ('width'): the cell is empty"),
        ("1,yes,10", "one,yes,10", "line 3, column 1 ('width'): not a number"),
        ("1,yes,10", "1,yes,nan", "line 3, column 3 ('height'): not a finite number"),
        ("1,yes,10", "1,yes,inf", "line 3, column 3 ('height'): not a finite number"),
        ("1,yes,10", "1,maybe,10", "line 3, column 2 ('label'): a class that"),
        ("1,yes,10", "1,yes", "line 3: 2 cells, the header has 3"),
        ("width,label", "width,depth,label", "3 features, the model has 2"),
        ("width,label", "width,class", "line 1: no column is called 'label'"),
    ]

    @Test("Every bad row is named by line and column", arguments: badRows.indices)
    func badRow(index: Int) throws {
        let (old, new, message) = Self.badRows[index]
        let error = fault(try Site(data: Site.rows.with(old, new)))
        #expect(error?.what.contains(message) == true, "\(error as Any)")
        #expect(error?.exitStatus == 65)
        // Cells may be somebody's data.
        #expect(error?.description.contains("maybe") == false)
    }

    @Test("A data file without rows, or that is not there, is no data")
    func noData() throws {
        #expect(fault(try Site(data: "width,label,height\n"))?.exitStatus == 65)
        let error = fault(try Site(), ["STARLING_DATA_FILE": "none.csv"])
        #expect(error?.what.contains("there is no data file at ") == true)
        #expect(error?.exitStatus == 78)
    }

    @Test("Rows that leave the range of numbers when standardised are found before the start")
    func overflow() throws {
        let error = fault(
            try Site(
                federation: Site.federation.with("deviations = [2, 5]", "deviations = [1e-30, 5]"),
                data: Site.rows.with("1,yes,10", "1e20,yes,10")))
        #expect(error?.code == "configuration.standardised-not-finite")
        #expect(error?.exitStatus == 65)
    }

    @Test("NPY features and labels are read; a label beyond the classes is not")
    func npy() throws {
        let site = try Site(
            configuration: Site.configuration.with("rows.csv\"", "x.npy\"\nlabels = \"y.npy\""))
        let values = (0..<8).map { Float($0) }
        try site.write("x.npy", npy("<f4", "(4, 2)", values.flatMap { bytes($0.bitPattern) }))
        try site.write("y.npy", npy("|u1", "(4,)", [0, 1, 0, 1]))
        let ready = try site.prepare()
        #expect(ready.training.rows == 3 && ready.holdout.rows == 1)
        try site.write("y.npy", npy("|u1", "(4,)", [0, 1, 2, 1]))
        let error = fault(site)
        #expect(error?.code == "learning.bad-label" && error?.exitStatus == 65)
    }

    private func bytes(_ word: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }

    private func npy(_ kind: String, _ shape: String, _ body: [UInt8]) -> Data {
        let text = "{'descr': '\(kind)', 'fortran_order': False, 'shape': \(shape), }"
        let padded = text + String(repeating: " ", count: 117 - text.count) + "\n"
        return Data([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8) + body)
    }

    // MARK: Genesis

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }

    private func siteStarting(from file: [UInt8]) throws -> Site {
        let site = try Site(
            federation: Site.federation.with(
                "sizes = [2, 2]",
                "sizes = [2, 2]\ngenesis = \"sha256:\(hexadecimal(SHA256.hash(file)))\""))
        try site.write("state/genesis.safetensors", Data(file))
        return site
    }

    @Test("A genesis file is brought into the model's order, and must be the very file")
    func genesis() throws {
        let turned = try ParameterLayout([("layer0.bias", [2]), ("layer0.weight", [2, 2])])
        let file = Safetensors.encode(
            layout: turned, parameters: [5, 6, 1, 2, 3, 4], metadata: [:])
        let site = try siteStarting(from: file)
        #expect(try site.prepare().genesis == [1, 2, 3, 4, 5, 6])

        try site.write("state/genesis.safetensors", Data(file + [0]))
        let other = fault(site)
        #expect(other?.code == "configuration.other-genesis" && other?.exitStatus == 78)
        try FileManager.default.removeItem(atPath: site.path("state/genesis.safetensors"))
        #expect(fault(site)?.what.contains("there is no genesis file at ") == true)
    }

    @Test("A genesis of another shape, or not finite, is refused")
    func wrongGenesis() throws {
        let short = try ParameterLayout([("layer0.bias", [2])])
        let lacking = Safetensors.encode(layout: short, parameters: [1, 2], metadata: [:])
        #expect(fault(try siteStarting(from: lacking))?.exitStatus == 65)
        #expect(fault(try siteStarting(from: [1, 2, 3]))?.exitStatus == 65)
        let layout = try Architecture(sizes: [2, 2]).layout
        let sick = Safetensors.encode(
            layout: layout, parameters: [1, 2, .nan, 4, 5, 6], metadata: [:])
        #expect(fault(try siteStarting(from: sick))?.code == "configuration.genesis-not-finite")
    }
}
