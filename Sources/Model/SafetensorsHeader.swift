// Room:  Model (floor 1, pure).
// Task:  the JSON header of a safetensors file, read strictly.
// May:   nothing but the standard library.
// Proof: Tests/ModelTests/SafetensorsTests.swift

/// The header's tensors in the order of their bytes, and its metadata.
struct SafetensorsHeader {
    struct Entry {
        let name: String
        let kind: ElementKind
        let shape: [Int]
        /// In the file's body.
        let from: Int
        let to: Int
    }

    private(set) var entries: [Entry] = []
    private(set) var metadata: [String: String] = [:]

    init(_ bytes: ArraySlice<UInt8>) throws(SafetensorsError) {
        var text = JSONText(bytes)
        var names: Set<String> = []
        try text.object { (text, name) throws(SafetensorsError) in
            guard names.insert(name).inserted else { throw text.fault }
            if name == "__metadata__" {
                try text.object { (text, key) throws(SafetensorsError) in
                    let value = try text.string()
                    guard metadata.updateValue(value, forKey: key) == nil else { throw text.fault }
                }
            } else {
                entries.append(try Self.entry(name, &text))
            }
        }
        guard text.isAtEnd else { throw text.fault }
        // Names are distinct, so the order is total; an empty tensor is refused by the layout.
        entries.sort { ($0.from, $0.to, $0.name) < ($1.from, $1.to, $1.name) }
    }

    private static func entry(
        _ name: String, _ text: inout JSONText
    ) throws(SafetensorsError) -> Entry {
        var kind: String?
        var shape: [Int]?
        var offsets: [Int]?
        try text.object { (text, key) throws(SafetensorsError) in
            switch key {
            case "dtype" where kind == nil: kind = try text.string()
            case "shape" where shape == nil: shape = try text.numbers()
            case "data_offsets" where offsets == nil: offsets = try text.numbers()
            default: throw text.fault
            }
        }
        guard let kind, let shape, let offsets, offsets.count == 2 else { throw .badEntry(name) }
        guard let known = ElementKind(rawValue: kind) else { throw .unknownKind(name, kind) }
        return Entry(name: name, kind: known, shape: shape, from: offsets[0], to: offsets[1])
    }
}

/// As much of JSON as the header uses: objects, strings, lists of whole numbers.
struct JSONText {
    private let bytes: ArraySlice<UInt8>
    private var at: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        at = bytes.startIndex
    }

    /// An error that names the place reached.
    var fault: SafetensorsError { .badHeader(offset: at - bytes.startIndex) }

    /// Only blanks are left.
    var isAtEnd: Bool {
        bytes[at...].allSatisfy { Self.isBlank($0) }
    }

    /// Reads `{"key":VALUE, …}`; `member` reads the value.
    mutating func object(
        _ member: (inout JSONText, String) throws(SafetensorsError) -> Void
    ) throws(SafetensorsError) {
        try expect("{")
        if take("}") { return }
        repeat {
            let key = try string()
            try expect(":")
            try member(&self, key)
        } while take(",")
        try expect("}")
    }

    /// Reads `[1,2, …]`: whole numbers from 0 that fit an Int, at most 64 of them.
    mutating func numbers() throws(SafetensorsError) -> [Int] {
        try expect("[")
        var numbers: [Int] = []
        if take("]") { return numbers }
        repeat {
            guard numbers.count < 64 else { throw fault }
            numbers.append(try number())
        } while take(",")
        try expect("]")
        return numbers
    }

    mutating func string() throws(SafetensorsError) -> String {
        try expect("\"")
        var utf8: [UInt8] = []
        while at < bytes.endIndex {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: utf8, as: UTF8.self) else { throw fault }
                return text
            case UInt8(ascii: "\\"): utf8 += String(try escape()).utf8
            case 0..<0x20: throw fault
            default: utf8.append(byte)
            }
        }
        throw fault
    }

    /// Writes a string with its quotation marks.
    static func append(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                out += "\\u00".utf8
                out += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    private mutating func number() throws(SafetensorsError) -> Int {
        skipBlanks()
        let first = at
        var number = 0
        while at < bytes.endIndex, bytes[at] >= 0x30, bytes[at] <= 0x39 {
            let (tens, over) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(Int(bytes[at] - 0x30))
            guard !over, !overflow else { throw fault }
            number = sum
            at += 1
        }
        // No digits, or a leading zero, which JSON does not know.
        guard at > first, at == first + 1 || bytes[first] != 0x30 else { throw fault }
        return number
    }

    private mutating func escape() throws(SafetensorsError) -> Unicode.Scalar {
        guard at < bytes.endIndex else { throw fault }
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault
        }
    }

    /// After `\u`: four digits, or a pair of surrogates.
    private mutating func unicodeEscape() throws(SafetensorsError) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, bytes[at...].starts(with: "\\u".utf8) else { throw fault }
        at += 2
        let second = try fourDigits()
        guard second >= 0xDC00, second < 0xE000,
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fault }
        return scalar
    }

    private mutating func fourDigits() throws(SafetensorsError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard at < bytes.endIndex,
                let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue
            else { throw fault }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard at < bytes.endIndex, bytes[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(SafetensorsError) {
        guard take(character) else { throw fault }
    }

    private mutating func skipBlanks() {
        while at < bytes.endIndex, Self.isBlank(bytes[at]) { at += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
