// Room:  IdentityTests.
// Task:  node IDs: their order, their text, and every mistyping that must be caught.
// May:   Testing.
// Proof: itself

import Identity
import Testing

@Suite struct NodeIDTests {
    /// 32 bytes that depend on `seed` in every bit.
    static func id(_ seed: UInt8) -> NodeID {
        NodeID(publicKey: [UInt8](repeating: seed, count: 32))
    }

    @Test func text_reads_back_for_many_IDs() throws {
        for seed in 0...UInt8.max {
            let id = Self.id(seed)
            #expect(try NodeID(text: id.description) == id, "seed \(seed)")
        }
    }

    @Test func text_has_eight_groups_of_seven() {
        let groups = Self.id(1).description.split(separator: "-")
        #expect(groups.count == 8)
        #expect(groups.allSatisfy { $0.count == 7 })
    }

    @Test func text_is_a_known_one() throws {
        // The hash of 32 zero bytes begins with 66687aad f862bd77; base32 by RFC 4648.
        let id = Self.id(0)
        #expect(id.short == "mzuhvlpy")
        #expect(id.description.hasPrefix("mzuhvlp-ymk6xo"))
        #expect(id.bytes.prefix(4) == [0x66, 0x68, 0x7A, 0xAD])
    }

    @Test func case_dashes_and_blanks_do_not_matter() throws {
        let id = Self.id(2)
        let plain = id.description.replacing("-", with: "")
        for text in [
            plain, plain.uppercased(), id.description.replacing("-", with: " "),
            " \(id.description) ",
        ] {
            #expect(try NodeID(text: text) == id, "\(text)")
        }
    }

    @Test func every_single_wrong_character_is_caught_and_its_group_named() throws {
        let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
        for seed: UInt8 in 3...5 {
            let right = Array(Self.id(seed).description)
            for position in right.indices where right[position] != "-" {
                for letter in letters where letter != right[position] {
                    var wrong = right
                    wrong[position] = letter
                    let group = position / 8 + 1
                    #expect(throws: NodeIDError.self) { try NodeID(text: String(wrong)) }
                    do {
                        _ = try NodeID(text: String(wrong))
                    } catch {
                        guard case .mistyped(let groups, _) = error else {
                            Issue.record("\(error) for \(String(wrong))")
                            continue
                        }
                        #expect(groups.contains(group), "\(error) for position \(position)")
                    }
                }
            }
        }
    }

    @Test func every_swap_of_two_characters_of_a_block_is_caught() {
        for seed: UInt8 in 6...9 {
            let right = Array(Self.id(seed).description)
            for first in right.indices where right[first] != "-" {
                let end = (first / 16 + 1) * 16 - 1
                for second in (first + 1)..<max(end, first + 1)
                where right[second] != "-" && right[second] != right[first] {
                    var wrong = right
                    wrong.swapAt(first, second)
                    #expect(throws: NodeIDError.self) { try NodeID(text: String(wrong)) }
                }
            }
        }
    }

    @Test func blocks_in_the_wrong_order_are_caught() {
        let groups = Self.id(10).description.split(separator: "-")
        let turned = (groups[2...3] + groups[0...1] + groups[4...7]).joined(separator: "-")
        #expect(throws: NodeIDError.self) { try NodeID(text: turned) }
    }

    @Test func spare_bits_that_are_not_zero_are_caught() throws {
        // The 52nd symbol carries one bit of the hash; changing a spare bit and mending the check
        // character would give a second text for one node. Try every such pair.
        let id = Self.id(11)
        let right = Array(id.description)
        let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
        var accepted: [String] = []
        for last in letters {
            for check in letters {
                var text = right
                text[right.count - 2] = last
                text[right.count - 1] = check
                if (try? NodeID(text: String(text))) != nil { accepted.append(String(text)) }
            }
        }
        // Two texts: this node, and the one whose hash differs in its last bit.
        #expect(accepted.count == 2)
        #expect(accepted.contains(id.description))
    }

    @Test func a_character_of_no_base32_is_named_with_its_group() {
        var text = Array(Self.id(12).description)
        text[17] = "1"
        #expect(throws: NodeIDError.character("1", group: 3)) { try NodeID(text: String(text)) }
        #expect(throws: NodeIDError.character("é", group: 1)) { try NodeID(text: "éa") }
    }

    @Test func a_text_too_short_or_too_long_says_its_length() {
        let text = Self.id(13).description
        #expect(throws: NodeIDError.length(55)) { try NodeID(text: String(text.dropLast())) }
        #expect(throws: NodeIDError.length(57)) { try NodeID(text: text + "a") }
        #expect(throws: NodeIDError.length(0)) { try NodeID(text: "") }
    }

    @Test func order_is_the_order_of_bytes() {
        let ids = (0...UInt8.max).map(Self.id)
        let sorted = ids.sorted()
        let byBytes = ids.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        #expect(sorted == byBytes)
        #expect(!(ids[0] < ids[0]))
        // Each word counts, high ones first.
        for position in 0..<32 {
            var bytes = [UInt8](repeating: 7, count: 32)
            let low = NodeID(bytes: bytes)!  // 32 bytes
            bytes[position] = 8
            let high = NodeID(bytes: bytes)!  // 32 bytes
            #expect(low < high && !(high < low) && low != high)
        }
    }

    @Test func bytes_read_back_and_other_lengths_do_not() {
        let id = Self.id(14)
        #expect(NodeID(bytes: id.bytes) == id)
        #expect(NodeID(bytes: Array(id.bytes.dropLast())) == nil)
        #expect(NodeID(bytes: id.bytes + [0]) == nil)
    }

    @Test func an_error_says_what_and_how_to_mend_it() {
        for error in [
            NodeIDError.length(3), .character("1", group: 2), .mistyped(groups: 3...4, text: "a-b"),
        ] {
            #expect(error.description.hasSuffix("(identity.node-id)"))
            #expect(error.hint != nil)
        }
    }
}
