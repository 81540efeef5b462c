// Room:  FederationTests.
// Task:  every mistake in a federation file, with its line and column; no text crashes.
// May:   Testing.
// Proof: itself

import Federation
import Identity
import Model
import Testing

@Suite struct FederationFileErrorTests {
    struct Mistake: Sendable {
        let old: String
        let new: String
        let line: Int
        let column: Int
        let says: String
    }

    static func mistake(
        _ old: String, _ new: String, _ line: Int, _ column: Int, _ says: String
    ) -> Mistake {
        Mistake(old: old, new: new, line: line, column: column, says: says)
    }

    static let genesis = "genesis = \"sha256:\(String(repeating: "00", count: 32))\""
    static let bob = "name = \"bob\"\nid = \"\(Sample.id(2))\"\naddresses = []"

    static let mistakes: [Mistake] = [
        mistake("name = \"thyroid\"", "name = thyroid", 1, 9, "error while parsing"),
        mistake("name = \"thyroid\"\n", "", 1, 1, "'name' is missing"),
        mistake("\"thyroid\"", "\"\"", 1, 8, "'name' must have 1 to 64"),
        mistake("\"thyroid\"", "\" x\"", 1, 8, "'name' must have 1 to 64"),
        mistake("\"thyroid\"", "\"a\\u202Eb\"", 1, 8, "'name' must have 1 to 64"),
        mistake(
            "\"thyroid\"", "\"\(String(repeating: "x", count: 65))\"", 1, 8,
            "'name' must have 1 to 64"),
        mistake("\"thyroid\"", "7", 1, 8, "'name' must be a string, this is a whole number"),
        mistake("Nodules", "\\u0007", 2, 15, "'description' must have at most 4000"),
        mistake("description", "desription", 2, 1, "unknown key 'desription'"),
        mistake("[model]", "[modell]", 4, 1, "unknown key 'modell'"),
        mistake("kind = \"perceptron\"", "kind = \"perceptorn\"", 5, 8, "'kind' must be one of"),
        mistake("kind = \"perceptron\"\n", "", 4, 1, "'kind' is missing in [model]"),
        mistake(
            "\"perceptron\"", "\"logistic\"", 6, 9, "kind \"logistic\" has two sizes, this has 3"),
        mistake("[3, 4, 2]", "[3, 2]", 6, 9, "kind \"perceptron\" has three or more sizes"),
        mistake("[3, 4, 2]", "[3]", 6, 9, "'sizes' must have 2 to 64 entries, this has 1"),
        mistake("[3, 4, 2]", "[3, 0, 2]", 6, 13, "each of 'sizes' must be 1 to"),
        mistake("[3, 4, 2]", "[3, -4, 2]", 6, 13, "each of 'sizes' must be 1 to"),
        mistake("[3, 4, 2]", "[3, 4.5, 2]", 6, 13, "each of 'sizes' must be a whole number"),
        mistake("[3, 4, 2]", "[3, 4, 1]", 6, 16, "the last of 'sizes' is the number of classes"),
        mistake("[3, 4, 2]", "[16777216, 16777216, 2]", 6, 9, "with tensor 'layer0.weight'"),
        mistake("sizes = [3, 4, 2]\n", "", 4, 1, "'sizes' is missing in [model]"),
        mistake("seed = 7", "seed = -1", 7, 8, "'seed' must be 0 to"),
        mistake("seed = 7", "seed = 9223372036854775808", 7, 27, "error while parsing"),
        mistake(
            "seed = 7", "genesis = \"sha256:00\"", 7, 11, "'genesis' must be \"sha256:\" and 64"),
        mistake("seed = 7", "seed = 7\n\(genesis)", 7, 8, "not from both"),
        mistake("seed = 7", "tensors = [{ name = \"x\" }]", 7, 11, "has no tensors of its own"),
        mistake(
            "\"benign\", \"malignant\"", "\"benign\"", 10, 11,
            "the model has 2 classes, 'classes' names 1"),
        mistake("\"malignant\"]", "\"benign\"]", 10, 22, "two classes are called 'benign'"),
        mistake("\"malignant\"]", "\"\"]", 10, 22, "the name of a class must have"),
        mistake("\"malignant\"]", "2]", 10, 22, "each of 'classes' must be a string"),
        mistake(
            "classes = [\"benign\", \"malignant\"]\n", "", 9, 1, "'classes' is missing in [data]"),
        mistake(
            "label = \"diagnosis\"", "lable = \"diagnosis\"", 11, 1, "unknown key 'lable' in [data]"
        ),
        mistake("\"diagnosis\"", "\"\"", 11, 9, "'label' must have"),
        mistake("\"federation\"", "\"federal\"", 12, 15, "'standardise' must be one of"),
        mistake("\"federation\"", "\"local\"", 13, 9, "does not use 'means' and 'deviations'"),
        mistake("means = [1, 2.5, -3e0]\n", "", 12, 15, "'means' is missing in [data]"),
        mistake(
            "standardise = \"federation\"\nmeans = [1, 2.5, -3e0]\ndeviations = [0.5, 1.0, 2]\n",
            "", 9,
            1, "'means' is missing in [data]"),
        mistake(
            "[1, 2.5, -3e0]", "[1, 2.5]", 13, 9, "one number for each of the 3 inputs, this has 2"),
        mistake("-3e0]", "1e39]", 13, 18, "must hold finite 32-bit numbers"),
        mistake("-3e0]", "-inf]", 13, 18, "must hold finite numbers"),
        mistake("[0.5, 1.0, 2]", "[0.5, 0, 2]", 14, 20, "a deviation must be above 0, this is 0.0"),
        mistake("[0.5, 1.0, 2]", "[0.5, -1, 2]", 14, 20, "a deviation must be above 0"),
        mistake("rounds = 200", "rounds = 0", 17, 10, "'rounds' must be 1 to"),
        mistake("rounds = 200", "rounds = 1.5", 17, 10, "'rounds' must be a whole number"),
        mistake("steps = 10", "step = 10", 18, 1, "unknown key 'step' in [training]"),
        mistake("steps = 10", "steps = 100001", 18, 9, "'steps' must be 1 to"),
        mistake("batch = 16", "batch = 0", 19, 9, "'batch' must be 1 to"),
        mistake("rate = 0.1", "rate = 0", 20, 8, "'rate' must be above 0"),
        mistake("rate = 0.1", "rate = nan", 20, 8, "'rate' must be finite"),
        mistake("rate = 0.1", "rate = 101", 20, 8, "'rate' must be above 0"),
        mistake("momentum = 0.5", "momentum = 1", 21, 12, "'momentum' must be at least 0"),
        mistake(
            "weight_decay = 0.001", "weight_decay = -1", 22, 16, "'weight_decay' must be 0 to 1"),
        mistake("weight_decay", "weightdecay", 22, 1, "unknown key 'weightdecay' in [training]"),
        mistake("\"cosine\"", "\"cosinus\"", 23, 12, "'schedule' must be one of"),
        mistake("\"rows\"", "\"row\"", 24, 10, "'weight' must be one of"),
        mistake("exchanges = 3", "exchanges = 0", 27, 13, "'exchanges' must be 1 to 100"),
        mistake("view = 5", "view = 0", 28, 8, "'view' must be 1 to"),
        mistake("fraction = 0.1", "fraction = 1.1", 29, 12, "'fraction' must be above 0"),
        mistake("minimum = 32", "minimum = 0", 30, 11, "'minimum' must be 1 to"),
        mistake("\"q8\"", "\"q5\"", 31, 10, "'values' must be one of"),
        mistake(
            "correction = false", "correction = \"no\"", 32, 14, "'correction' must be true or"),
        mistake("1e-4", "0", 33, 13, "'agreement' must be above 0"),
        mistake(
            "mode = \"plain\"", "mode = \"secure\"", 36, 8,
            "mode 'secure' is not known to this version"),
        mistake(
            "mode = \"plain\"", "mode = \"robust\"", 36, 8,
            "mode 'robust' is not known to this version"),
        mistake("mode = \"plain\"", "", 35, 1, "'mode' is missing in [privacy]"),
        mistake("quorum = 0.6", "quorum = 0.49", 39, 10, "'quorum' must be at least 0.5"),
        mistake("quorum = 0.6", "quorum = 1", 39, 10, "'quorum' must be at least 0.5"),
        mistake("name = \"alice\"", "name = \"bob\"", 47, 8, "two founders are called 'bob'"),
        mistake("name = \"alice\"", "name = \"a=b\"", 42, 8, "a founder's name has 1 to 64"),
        mistake("name = \"alice\"\n", "", 41, 1, "'name' is missing in [[founders]]"),
        mistake("id = \"\(Sample.id(1))\"\n", "", 41, 1, "'id' is missing in [[founders]]"),
        mistake(
            "\"\(Sample.id(1))\"", "\"abc\"", 43, 6,
            "a node ID has 56 letters and digits, this has 3"),
        mistake(
            "\"\(Sample.id(2))\"", "\"\(Sample.id(1))\"", 48, 6, "'bob' has the node ID of 'alice'"),
        mistake("\"[2001:db8::1]:7447\"", "\"host\"", 44, 36, "'host' is no address"),
        mistake(
            "\"[2001:db8::1]:7447\"", "\"Alice.example:7447\"", 44, 36,
            "is an address of 'alice' already"),
        mistake(
            "\"alice.example:7447\", \"[2001:db8::1]:7447\"", "", 41, 1, "no founder has an address"
        ),
        mistake("addresses = []", "address = []", 49, 1, "unknown key 'address' in [[founders]]"),
        mistake(
            "[[founders]]\nname = \"alice\"", "[founders]\nname = \"alice\"", 46, 1, "error while"),
    ]

    @Test func each_has_its_line_and_column() {
        for mistake in Self.mistakes {
            do {
                let file = try FederationFile.parse(Sample.full.with(mistake.old, mistake.new))
                Issue.record("\(mistake.new) passed: \(file.name)")
            } catch {
                guard case .text(let fault) = error else {
                    Issue.record("\(error)")
                    continue
                }
                let place = "\(fault.line ?? 0):\(fault.column ?? 0)"
                #expect(place == "\(mistake.line):\(mistake.column)", "\(mistake.new): \(error)")
                #expect(fault.message.contains(mistake.says), "\(mistake.new): \(error)")
                #expect(error.exitStatus == 78)
                #expect(error.what.hasPrefix("federation.toml:\(place): "))
            }
        }
    }

    @Test func a_missing_section_is_told_at_the_end() {
        let text = Sample.least.with("[privacy]\nmode = \"plain\"\n", "")
        #expect {
            try FederationFile.parse(text)
        } throws: { error in
            "\(error)".contains("'mode' is missing in [privacy]")
        }
    }

    @Test func an_unknown_mode_is_refused_by_name_with_what_plain_does_not_do() {
        do {
            _ = try FederationFile.parse(Sample.least.with("\"plain\"", "\"secure\""))
            Issue.record("passed")
        } catch {
            #expect(error.hint?.contains("peers can learn about your data") == true)
        }
    }

    @Test func tensors_have_rules_of_their_own() {
        for (old, new, says) in [
            ("genesis = ", "genesys = ", "unknown key 'genesys'"),
            ("kind = \"tensors\"", "kind = \"tensors\"\nsizes = [2, 2]", "has no sizes"),
            ("\"scale\"", "\"convolution\"", "two tensors are called 'convolution'"),
            ("[3, 3, 1, 8]", "[3, 0, 1, 8]", "every dimension must be at least 1"),
            ("sha256:0f", "sha256:0g", "64 hexadecimal digits"),
            ("sha256:0f", "sha256:+f", "64 hexadecimal digits"),
            ("sha256:0f", "md5:0f", "64 hexadecimal digits"),
            ("\"scale\"", "\"scale\"\ndtype = \"F64\"", "F64; only F32, F16 and BF16"),
            ("\"scale\"", "\"scale\"\ndtype = \"half\"", "'dtype' must be one of"),
            ("\"tensors\"", "\"tensors\"\nprivate = [\"sc*\"]", "makes tensor 'scale' private"),
            ("\"tensors\"", "\"tensors\"\nprivate = [\"\"]", "must not be empty"),
            (
                "[privacy]", "[training]\nweight = \"rows\"\n[privacy]",
                "does not know how many rows"
            ),
        ] {
            #expect {
                try FederationFile.parse(Sample.tensors.with(old, new))
            } throws: { error in
                "\(error)".contains(says)
            }
        }
    }

    @Test func private_tensors_of_a_built_in_kind_are_some_of_its_own() {
        for (pattern, says) in [
            ("head.*", "no tensor is called 'head.*'"), ("*", "every tensor is private"),
        ] {
            #expect {
                try FederationFile.parse(
                    Sample.full.with("seed = 7", "seed = 7\nprivate = [\"\(pattern)\"]"))
            } throws: { error in
                "\(error)".contains(says)
            }
        }
    }

    /// Bytes changed, dropped, doubled, pieces swapped: an error or a valid file, never a crash; and
    /// what is valid renders and parses back.
    @Test func two_thousand_mutated_texts_never_crash() throws {
        let samples = [Sample.full, Sample.least, Sample.tensors, TOMLLocatorTests.text]
        let spice = Array("\"'[]{}=.,#\n\\u0 \t-+_eE:\r".utf8) + [0, 0x80, 0xC3, 0xEF, 0xFF]
        var refused = 0
        for seed in 0..<2000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var bytes = Array(samples[generator.below(samples.count)].utf8)
            for _ in 0...generator.below(6) {
                let place = generator.below(bytes.count)
                switch generator.below(5) {
                case 0: bytes[place] = spice[generator.below(spice.count)]
                case 1: bytes.insert(spice[generator.below(spice.count)], at: place)
                case 2:
                    bytes.removeSubrange(place..<min(bytes.count, place + 1 + generator.below(9)))
                case 3: bytes.swapAt(place, generator.below(bytes.count))
                default:
                    let end = min(bytes.count, place + generator.below(60))
                    bytes.insert(contentsOf: bytes[place..<end], at: generator.below(bytes.count))
                }
                if bytes.isEmpty { break }
            }
            do {
                let file = try FederationFile.parse(String(decoding: bytes, as: UTF8.self))
                #expect(try FederationFile.parse(file.render()) == file, "seed \(seed)")
            } catch {
                refused += 1
                #expect(error.exitStatus == 78, "seed \(seed)")
            }
        }
        #expect((1000..<2000).contains(refused))
    }
}
