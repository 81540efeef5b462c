// Room:  StoreTests.
// Task:  checkpoints to save, and folders to save them in.

import Foundation

@testable import Store

/// A checkpoint that differs for every `tag`, with odd values and sizes.
func sample(_ tag: Int, values: Int = 37) -> Checkpoint {
    Checkpoint(
        header: Array("header of \(tag)".utf8),
        vectors: [
            NamedVector(name: "x", values: (0..<values).map { Float(tag) + Float($0) * 0.37 }),
            NamedVector(name: "empty", values: []),
            NamedVector(name: "s/ünï", values: [-0.0, .infinity, .leastNonzeroMagnitude]),
        ])
}

/// A folder that goes when the test does.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory
            .appendingPathComponent("starling-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func names(_ folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder).sorted()
    }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }

    func put(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func permissions(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}

/// The folder's files in the file system in memory.
let memoryFolder = "/state/checkpoint"

func memoryPath(_ generation: Int, _ suffix: String = ".ckpt") -> String {
    let digits = String(generation)
    return "\(memoryFolder)/\(String(repeating: "0", count: 12 - digits.count))\(digits)\(suffix)"
}
