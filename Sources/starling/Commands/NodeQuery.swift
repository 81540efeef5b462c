// Room:  starling (floor 6).
// Task:  a command that asks a running node, and shows its answer to people or to programs.
// May:   ArgumentParser, Daemon.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon

/// Which node, and how its answer is shown.
struct NodeQuery: ParsableArguments {
    @OptionGroup var node: RunningNode

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Has the node do something, and shows its answer.
    func act<Answer: Decodable>(
        _ path: String, _ parameters: [(name: String, value: String)] = [],
        _ lines: (Answer) -> [String]
    ) throws {
        let query = parameters.map { "\($0.name)=\(Self.escaped($0.value))" }
        let target = query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
        try show(RunningNode.ask("POST", target, state: try node.paths().state), of: path, lines)
    }

    /// Percent-encoded (RFC 3986, section 2.1): all but the unreserved characters.
    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { out, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                out += "%"
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            }
        }
    }

    /// Shows an answer: as it came for programs, or as `lines` make it for people.
    func show<Answer: Decodable>(_ target: String, _ lines: (Answer) -> [String]) throws {
        try show(RunningNode.get(target, state: try node.paths().state), of: target, lines)
    }

    private func show<Answer: Decodable>(
        _ body: [UInt8], of target: String, _ lines: (Answer) -> [String]
    ) throws {
        if json { return print(String(decoding: body, as: UTF8.self)) }
        for line in lines(try RunningNode.decoded(body, of: target)) { print(line) }
    }
}
