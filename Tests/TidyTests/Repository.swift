// Room:  TidyTests.
// Task:  finds the repository, its files and its manifest, for the checks to read.

import Foundation

struct TidyError: Error, CustomStringConvertible {
    let description: String
}

/// A file of the repository, by its path from the top.
struct SourceFile {
    let path: String
    let text: String

    /// `Sources/Store/Files.swift` gives `Store`; nil outside of a target's folder.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : nil
    }

    var isGenerated: Bool { path.hasSuffix(".pb.swift") }
    var lines: [String] { text.components(separatedBy: "\n") }
}

enum Repository {
    /// The folder that holds `Package.swift` and `Sources/Gossip`, upwards from this file. A
    /// target's folder may be a symbolic link from another package: then from where it leads to.
    static let root: String = {
        let here = URL(fileURLWithPath: #filePath)
        for start in [here.resolvingSymlinksInPath(), here] {
            var folder = start.deletingLastPathComponent()
            while folder.path != "/" {
                if exists(folder.path + "/Package.swift") && exists(folder.path + "/Sources/Gossip")
                {
                    return folder.path
                }
                folder = folder.deletingLastPathComponent()
            }
        }
        fatalError("no repository above \(#filePath)")
    }()

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    static func read(_ path: String) throws -> String {
        try String(contentsOfFile: root + "/" + path, encoding: .utf8)
    }

    /// Names in a folder of the repository, sorted.
    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder).sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var folder: ObjCBool = false
        return FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &folder)
            && folder.boolValue
    }

    static func swiftFiles(under folder: String) throws -> [SourceFile] {
        guard let walk = FileManager.default.enumerator(atPath: root + "/" + folder) else {
            throw TidyError(description: "cannot walk \(folder)")
        }
        let names = walk.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted()
        return try names.map { name in
            let path = folder + "/" + name
            return SourceFile(path: path, text: try read(path))
        }
    }

    static let sources = Result { try swiftFiles(under: "Sources") }
    static let tests = Result { try swiftFiles(under: "Tests") }

    /// Our sources with comments and the insides of strings taken out.
    static let code: Result<[(file: SourceFile, code: StrippedCode)], any Error> =
        sources.map { files in
            files.filter { !$0.isGenerated }.map { ($0, StrippedCode($0.text)) }
        }

    /// Runs a program to its end and gives its standard output.
    static func run(_ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        let errors = FileManager.default.temporaryDirectory
            .appendingPathComponent("starling-tidy-\(UUID().uuidString)")
        try Data().write(to: errors)
        defer { try? FileManager.default.removeItem(at: errors) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let said = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
            throw TidyError(
                description: "\(arguments.joined(separator: " ")) failed: \(said)")
        }
        return data
    }

    /// What git keeps; nil where this is no clone (a source archive tracks nothing).
    static func tracked() throws -> [String]? {
        guard exists(root + "/.git") else { return nil }
        let arguments = ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"]
        let output = String(decoding: try run(arguments), as: UTF8.self)
        return output.split(separator: "\0").map(String.init).sorted()
    }
}

/// What SwiftPM itself says of `Package.swift`.
struct Manifest {
    struct Target {
        let name: String
        let type: String
        /// Targets and products of packages.
        let dependencies: Set<String>
        let pkgConfig: String?
    }

    let targets: [Target]
    /// Identities of the packages, as in their addresses.
    let packages: Set<String>

    func target(_ name: String) -> Target? { targets.first { $0.name == name } }

    /// Asked once. Its scratch path is its own: the one of the running `swift test` is locked.
    static let ours = Result {
        let scratch = FileManager.default.temporaryDirectory
            .appendingPathComponent("starling-tidy-dump-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        // The lock files that SwiftPM leaves behind go with the folder.
        let data = try Repository.run([
            "TMPDIR=\(scratch.path)", "swift", "package", "dump-package", "--package-path",
            Repository.root,
            "--scratch-path", scratch.path + "/products",
        ])
        return try Manifest(json: data)
    }

    init(json: Data) throws {
        guard let top = try JSONSerialization.jsonObject(with: json) as? [String: Any],
            let targets = top["targets"] as? [[String: Any]],
            let packages = top["dependencies"] as? [[String: Any]]
        else { throw TidyError(description: "dump-package has another form than we know") }
        self.targets = try targets.map { target in
            guard let name = target["name"] as? String, let type = target["type"] as? String,
                let dependencies = target["dependencies"] as? [[String: Any]]
            else { throw TidyError(description: "a target has another form than we know") }
            let names = try dependencies.map { dependency in
                let named = ["byName", "product", "target"].lazy
                    .compactMap { dependency[$0] as? [Any] }.first
                guard let found = named?.first as? String else {
                    throw TidyError(description: "a dependency of \(name) has no name")
                }
                return found
            }
            return Target(
                name: name, type: type, dependencies: Set(names),
                pkgConfig: target["pkgConfig"] as? String)
        }
        self.packages = Set(
            packages.flatMap { package in
                package.values.compactMap { $0 as? [[String: Any]] }.joined()
                    .compactMap { $0["identity"] as? String }
            })
    }
}
