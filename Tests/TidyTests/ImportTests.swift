// Room:  TidyTests.
// Task:  the walls: arrows of the manifest, and imports of each file along them.

import Foundation
import Testing

enum Imports {
    /// Modules that a file's code imports, with the line's number.
    static func of(_ code: StrippedCode) -> [(module: String, line: Int)] {
        code.lines.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ";" })
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({ $0.hasPrefix("@") || access.contains(String($0)) })
            else { return nil }
            var named = words[place + 1]
            if kinds.contains(String(named)), place + 2 < words.count { named = words[place + 2] }
            return (String(named.prefix { $0 != "." }), index + 1)
        }
    }

    private static let access: Set<String> = [
        "public", "package", "internal", "fileprivate", "private",
    ]
    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]

    /// Imports of a file that its room may not have.
    ///
    /// - declared: what the manifest lists for the target.
    static func violations(
        path: String, code: StrippedCode, room: Room, declared: Set<String>
    ) -> [String] {
        of(code).compactMap { module, line in
            if module == "Swift" || declared.contains(module) || room.system.contains(module) {
                return nil
            }
            return "\(path):\(line): \(room.name) may not import \(module)"
        }
    }
}

struct ImportTests {
    @Test("Every import in Sources is declared by its target, or a system module of its room")
    func declared() throws {
        let manifest = try Manifest.ours.get()
        for (file, code) in try Repository.code.get() {
            let name = try #require(file.target, "\(file.path) stands outside of the rooms")
            let room = try #require(House.room(name), "\(file.path): no room \(name)")
            let target = try #require(manifest.target(name), "no target \(name)")
            let found = Imports.violations(
                path: file.path, code: code, room: room, declared: target.dependencies)
            #expect(found == [])
        }
    }

    @Test("The manifest has exactly the arrows of the design")
    func arrows() throws {
        let manifest = try Manifest.ours.get()
        let targets = manifest.targets.filter { $0.type == "regular" || $0.type == "executable" }
        #expect(Set(targets.map(\.name)) == Set(House.rooms.map(\.name)))
        for target in targets {
            #expect(
                target.dependencies == House.room(target.name)?.arrows, "arrows of \(target.name)")
        }
        let libraries = manifest.targets.filter { $0.type == "system" }.map(\.name)
        #expect(Set(libraries) == Set(House.libraries.keys))
    }

    @Test("Arrows lead down, and each C library has only the rooms that it is meant for")
    func downwards() {
        for room in House.rooms {
            for arrow in room.arrows {
                if let below = House.room(arrow) {
                    // The command line and the daemon join what lies below them.
                    #expect(below.floor < room.floor, "\(room.name) -> \(arrow)")
                }
                if let users = House.libraries[arrow] {
                    #expect(users.contains(room.name), "\(room.name) -> \(arrow)")
                }
            }
        }
    }

    @Test("Only rooms that do I/O have the C library, none has Foundation or Dispatch")
    func system() {
        for room in House.rooms {
            #expect(
                room.system.isDisjoint(with: ["Foundation", "FoundationNetworking", "Dispatch"]))
            if room.pure { #expect(!room.system.contains("Glibc"), "\(room.name)") }
        }
    }

    // MARK: The checks themselves

    @Test("Imports of any spelling are seen, and words that only look like one are not")
    func spellings() {
        let source = """
            import Model
            @testable import Wire
            @preconcurrency public import EventLoop
              import struct Gossip.Link
            private import func Glibc.open
            // import Store
            let text = "import Daemon"
            let important = 1
            """
        let modules = Imports.of(StrippedCode(source)).map(\.module)
        #expect(modules == ["Model", "Wire", "EventLoop", "Gossip", "Glibc"])
    }

    @Test(
        "A planted import is caught: an arrow's arrow, Foundation, Dispatch, Glibc in a pure room",
        arguments: ["Codec", "Foundation", "FoundationNetworking", "Dispatch", "Glibc"])
    func planted(module: String) throws {
        let room = try #require(House.room("Peer"))
        let found = Imports.violations(
            path: "P.swift", code: StrippedCode("\nimport \(module)"), room: room,
            declared: room.arrows)
        #expect(found == ["P.swift:2: Peer may not import \(module)"])
    }

    @Test("The dump of a manifest is read: targets, products, packages")
    func dump() throws {
        let json = """
            {"dependencies":[{"sourceControl":[{"identity":"tomlkit"}]}],
             "targets":[{"name":"A","type":"regular","dependencies":[
               {"byName":["B",null]},{"product":["P","pack",null,null]},{"target":["C",null]}]}]}
            """
        let manifest = try Manifest(json: Data(json.utf8))
        #expect(manifest.packages == ["tomlkit"])
        #expect(manifest.target("A")?.dependencies == ["B", "P", "C"])
        #expect(throws: (any Error).self) { try Manifest(json: Data("{}".utf8)) }
    }
}
