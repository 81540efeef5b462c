// Room:  FederationTests.
// Task:  federation files as values: what is read, what is assumed, what is written.
// May:   Testing, Foundation to read the example.
// Proof: itself

import Federation
import Foundation
import Identity
import Model
import Testing

@Suite struct FederationFileTests {
    @Test func every_key_is_read() throws {
        let file = try FederationFile.parse(Sample.full)
        #expect(file.name == "thyroid")
        #expect(file.description == "Nodules, malignant or not")
        #expect(file.model.kindName == "perceptron")
        #expect(file.architecture?.sizes == [3, 4, 2])
        #expect(file.model.genesis == .seed(7))
        #expect(file.layout.count == 3 * 4 + 4 + 4 * 2 + 2)
        #expect(file.data.classes == ["benign", "malignant"])
        #expect(file.data.label == "diagnosis")
        #expect(
            file.data.standardisation
                == .federation(means: [1, 2.5, -3], deviations: [0.5, 1, 2]))
        #expect(file.training.rounds == 200)
        #expect(file.training.steps == 10)
        #expect(file.training.batch == 16)
        #expect(file.training.rate == 0.1)
        #expect(file.training.momentum == 0.5)
        #expect(file.training.weightDecay == 0.001)
        #expect(file.training.schedule == .cosine)
        #expect(file.training.weight == .rows)
        #expect(file.gossip.exchanges == 3)
        #expect(file.gossip.view == 5)
        #expect(file.gossip.fraction == 0.1)
        #expect(file.gossip.minimum == 32)
        #expect(file.gossip.values == .q8)
        #expect(!file.gossip.correction)
        #expect(file.gossip.agreement == 1e-4)
        #expect(file.privacy == .plain)
        #expect(file.quorum == 0.6)
        #expect(
            file.founders == [
                Founder(
                    name: "alice", id: Sample.id(1),
                    addresses: ["alice.example:7447", "[2001:db8::1]:7447"]),
                Founder(name: "bob", id: Sample.id(2)),
            ])
    }

    @Test func what_is_left_out_is_at_its_default() throws {
        let file = try FederationFile.parse(Sample.least)
        #expect(file.description == "")
        #expect(file.model.kindName == "logistic")
        #expect(file.model.genesis == .seed(1))
        #expect(file.data.label == "label")
        #expect(file.training == FederationTraining())
        #expect(file.gossip == FederationGossip())
        #expect(file.quorum == 0.5)
        #expect(file.training.rounds == 300 && file.training.rate == 0.3)
        #expect(file.gossip.fraction == 0.03 && file.gossip.values == .q4)
    }

    @Test func tensors_have_a_layout_and_a_genesis_file_and_no_architecture() throws {
        let file = try FederationFile.parse(Sample.tensors)
        #expect(file.architecture == nil)
        #expect(file.genesis == nil)
        #expect(file.layout.tensors.map(\.name) == ["convolution", "scale"])
        #expect(file.layout.count == 73)
        #expect(file.model.genesis == .file(hash: [UInt8](repeating: 15, count: 32)))
        #expect(file.data.standardisation == .unchanged)
    }

    @Test func a_built_in_kind_may_start_from_a_file_as_the_next_campaign_does() throws {
        let digits = String(repeating: "A5", count: 32)
        let file = try FederationFile.parse(
            Sample.full.with("seed = 7", "genesis = \"sha256:\(digits)\""))
        #expect(file.model.genesis == .file(hash: [UInt8](repeating: 0xA5, count: 32)))
        #expect(file.genesis == nil)
        #expect(file.architecture != nil)
    }

    @Test func genesis_is_the_architectures() throws {
        let file = try FederationFile.parse(Sample.full)
        #expect(file.genesis == (try Architecture(sizes: [3, 4, 2])).genesis(seed: 7))
        #expect(file.genesis?.count == file.layout.count)
    }

    @Test func what_is_private_is_no_part_of_the_layout() throws {
        let file = try FederationFile.parse(
            Sample.full.with("seed = 7", "seed = 7\nprivate = [\"*.bias\"]"))
        #expect(file.layout.tensors.map(\.name) == ["layer0.weight", "layer1.weight"])
        #expect(file.layout.count == 3 * 4 + 4 * 2)
        #expect(file.model.split?.own.map(\.name) == ["layer0.bias", "layer1.bias"])
    }

    @Test func what_is_rendered_parses_back_to_an_equal_value() throws {
        let more = [
            Sample.full.with("seed = 7", "seed = 7\nprivate = [\"*.bias\", \"layer1.?*\"]"),
            Sample.tensors.with("\"scale\"", "\"scale\"\ndtype = \"BF16\"")
                .with("\"tensors\"", "\"tensors\"\nprivate = [\"head.*\"]"),
        ]
        for text in [Sample.full, Sample.least, Sample.tensors] + more {
            let file = try FederationFile.parse(text)
            #expect(try FederationFile.parse(file.render()) == file, "\(file.render())")
        }
    }

    @Test func random_values_render_and_parse_back() throws {
        for seed in 0..<200 as Range<UInt64> {
            let file = try randomFile(seed)
            let text = file.render()
            #expect(try FederationFile.parse(text) == file, "seed \(seed)")
            #expect(try FederationFile.parse(text).id == file.id, "seed \(seed)")
            let lists = text.split(separator: "\n").filter { $0.hasPrefix("    ") }
            #expect(lists.allSatisfy { $0.count <= 100 }, "seed \(seed)")
        }
    }

    @Test func a_rendered_file_says_what_plain_does_not_protect_from() throws {
        let text = try FederationFile.parse(Sample.least).render()
        #expect(
            text.contains(
                "# plain does not hide what you send: "
                    + "peers can learn about your data from your updates"))
    }

    @Test func making_one_is_comfortable() throws {
        let file = try FederationFile.make(
            name: "digits",
            founders: ["alice=\(Sample.id(1))@Alice.Example:7447", "bob=\(Sample.id(2))"],
            sizes: [64, 32, 10])
        #expect(file.data.classes == (0..<10).map(String.init))
        #expect(file.founders.map(\.addresses) == [["alice.example:7447"], []])
        #expect(try FederationFile.parse(file.render()) == file)
    }

    @Test func making_a_wrong_one_names_the_value() {
        func code(_ make: () throws -> FederationFile) -> String? {
            do {
                _ = try make()
                return nil
            } catch let error as FederationError {
                return error.description
            } catch {
                return "\(error)"
            }
        }
        let founder = "alice=\(Sample.id(1))@a:1"
        var training = FederationTraining()
        training.rate = .nan
        #expect(
            code {
                try .make(name: "x", founders: [founder], sizes: [2, 2], training: training)
            } == "training.rate: 'rate' must be above 0 and at most 100, this is nan "
                + "(federation.invalid)")
        #expect(
            code { try .make(name: "x", founders: [], sizes: [2, 2]) }
                == "founders: there are no founders (federation.invalid)")
        #expect(
            code { try .make(name: "x", founders: [founder], sizes: [2, 1]) }?
                .hasPrefix("model.sizes[1]: the last of 'sizes'") == true)
        #expect(
            code { try .make(name: "x", founders: [founder], sizes: [2, 2], seed: .max) }?
                .hasPrefix("model.seed: ") == true)
    }

    /// The file in the repository's `config` folder.
    @Test func the_example_loads_and_its_founders_are_the_test_keys() throws {
        let path = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("config/federation.toml")
        let text = try String(contentsOf: path, encoding: .utf8)
        let file = try FederationFile.parse(text, file: "config/federation.toml")
        #expect(file.founders.map(\.id) == [Sample.id(1), Sample.id(2), Sample.id(3)])
        #expect(file.founders.map(\.name) == ["alice", "bob", "carol"])
        #expect(file.architecture?.sizes == [64, 32, 10])
        #expect(file.training == FederationTraining())
        #expect(file.gossip == FederationGossip())
        #expect(text.contains(PrivacyMode.plain.warning))
        #expect(try FederationFile.parse(file.render()) == file)
    }
}

/// A valid file drawn by a seed; names and classes hold whatever may be printed.
func randomFile(_ seed: UInt64) throws -> FederationFile {
    var generator = SeededGenerator(seed: seed)
    let letters = Array("abz \"\\#'[]{}=.,éü漢🐦0")
    func word(_ generator: inout SeededGenerator) -> String {
        let middle = (0...generator.below(20)).map { _ in letters[generator.below(letters.count)] }
        return "n" + String(middle) + "n"
    }
    func positive(_ generator: inout SeededGenerator) -> Double {
        generator.below(4) == 0 ? Double(1 + generator.below(5)) : generator.uniform() + 1e-9
    }
    let inputs = 1 + generator.below(30)
    let classes = 2 + generator.below(6)
    let sizes = generator.below(2) == 0 ? [inputs, classes] : [inputs, 5, classes]
    var training = FederationTraining()
    training.rounds = 1 + generator.below(1000)
    training.rate = positive(&generator) * 1e-5
    training.momentum = generator.uniform()
    training.schedule = RateSchedule.allCases[generator.below(3)]
    training.weight = NodeWeight.allCases[generator.below(2)]
    var gossip = FederationGossip()
    gossip.values = DeltaValues.allCases[generator.below(4)]
    gossip.correction = generator.below(2) == 0
    gossip.agreement = min(1, positive(&generator) * 1e-7)
    let rules: [FederationData.Standardisation] = [
        .local, .unchanged,
        .federation(
            means: (0..<inputs).map { _ in (generator.uniform() - 0.5) * 1e9 },
            deviations: (0..<inputs).map { _ in positive(&generator) }),
    ]
    let founders = (0...generator.below(5)).map { index in
        Founder(
            name: word(&generator).replacing("=", with: "-") + "\(index)",
            id: Sample.id(UInt8(index)),
            addresses: (0..<(index == 0 ? 1 : generator.below(3))).map { "h\(index)-\($0).x:7447" })
    }
    return try FederationFile(
        name: word(&generator),
        description: generator.below(2) == 0 ? "" : "two\nlines\twith \"it\"",
        model: FederationModel(
            kind: .network(try Architecture(sizes: sizes)),
            genesis: generator.below(2) == 0
                ? .seed(generator.next() >> 1)
                : .file(hash: (0..<32).map { _ in UInt8(generator.below(256)) })),
        data: FederationData(
            classes: (0..<classes).map { word(&generator) + "\($0)" }, label: word(&generator),
            standardisation: rules[generator.below(3)]),
        training: training, gossip: gossip, quorum: 0.5 + generator.uniform() / 2,
        sharesMetrics: generator.uniform() < 0.5,
        founders: founders)
}
