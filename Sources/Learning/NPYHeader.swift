// Room:  Learning (floor 2, pure).
// Task:  the head of an `.npy` file: kind, order, shape, and where the entries begin.
// May:   nothing but the standard library.
// Proof: Tests/LearningTests/NPYTests.swift (truncated, mutated and lying headers)

/// A head whose promise has been compared with the bytes that are there.
struct NPYHeader {
    let kind: NPY.Kind
    let shape: [Int]
    /// Product of the shape; `start + count * kind.bytes` is the length of the file exactly.
    let count: Int
    let start: Int

    private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
    private static let longest = 65_536

    init(_ bytes: [UInt8], file: String) throws(DataError) {
        func bad(_ reason: String) -> DataError { .badArray(file: file, reason: reason) }
        guard bytes.count >= 10, Array(bytes[0..<6]) == Self.magic else {
            throw bad("not an NPY file")
        }
        let lengthBytes: Int
        switch bytes[6] {
        case 1: lengthBytes = 2
        case 2: lengthBytes = 4
        default: throw bad("NPY format \(bytes[6]).\(bytes[7]) is not read, only 1 and 2")
        }
        let textStart = 8 + lengthBytes
        guard bytes.count >= textStart else { throw bad("the head is cut off") }
        var length = 0
        for i in (0..<lengthBytes).reversed() { length = length << 8 | Int(bytes[8 + i]) }
        guard length <= Self.longest else { throw bad("the head has \(length) bytes") }
        guard length <= bytes.count - textStart else { throw bad("the head is cut off") }
        start = textStart + length

        var literal = PythonLiteral(bytes[textStart..<start])
        guard let head = literal.head() else { throw bad("the head is not as NumPy writes it") }
        guard let kind = NPY.Kind(rawValue: head.kind) else {
            let known = NPY.Kind.allCases.map(\.rawValue).joined(separator: " ")
            throw bad("entries of kind '\(head.kind.prefix(16))' are not read, only \(known)")
        }
        guard !head.columnsFirst else {
            throw bad("Fortran order is not read; save numpy.ascontiguousarray(a)")
        }
        self.kind = kind
        shape = head.shape
        var count = 1
        for dimension in head.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw bad("the shape \(head.shape) is too large") }
            count = product
        }
        let (size, overflow) = count.multipliedReportingOverflow(by: kind.bytes)
        guard !overflow, size == bytes.count - start else {
            throw bad(
                "the shape \(head.shape) of kind \(kind.rawValue) does not fit the "
                    + "\(bytes.count - start) bytes of the file's body")
        }
        self.count = count
    }

    func float(_ index: Int, of bytes: [UInt8]) -> Float {
        let bits = bits(index, of: bytes)
        switch kind {
        case .float32: return Float(bitPattern: UInt32(truncatingIfNeeded: bits))
        case .float64: return Float(Double(bitPattern: bits))
        case .int32: return Float(Int32(truncatingIfNeeded: bits))
        case .int64: return Float(Int64(bitPattern: bits))
        case .uint8: return Float(bits)
        }
    }

    /// The entry as a whole number; nil if it is none.
    func whole(_ index: Int, of bytes: [UInt8]) -> Int? {
        let bits = bits(index, of: bytes)
        switch kind {
        case .float32: return Int(exactly: Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .float64: return Int(exactly: Double(bitPattern: bits))
        case .int32: return Int(Int32(truncatingIfNeeded: bits))
        case .int64: return Int(Int64(bitPattern: bits))
        case .uint8: return Int(bits)
        }
    }

    private func bits(_ index: Int, of bytes: [UInt8]) -> UInt64 {
        var bits: UInt64 = 0
        let at = start + index * kind.bytes
        for i in (0..<kind.bytes).reversed() { bits = bits << 8 | UInt64(bytes[at + i]) }
        return bits
    }
}

/// As much of Python's notation as NumPy writes into a head:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` and blanks.
private struct PythonLiteral {
    private let text: ArraySlice<UInt8>
    private var at: Int

    init(_ text: ArraySlice<UInt8>) {
        self.text = text
        at = text.startIndex
    }

    mutating func head() -> (kind: String, columnsFirst: Bool, shape: [Int])? {
        var kind: String?
        var columnsFirst: Bool?
        var shape: [Int]?
        guard take("{") else { return nil }
        while !take("}") {
            guard let key = string(), take(":") else { return nil }
            // A key that comes twice is refused, and so is one that is not known.
            if key == "descr", kind == nil {
                kind = string()
                guard kind != nil else { return nil }
            } else if key == "fortran_order", columnsFirst == nil {
                columnsFirst = word("True") ? true : (word("False") ? false : nil)
                guard columnsFirst != nil else { return nil }
            } else if key == "shape", shape == nil {
                shape = tuple()
                guard shape != nil else { return nil }
            } else {
                return nil
            }
            guard take(",") || peek() == UInt8(ascii: "}") else { return nil }
        }
        guard peek() == nil, let kind, let columnsFirst, let shape else { return nil }
        return (kind, columnsFirst, shape)
    }

    private mutating func peek() -> UInt8? {
        while at < text.endIndex, text[at] == 0x20 || text[at] == 0x0A { at += 1 }
        return at < text.endIndex ? text[at] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func word(_ word: String) -> Bool {
        guard peek() != nil, text[at...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return true
    }

    private mutating func string() -> String? {
        guard let mark = peek(), mark == UInt8(ascii: "'") || mark == UInt8(ascii: "\"") else {
            return nil
        }
        at += 1
        guard let end = text[at...].firstIndex(of: mark), end - at <= 64 else { return nil }
        defer { at = end + 1 }
        return String(validating: text[at..<end], as: UTF8.self)
    }

    private mutating func tuple() -> [Int]? {
        guard take("(") else { return nil }
        var numbers: [Int] = []
        while !take(")") {
            guard let number = number(), numbers.count < 32 else { return nil }
            numbers.append(number)
            if take(",") { continue }
            // `(5)` is a number and no tuple.
            guard numbers.count > 1, take(")") else { return nil }
            break
        }
        return numbers
    }

    private mutating func number() -> Int? {
        var number: Int?
        guard peek() != nil else { return nil }
        while at < text.endIndex, text[at] >= 0x30, text[at] <= 0x39 {
            let (tens, over) = (number ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tens.addingReportingOverflow(Int(text[at] - 0x30))
            guard !over, !overflow else { return nil }
            number = sum
            at += 1
        }
        return number
    }
}
