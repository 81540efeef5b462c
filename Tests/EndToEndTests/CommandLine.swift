// Room:  EndToEndTests.
// Task:  runs the real binary with arguments, and keeps what it says.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

/// Where the binary under test is.
enum Binary {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// STARLING_BINARY, else what was built last in this repository: release before debug.
    ///
    /// - Throws: `Missing`, which says how to build it; no test passes without the binary.
    static func path() throws -> String {
        let builds = [".build/release/starling", ".build/debug/starling"]
        let named = ProcessInfo.processInfo.environment["STARLING_BINARY"]
        let paths = named.map { [$0] } ?? builds.map { "\(repository)/\($0)" }
        if let path = paths.first(where: { access($0, X_OK) == 0 }) {
            return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        }
        throw Missing(
            description: "there is no starling at \(paths.joined(separator: " or ")); build it by "
                + "`swift build -c release --product starling`, or name it in STARLING_BINARY")
    }

    /// The folder with `Package.swift` and `config`.
    static let repository: String = {
        let file = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        let root = file.deletingLastPathComponent().deletingLastPathComponent()
        return root.deletingLastPathComponent().path
    }()
}

/// One finished run of the binary.
struct Run {
    let status: Int32
    let output: String
    let errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// - arguments: as after `starling`.
    /// - folder: where it runs.
    /// - within: seconds; a run that takes longer is killed, and its status says so.
    init(
        _ arguments: [String], in folder: String, _ environment: [String: String] = [:],
        within bound: Double = 30
    ) throws {
        let said = try Program.run(
            [try Binary.path()] + arguments, in: folder, environment, within: bound)
        status = said.status
        output = String(decoding: said.output, as: UTF8.self)
        errors = said.errors
    }
}

/// What every refusal looks like: one line, perhaps a hint, nothing on stdout.
func expectRefused(
    _ run: Run, _ status: Int32, _ parts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(run.status == status, "\(run.errors)", sourceLocation: sourceLocation)
    #expect(run.output == "", sourceLocation: sourceLocation)
    #expect(
        run.errors.hasPrefix("starling: error: "), "\(run.errors)", sourceLocation: sourceLocation)
    for part in parts where !part.isEmpty {
        #expect(run.errors.contains(part), "\(run.errors)", sourceLocation: sourceLocation)
    }
}

/// A folder that is removed when the last test forgets it. Its path is short: sockets lie in it.
final class Bench {
    let folder = NSTemporaryDirectory() + "starling-\(UUID().uuidString.prefix(8))"

    init() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        Janitor.shared.note("remove", folder)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func starling(_ arguments: String..., variables: [String: String] = [:]) throws -> Run {
        try Run(arguments, in: folder, variables)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }

    func read(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    func path(_ name: String) -> String { folder + "/" + name }
}
