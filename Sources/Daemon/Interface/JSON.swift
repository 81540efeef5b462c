// Room:  Daemon (floor 5).
// Task:  a value as JSON text.
// May:   nothing but the standard library.
// Proof: Tests/DaemonTests/JSONTests.swift

/// JSON as the daemon writes it (RFC 8259). By hand, because `JSONEncoder` in a daemon costs
/// 0.7 MB of resident memory at the first answer (measured), and leaves out what is nil.
enum JSON: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    /// Written in this order.
    case object([(String, JSON)])

    static func == (a: JSON, b: JSON) -> Bool { a.text == b.text }

    static func unsigned(_ value: UInt64) -> JSON { .integer(Int64(clamping: value)) }
    static func unsigned(_ value: UInt64?) -> JSON { value.map(unsigned) ?? .null }
    /// What is not finite cannot be said in JSON, and is null.
    static func number(_ value: Double?) -> JSON {
        value.flatMap { $0.isFinite ? JSON.number($0) : nil } ?? .null
    }
    static func string(_ value: String?) -> JSON { value.map { JSON.string($0) } ?? .null }

    var text: String {
        var out = ""
        write(to: &out)
        return out
    }

    private func write(to out: inout String) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .number(let value): out += value.isFinite ? String(value) : "null"
        case .string(let value): Self.quote(value, to: &out)
        case .array(let values):
            out += "["
            for (place, value) in values.enumerated() {
                if place > 0 { out += "," }
                value.write(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (place, (key, value)) in members.enumerated() {
                if place > 0 { out += "," }
                Self.quote(key, to: &out)
                out += ":"
                value.write(to: &out)
            }
            out += "}"
        }
    }

    /// What a peer says may hold anything: control characters never get through.
    static func quote(_ value: String, to out: inout String) {
        out += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
