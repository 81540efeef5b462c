// Room:  starling (floor 6).
// Task:  what can go wrong with a demo, in words.
// May:   Model.
// Proof: Tests/EndToEndTests

import Model

enum DemoError: Fault {
    /// A daemon ended by itself; the last lines of its log.
    case daemonEnded(name: String, how: String, log: [String])
    /// Not everybody finished in time; what each of the others does.
    case hangs(seconds: Int, nodes: [String])
    case nodeFailed(name: String, warnings: [String])
    case folder(String, reason: String)
    case folderNotEmpty(String)
    case longPath(String)
    /// Network namespaces that cannot be made or changed.
    case network(String)

    var code: String {
        switch self {
        case .daemonEnded: "demo.daemon-ended"
        case .hangs: "demo.hangs"
        case .nodeFailed: "demo.node-failed"
        case .folder: "demo.folder"
        case .folderNotEmpty: "demo.folder-not-empty"
        case .longPath: "demo.long-path"
        case .network: "demo.network"
        }
    }

    var what: String {
        switch self {
        case .daemonEnded(let name, let how, let log):
            (["the daemon of \(name) ended by itself: \(how)"] + log.map { "  | \($0)" })
                .joined(separator: "\n")
        case .hangs(let seconds, let nodes):
            "not finished after \(seconds) s: \(nodes.joined(separator: "; "))"
        case .nodeFailed(let name, let warnings):
            "the node \(name) has given up: \(warnings.last ?? "no reason given")"
        case .folder(let path, let reason): "\(path): \(reason)"
        case .folderNotEmpty(let path): "\(path): there is something in this folder"
        case .longPath(let path): "\(path): too long a path for a node's socket"
        case .network(let reason): "network namespaces: \(reason)"
        }
    }

    var hint: String? {
        switch self {
        case .daemonEnded, .hangs, .nodeFailed:
            "keep the folder with --keep DIR, and read the logs of the nodes in it"
        case .folder: "set TMPDIR to a folder that you may write to, or use --keep DIR"
        case .folderNotEmpty: "name a folder that is empty, or that does not exist yet"
        case .network: "be root and install iproute2, or leave --namespaces out"
        case .longPath: "set TMPDIR, or --keep, to a folder with a shorter path"
        }
    }

    var exitStatus: Int32 {
        switch self {
        case .daemonEnded, .hangs, .nodeFailed, .folder, .network: 1
        case .folderNotEmpty, .longPath: 64
        }
    }
}
