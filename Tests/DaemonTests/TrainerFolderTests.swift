// Room:  DaemonTests.
// Task:  files that both sides keep: written in place, read whole, nothing outside the folder.
// May:   Daemon, Model, Foundation.
// Proof: itself

import Foundation
import Model
import Testing

@testable import Daemon

struct TrainerFolderTests {
    private let place = NSTemporaryDirectory() + "starling-folder-\(UUID().uuidString)"

    private func code(_ body: () throws(TrainerRefusal) -> Void) -> String? {
        do throws(TrainerRefusal) {
            try body()
            return nil
        } catch { return error.code }
    }

    private func inode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    }

    @Test("A file is written again in its place, and is a whole safetensors file each time")
    func inPlace() throws {
        defer { try? FileManager.default.removeItem(atPath: place) }
        let folder = try TrainerFolder(place)
        let layout = try ParameterLayout([("w", [2, 2]), ("b", [1])])
        let path = folder.path + "/" + TrainerFolder.parameters
        var first: Int?
        for round in 0..<3 {
            let values = (0..<5).map { Float($0 + round) }
            try folder.write(TrainerFolder.parameters, layout: layout, values)
            let file = try Safetensors.decode(folder.read(TrainerFolder.parameters, limit: 1000))
            #expect(file.parameters == values && file.layout == layout)
            #expect(
                try folder.readVector(TrainerFolder.parameters, layout: layout) == values)
            let other = try ParameterLayout([("w", [4]), ("b", [1])])
            #expect(try folder.readVector(TrainerFolder.parameters, layout: other) == nil)
            first = try first ?? inode(path)
            #expect(try inode(path) == first)
        }
        // Somebody has cut it short: it is whole again the next time.
        #expect(truncate(path, 3) == 0)
        try folder.write(TrainerFolder.parameters, layout: layout, [1, 2, 3, 4, 5])
        #expect(
            try Safetensors.decode(folder.read(TrainerFolder.parameters, limit: 1000)).parameters
                == [1, 2, 3, 4, 5])
    }

    @Test("A trainer that wakes after another has joined writes where nobody reads")
    func suspended() throws {
        defer { try? FileManager.default.removeItem(atPath: place) }
        let folder = try TrainerFolder(place)
        let layout = try ParameterLayout([("w", [1])])
        try folder.write(TrainerFolder.delta, layout: layout, [1])
        let old = try #require(FileHandle(forUpdatingAtPath: place + "/" + TrainerFolder.delta))
        folder.removeDelta()
        try folder.write(TrainerFolder.delta, layout: layout, [2])
        try old.seek(toOffset: UInt64(Safetensors.float32Head(layout).count))
        try old.write(contentsOf: Data([0, 0, 0, 0]))
        #expect(try folder.readVector(TrainerFolder.delta, layout: layout) == [2])
    }

    @Test("No name leads out of the folder, and no link, no pipe and no folder is read")
    func names() throws {
        defer { try? FileManager.default.removeItem(atPath: place) }
        let folder = try TrainerFolder(place)
        for name in ["", ".", "..", "../x", "/etc/passwd", "a/b", "a\u{0}b", "a\nb"] {
            #expect(
                code { () throws(TrainerRefusal) in _ = try folder.read(name, limit: 100) }
                    == "folder.name", "\(name.debugDescription)")
        }
        #expect(symlink("/etc/passwd", place + "/link") == 0)
        #expect(mkfifo(place + "/pipe", 0o600) == 0)
        #expect(mkdir(place + "/inner", 0o700) == 0)
        for name in ["link", "pipe", "inner", "none"] {
            #expect(
                code { () throws(TrainerRefusal) in _ = try folder.read(name, limit: 1 << 20) }
                    != nil, "\(name)")
        }
        try Data(count: 101).write(to: URL(fileURLWithPath: place + "/long"))
        #expect(
            code { () throws(TrainerRefusal) in _ = try folder.read("long", limit: 100) }
                == "body.too-long")
    }
}
