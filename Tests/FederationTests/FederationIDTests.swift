// Room:  FederationTests.
// Task:  the federation ID follows the meaning of a file and nothing else.
// May:   Testing.
// Proof: itself

import Federation
import Identity
import Testing

@Suite struct FederationIDTests {
    let base = Sample.full

    func id(_ text: String) throws -> FederationID { try FederationFile.parse(text).id }

    /// Spellings of one meaning.
    @Test func comments_order_and_spelling_do_not_matter() throws {
        let expected = try id(base)
        let lines = base.split(separator: "\n", omittingEmptySubsequences: false)
        let spaced = lines.map { $0 + "   # a comment" }.joined(separator: "\n\n")
        var blocks = base.split(separator: "\n\n").map(String.init)
        let founders = blocks.suffix(2)
        let top = blocks.removeFirst()
        let shuffled = ([top] + founders.reversed() + blocks.dropLast(2).reversed())
            .joined(separator: "\n")
        let turned = blocks.dropLast(2).map { block in
            let lines = block.split(separator: "\n")
            return ([lines[0]] + lines.dropFirst().reversed()).joined(separator: "\n")
        }
        let spellings: [String] = [
            spaced,
            shuffled,
            ([top] + turned + founders).joined(separator: "\n\n"),
            base.replacing("\n", with: "\r\n"),
            "\u{FEFF}" + base,
            base.with("rate = 0.1", "rate = 1e-1"),
            base.with("rate = 0.1", "rate = 0.100_0"),
            base.with("agreement = 1e-4", "agreement = 0.0001"),
            base.with("means = [1, 2.5, -3e0]", "means = [\n  1.0, # one\n  25e-1,\n  -3,\n]"),
            base.with("rounds = 200", "rounds = 0xC8"),
            base.with("steps = 10", "steps = +1_0"),
            base.with("name = \"thyroid\"", "name = 'thyroid'"),
            base.with("name = \"thyroid\"", "\"name\" = \"\"\"thy\\\n     roid\"\"\""),
            base.with("name = \"thyroid\"", "name = \"th\\u0079roid\""),
            base.with("name = \"thyroid\"", "privacy.mode = \"plain\"\nname = \"thyroid\"")
                .with("[privacy]\nmode = \"plain\"\n", ""),
            base.with("name = \"thyroid\"", "membership = { quorum = 0.6 }\nname = \"thyroid\"")
                .with("[membership]\nquorum = 0.6\n", ""),
            base.with("alice.example:7447", "ALICE.Example:7447"),
            base.with(
                "\"alice.example:7447\", \"[2001:db8::1]:7447\"",
                "\"[2001:DB8::1]:7447\", \"alice.example:7447\""),
            base.with("\(Sample.id(2))", "\(Sample.id(2))".uppercased().replacing("-", with: " ")),
            base.with("addresses = []\n", ""),
            try FederationFile.parse(base).render(),
        ]
        for spelling in spellings {
            #expect(try id(spelling) == expected, "\(spelling)")
        }
    }

    @Test func defaults_written_out_do_not_matter() throws {
        let expected = try id(Sample.least)
        #expect(try id(FederationFile.parse(Sample.least).render()) == expected)
        for (key, value) in [
            ("rounds", "300"), ("steps", "5"), ("batch", "32"), ("rate", "0.3"), ("momentum", "0"),
            ("momentum", "-0.0"), ("weight_decay", "0"), ("schedule", "\"step\""),
            ("weight", "\"equal\""),
        ] {
            #expect(try id("\(Sample.least)[training]\n\(key) = \(value)") == expected, "\(key)")
        }
        for (key, value) in [
            ("exchanges", "2"), ("view", "7"), ("fraction", "0.03"), ("minimum", "64"),
            ("values", "\"q4\""), ("correction", "true"), ("agreement", "1e-3"),
        ] {
            #expect(try id("\(Sample.least)[gossip]\n\(key) = \(value)") == expected, "\(key)")
        }
    }

    /// One character or so of meaning each, at least one for each key.
    static let changes: [(String, String)] = [
        ("\"thyroid\"", "\"Thyroid\""), ("malignant or not", "malignant or no"),
        ("description = \"Nodules, malignant or not\"\n", ""),
        ("sizes = [3, 4, 2]", "sizes = [3, 5, 2]"), ("sizes = [3, 4, 2]", "sizes = [3, 4, 4, 2]"),
        ("seed = 7", "seed = 8"), ("seed = 7\n", ""),
        ("seed = 7", "genesis = \"sha256:\(String(repeating: "00", count: 32))\""),
        ("seed = 7", "genesis = \"sha256:\(String(repeating: "00", count: 31))01\""),
        ("\"benign\", \"malignant\"", "\"malignant\", \"benign\""), ("\"benign\"", "\"benigh\""),
        ("label = \"diagnosis\"", "label = \"diagnoses\""), ("label = \"diagnosis\"\n", ""),
        ("means = [1,", "means = [1.0000000000000002,"), ("means = [1,", "means = [-1,"),
        ("deviations = [0.5, 1.0", "deviations = [1.0, 0.5"),
        (
            "standardise = \"federation\"\nmeans = [1, 2.5, -3e0]\ndeviations = [0.5, 1.0, 2]",
            "standardise = \"local\""
        ),
        (
            "standardise = \"federation\"\nmeans = [1, 2.5, -3e0]\ndeviations = [0.5, 1.0, 2]",
            "standardise = \"none\""
        ),
        ("rounds = 200", "rounds = 201"), ("steps = 10", "steps = 11"),
        ("batch = 16", "batch = 17"), ("rate = 0.1", "rate = 0.2"),
        ("momentum = 0.5", "momentum = 0"), ("weight_decay = 0.001", "weight_decay = 0"),
        ("\"cosine\"", "\"step\""), ("\"cosine\"", "\"constant\""), ("\"rows\"", "\"equal\""),
        ("exchanges = 3", "exchanges = 2"), ("view = 5", "view = 7"),
        ("fraction = 0.1", "fraction = 0.03"), ("minimum = 32", "minimum = 64"),
        ("\"q8\"", "\"q4\""), ("\"q8\"", "\"bf16\""), ("\"q8\"", "\"f32\""),
        ("correction = false", "correction = true"), ("1e-4", "1e-3"),
        ("quorum = 0.6", "quorum = 0.5"), ("quorum = 0.6", "quorum = 0.6\nshare_metrics = false"),
        ("name = \"alice\"", "name = \"alicia\""),
        ("name = \"bob\"\nid = \"\(Sample.id(2))\"", "name = \"bob\"\nid = \"\(Sample.id(3))\""),
        ("alice.example:7447", "alice.example:7448"), ("\"alice.example:7447\", ", ""),
        ("addresses = []", "addresses = [\"bob.example:7447\"]"),
        ("[[founders]]\nname = \"bob\"\nid = \"\(Sample.id(2))\"\naddresses = []\n", ""),
    ]

    @Test func every_change_of_meaning_changes_it() throws {
        var seen: [FederationID: String] = [try id(base): "nothing"]
        for (old, new) in Self.changes {
            let other = seen.updateValue("\(old) -> \(new)", forKey: try id(base.with(old, new)))
            #expect(other == nil, "\(old) -> \(new) has the ID of: \(other ?? "")")
        }
    }

    @Test func the_kind_of_model_counts_even_where_the_numbers_agree() throws {
        let tensors = Sample.tensors.with("shape = [3, 3, 1, 8]", "shape = [3, 3, 8, 1]")
        #expect(try id(tensors) != id(Sample.tensors))
        #expect(try id(Sample.tensors.with("\"scale\"", "\"scales\"")) != id(Sample.tensors))
        #expect(try id(Sample.tensors.with("\"sha256:0f", "\"sha256:0e")) != id(Sample.tensors))
    }

    @Test func the_list_of_private_tensors_and_their_kinds_count() throws {
        let ids = try ["", "private = [\"head.*\"]", "private = [\"head.*\", \"tail.*\"]"].map {
            try id(Sample.tensors.with("\"tensors\"", "\"tensors\"\n\($0)"))
        }
        #expect(Set(ids).count == 3)
        #expect(try ids[0] == id(Sample.tensors))
        let half = Sample.tensors.with("\"scale\"", "\"scale\"\ndtype = \"F16\"")
        let brain = Sample.tensors.with("\"scale\"", "\"scale\"\ndtype = \"BF16\"")
        let single = Sample.tensors.with("\"scale\"", "\"scale\"\ndtype = \"F32\"")
        #expect(try Set([id(half), id(brain), id(single)]).count == 3)
        #expect(try id(single) == id(Sample.tensors))
    }

    /// A vector, computed by a second implementation from the README's page alone. The canonical form
    /// may only change together with its version.
    @Test func a_known_file_has_a_known_ID() throws {
        #expect(
            try id(Sample.least).description
                == "3jf2kei-afgzphe-h7qq3za-trzjgal-amnej4s-poll66i-dkymyeb-tahw2ax")
        let canonical = try FederationFile.parse(Sample.least).canonical
        #expect(SHA256.hash(canonical) == (try id(Sample.least)).bytes)
        #expect(canonical.starts(with: [0x73, 0, 0, 0, 0, 0, 0, 0, 21] + Array("starling.f".utf8)))
    }

    @Test func random_files_have_IDs_of_their_own() throws {
        var seen: Set<FederationID> = []
        for seed in 0..<300 as Range<UInt64> {
            #expect(seen.insert(try randomFile(seed).id).inserted, "seed \(seed)")
        }
    }

    @Test func its_text_reads_back_and_a_mistyped_one_does_not() throws {
        let id = try id(base)
        #expect(FederationID(text: id.description) == id)
        #expect(FederationID(bytes: id.bytes) == id)
        #expect(FederationID(bytes: []) == nil)
        let first = id.description.first == "a" ? "b" : "a"
        #expect(FederationID(text: first + id.description.dropFirst()) == nil)
        #expect(id.short == String(id.description.replacing("-", with: "").prefix(8)))
    }
}
