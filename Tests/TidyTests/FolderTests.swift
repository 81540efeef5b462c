// Room:  TidyTests.
// Task:  what lies where: a page in each folder, agreed names at the top, nothing built in git.

import Testing

enum Folders {
    /// Folders that need a page of their own, out of those that there are.
    static func needingPage(_ folders: [String]) -> [String] {
        folders.filter { path in
            let parts = path.split(separator: "/")
            switch parts.count {
            case 1: return ["Sources", "Tests", "config", "deploy", "reference"].contains(path)
            // Test targets need none.
            case 2: return ["Sources", "config", "deploy"].contains(parts[0])
            default: return false
            }
        }
    }

    /// Tracked paths that a build made, or that do not belong at the top.
    static func strays(_ tracked: [String]) -> [String] {
        tracked.filter { path in
            let parts = path.split(separator: "/")
            guard let top = parts.first else { return true }
            return !House.topLevel.contains(String(top)) || parts.last == "Package.resolved"
                || parts.contains { $0.hasPrefix(".build") || $0 == "__pycache__" }
        }
    }
}

enum DependencyTable {
    /// The first column of the table under `## Dependencies`, in lower case; nil without one.
    /// Each row is `| name | what for | why not by hand |`; an empty reason counts as no row.
    static func names(in page: String) -> Set<String>? {
        var inside = false
        var rows: [[String]] = []
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("#") {
                inside = line.trimmed == "## Dependencies"
            } else if inside, line.trimmed.hasPrefix("|") {
                let cells = line.trimmed.split(separator: "|", omittingEmptySubsequences: false)
                rows.append(cells.dropFirst().dropLast().map(\.trimmed))
            }
        }
        // The first row names the columns, the second draws the line below them.
        guard rows.count > 2 else { return nil }
        let full = rows.dropFirst(2).filter { $0.count == 3 && !$0.contains("") }
        return Set(full.map { plain($0[0]).lowercased() })
    }

    /// A cell without its code marks and without the address of its link.
    private static func plain(_ cell: String) -> String {
        var name = cell
        if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
            name = String(name[name.index(after: name.startIndex)..<end])
        }
        return name.trimming("`* ")
    }

    /// What the manifest needs from outside. System libraries go by their pkg-config names.
    static func needed(by manifest: Manifest) -> Set<String> {
        let system = manifest.targets.filter { $0.type == "system" }
            .map { $0.pkgConfig ?? $0.name }
        return Set(manifest.packages.union(system).map { $0.lowercased() })
    }
}

struct FolderTests {
    @Test("Sources, Tests, config, deploy and each folder in them but test targets have a README")
    func pages() throws {
        var folders: [String] = []
        for top in try Repository.names(in: "") where Repository.isFolder(top) {
            guard House.topLevel.contains(top) else { continue }
            folders.append(top)
            for name in try Repository.names(in: top) where Repository.isFolder(top + "/" + name) {
                folders.append(top + "/" + name)
            }
        }
        #expect(folders.contains("Sources/Gossip"))
        for folder in Folders.needingPage(folders) {
            let page = folder + "/README.md"
            #expect(Repository.exists(Repository.root + "/" + page), "\(page) is missing")
        }
    }

    @Test("Git keeps only agreed names at the top, and nothing that a build made")
    func tracked() throws {
        guard let tracked = try Repository.tracked() else { return }
        #expect(Folders.strays(tracked) == [])
    }

    @Test("README's table names exactly the packages and system libraries of the manifest")
    func dependencies() throws {
        let names = try #require(
            DependencyTable.names(in: try Repository.read("README.md")),
            "README.md has no table under ## Dependencies")
        #expect(names == DependencyTable.needed(by: try Manifest.ours.get()))
    }

    // MARK: The checks themselves

    @Test("Rooms and the four great folders need a page, test targets do not")
    func plantedFolders() {
        let folders = [
            "Sources", "Sources/Gossip", "Tests", "Tests/GossipTests", "deploy", "deploy/systemd",
            ".ci", "config", "Sources/Gossip/Deep",
        ]
        #expect(
            Folders.needingPage(folders) == [
                "Sources", "Sources/Gossip", "Tests", "deploy", "deploy/systemd", "config",
            ])
    }

    @Test("Planted strays are caught")
    func plantedStrays() {
        let strays = [
            "Package.resolved", ".build/x", ".build-tsan/y", "notes.txt", "scratch/a.swift",
            "Sources/.build/z", "reference/__pycache__/a.pyc",
        ]
        let good = ["README.md", "Sources/Gossip/Link.swift", ".ci/run", "reference/gossip.py"]
        #expect(Folders.strays(good + strays) == strays)
    }

    @Test("The table is read: names with marks and links, rows without a reason not counted")
    func plantedTable() {
        let page = """
            # Name
            | a | b | c |
            |---|---|---|
            | wrong | table | here |

            ## Dependencies
            Text.

            | name | what for | why not by hand |
            |---|---|---|
            | `libuv` | loop | hard |
            | [TOMLKit](https://example.org) | TOML | long |
            | lazy | reason | |
            | zlib | deflate | proved |

            ## More
            | other | x | y |
            """
        #expect(DependencyTable.names(in: page) == ["libuv", "tomlkit", "zlib"])
        #expect(DependencyTable.names(in: "# Name\n") == nil)
    }
}
