// Room:  LearningTests.
// Task:  NumPy's files: read as NumPy wrote them, refused where they lie.
// May:   Learning, Model, Testing.

import Learning
import Model
import Testing

@Suite struct NPYTests {
    /// A file as `numpy.save` (2.4) writes it: the head padded to 64 bytes.
    private func file(
        _ kind: String, _ shape: String, _ body: [UInt8], order: String = "False",
        version: UInt8 = 1
    ) -> [UInt8] {
        raw("{'descr': '\(kind)', 'fortran_order': \(order), 'shape': \(shape), }", body, version)
    }

    private func raw(_ head: String, _ body: [UInt8], _ version: UInt8 = 1) -> [UInt8] {
        let start = version == 1 ? 10 : 12
        var text = Array(head.utf8)
        while (start + text.count + 1) % 64 != 0 { text.append(0x20) }
        text.append(0x0A)
        var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
        bytes += [UInt8(text.count & 255), UInt8(text.count >> 8)] + (version == 1 ? [] : [0, 0])
        return bytes + text + body
    }

    private func reason(_ bytes: [UInt8]) -> String? {
        do {
            _ = try NPY.parse(bytes, file: "a.npy")
            return nil
        } catch { return error.what }
    }

    private func little(_ values: [Double]) -> [UInt8] {
        values.flatMap { value in (0..<8).map { UInt8(value.bitPattern >> (8 * $0) & 255) } }
    }

    @Test func `the five kinds are read, in both formats`() throws {
        let f4: [UInt8] = [
            0, 0, 0x80, 0x3F, 0, 0, 0x20, 0x40, 0, 0, 0x40, 0xC0, 0xCD, 0xCC, 0xCC, 0x3D,
        ]
        let single = try NPY.parse(file("<f4", "(2, 2)", f4), file: "a.npy")
        #expect(single.shape == [2, 2])
        #expect(single.values == [1, 2.5, -3, 0.1])
        let double = try NPY.parse(file("<f8", "(1, 2)", little([1.5, -2])), file: "a.npy")
        #expect(double.values == [1.5, -2])
        let four = file("<i4", "(2, 1)", [3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], version: 2)
        #expect(try NPY.parse(four, file: "a.npy").values == [3, -1])
        let eight = file("<i8", "(1,)", [UInt8](repeating: 0xFF, count: 8))
        #expect(try NPY.parse(eight, file: "a.npy").values == [-1])
        #expect(
            try NPY.parse(file("|u1", "(3,)", [0, 1, 255]), file: "a.npy").values == [0, 1, 255])
        #expect(try NPY.parse(file("|u1", "()", [7]), file: "a.npy").shape == [])
    }

    /// Byte for byte what NumPy 2.4.6 writes for `numpy.array([0, 1, 255], 'u1')`.
    @Test func `the test's own writer writes what NumPy writes`() {
        let head = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }"
        let expected: [UInt8] =
            [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 0x76, 0] + Array(head.utf8)
            + [UInt8](repeating: 0x20, count: 60) + [0x0A, 0, 1, 255]
        #expect(file("|u1", "(3,)", [0, 1, 255]) == expected)
    }

    @Test func `features and labels become a dataset`() throws {
        let data = try NPY.dataset(
            featureBytes: file("<f8", "(2, 2)", little([1, 2, 3, 4])),
            labelBytes: file("|u1", "(2,)", [1, 0]), classes: 2, featureFile: "x", labelFile: "y")
        #expect(data == Dataset(features: 2, inputs: [1, 2, 3, 4], labels: [1, 0]))
    }

    @Test func `labels are whole numbers of classes, exactly`() throws {
        let column = file("<f8", "(3, 1)", little([0, 2, 1]))
        #expect(try NPY.labels(column, classes: 3, file: "y") == [0, 2, 1])
        for bad in [[0, 3.0], [0, -1], [0, 0.5], [0, .nan], [0, 1e300]] {
            #expect(throws: DataError.badLabelEntry(file: "y", row: 2, classes: 3)) {
                try NPY.labels(file("<f8", "(2,)", little(bad)), classes: 3, file: "y")
            }
        }
    }

    @Test func `a bad entry, a wrong width and unequal rows are named`() {
        func error(_ shape: String, _ values: [Double], labels: Int = 2) -> DataError? {
            do {
                _ = try NPY.dataset(
                    featureBytes: file("<f8", shape, little(values)),
                    labelBytes: file("|u1", "(\(labels),)", [UInt8](repeating: 0, count: labels)),
                    classes: 2, features: 2, featureFile: "x", labelFile: "y")
                return nil
            } catch { return error }
        }
        #expect(
            error("(2, 2)", [1, 2, 3, .nan]) == .notFiniteEntry(file: "x", row: 2, column: 2))
        #expect(
            error("(2, 2)", [1, 1e300, 3, 4]) == .notFiniteEntry(file: "x", row: 1, column: 2))
        #expect(
            error("(1, 3)", [1, 2, 3], labels: 1)
                == .wrongFeatures(file: "x", found: 3, expected: 2))
        #expect(error("(2, 2)", [1, 2, 3, 4], labels: 3) == .differentRows(features: 2, labels: 3))
        #expect(error("(0, 2)", [], labels: 0) == .noRows(file: "x"))
        #expect(error("(4,)", [1, 2, 3, 4])?.code == "learning.bad-array")
        #expect(error("(2, 2)", [1, 2, 3, 4]) == nil)
    }

    @Test func `a file that is not read says why`() throws {
        let body: [UInt8] = [0, 0, 0, 0]
        #expect(reason(Array("PK\u{3}\u{4}0123456789".utf8)) == "a.npy: not an NPY file")
        let third = file("<f4", "(1,)", body, version: 3)
        #expect(reason(third) == "a.npy: NPY format 3.0 is not read, only 1 and 2")
        let fortran = try #require(reason(file("<f4", "(1,)", body, order: "True")))
        #expect(fortran.contains("Fortran order"))
        #expect(try #require(reason(file(">f4", "(1,)", body))).contains("kind '>f4'"))
        #expect(try #require(reason(file("|O", "(1,)", body))).contains("kind '|O'"))
        #expect(
            try #require(reason(file("<f4", "(2,)", body))).contains("does not fit the 4 bytes"))
        #expect(try #require(reason(file("<f4", "(1,)", body + [0]))).contains("does not fit"))
        let huge = "(4611686018427387904, 4611686018427387904)"
        #expect(try #require(reason(file("<f4", huge, body))).contains("too large"))
        #expect(
            try #require(reason(file("<f4", "(4611686018427387904,)", body)))
                .contains("does not fit"))
        for head in [
            "", "{", "{}", "{'descr': '<f4'}", "{'descr': [('a', '<f4')], }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
        ] {
            #expect(
                reason(raw(head, body)) == "a.npy: the head is not as NumPy writes it", "\(head)")
        }
    }

    @Test func `cut, damaged and random files never crash`() {
        let good = file("<f4", "(2, 2)", [UInt8](repeating: 0x3F, count: 16))
        for length in good.indices { #expect(reason(Array(good[..<length])) != nil) }
        var generator = SeededGenerator(seed: 6)
        var refused = 0
        for _ in 0..<20_000 {
            var bad = good
            for _ in 0...generator.below(3) {
                // Half of them in the head's text, where there is most to break.
                let at = generator.below(generator.below(2) == 0 ? bad.count : 70)
                bad[at] = UInt8(generator.below(256))
            }
            if reason(bad) != nil { refused += 1 }
        }
        #expect(refused > 10_000)
    }
}
