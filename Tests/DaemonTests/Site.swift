// Room:  DaemonTests.
// Task:  a node's files in a folder of their own: key, federation file, configuration, data.
// May:   Daemon, Federation, Identity, Learning.
// Proof: itself

import Daemon
import Federation
import Foundation
import Identity
import Learning

/// Removed when the last test forgets it.
final class Site {
    let folder: String
    let identity: LocalIdentity

    /// - federation: a text with `ID` where this node's ID goes; nil is `Site.federation`.
    init(
        federation: String = Site.federation, configuration: String = Site.configuration,
        data: String = Site.rows
    ) throws {
        folder = NSTemporaryDirectory() + "starling-site-\(UUID().uuidString)"
        identity = try LocalIdentity.create(in: folder + "/state")
        try write(
            "federation.toml",
            federation.replacingOccurrences(of: "ID", with: identity.nodeID.description))
        try write("starling.toml", configuration)
        try write("rows.csv", data)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { folder + "/" + name }

    func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }

    func write(_ name: String, _ bytes: Data) throws {
        try bytes.write(to: URL(fileURLWithPath: path(name)))
    }

    func load(_ environment: [String: String] = [:]) throws -> Configuration {
        try Configuration.load(path("starling.toml"), environment: environment)
    }

    func prepare(_ environment: [String: String] = [:]) throws -> Preparation {
        try Preparation(try load(environment))
    }

    static let configuration = """
        [node]
        state = "state"
        federation = "federation.toml"
        listen = ["127.0.0.1:0"]
        [data]
        file = "rows.csv"
        """

    static let federation = """
        name = "pair"
        [model]
        kind = "logistic"
        sizes = [2, 2]
        [data]
        classes = ["no", "yes"]
        standardise = "federation"
        means = [1, 10]
        deviations = [2, 5]
        [privacy]
        mode = "plain"
        [[founders]]
        name = "here"
        id = "ID"
        addresses = ["127.0.0.1:7447"]
        """

    /// Ten rows; the label stands in the middle.
    static let rows =
        "width,label,height\n"
        + (0..<10).map { "\($0),\($0 % 2 == 0 ? "no" : "yes"),\(10 * $0)\n" }.joined()
}

extension String {
    /// With one occurrence replaced; the sample must hold it, or the test tests nothing.
    func with(_ old: String, _ new: String) -> String {
        guard let range = range(of: old) else { preconditionFailure("no '\(old)' in the sample") }
        return replacingCharacters(in: range, with: new)
    }
}

/// Of a built-in kind of model, as most tests have it.
extension Preparation {
    private var known: BuiltInTraining {
        guard let builtIn else { preconditionFailure("this test has a built-in kind of model") }
        return builtIn
    }

    var training: Dataset { known.training }
    var holdout: Dataset { known.holdout }
    var hyperparameters: Hyperparameters { known.hyperparameters }
}
