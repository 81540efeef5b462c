// Room:  Daemon (floor 5).
// Task:  a configuration from its file and from the variables that override it.
// May:   EventLoop, Federation, Membership (its usual numbers), Store.
// Proof: Tests/DaemonTests/ConfigurationTests.swift

import EventLoop
import Federation
import Membership

extension Configuration {
    /// Reads a file. Nothing that it names is opened.
    ///
    /// - environment: `STARLING_SECTION_KEY` goes before the text.
    /// - Throws: the first mistake, with its line and column or its variable's name; status 78.
    public static func load(
        _ path: String, environment: [String: String] = [:]
    ) throws(ConfigurationError) -> Configuration {
        let text = try ReadableFile.text(path, role: ConfigurationError.configurationRole)
        return try parse(text, file: path, environment: environment)
    }

    /// - file: its path; relative paths in the text start at its folder.
    public static func parse(
        _ text: String, file: String, environment: [String: String] = [:]
    ) throws(ConfigurationError) -> Configuration {
        do {
            let reader = try TOMLReader(text, file: file, overrides: overrides(environment))
            let configuration = try Configuration(reader)
            try reader.finish()
            return configuration
        } catch {
            throw .text(error)
        }
    }

    /// Variables that are not for the configuration.
    static let otherVariables = ["STARLING_BINARY", "STARLING_FIGURES", "STARLING_SOCKET"]

    private static func overrides(_ environment: [String: String]) -> [TOMLOverride] {
        TOMLOverride.reading(
            environment.map { (name: $0.key, value: $0.value) }, except: otherVariables)
    }

    private init(_ reader: TOMLReader) throws(TOMLFault) {
        file = reader.file
        let folder = Self.folder(of: reader.file)

        let node = reader.section("node")
        state = Self.path(try Self.filled(node, "state") ?? Self.defaultState, in: folder)
        federation =
            try Self.filled(node, "federation").map { Self.path($0, in: folder) }
            ?? state + "/federation.toml"
        listen = try Self.addresses(node, "listen")
        addresses = try Self.advertised(node)
        leaveOnStop = try node.boolean("leave_on_stop", default: true)

        let membership = reader.section("membership")
        invitation = try Self.invitation(membership)
        contacts = try Contact.all(membership)

        data = try DataSource.find(reader.section("data"), folder: folder)

        let training = reader.section("training")
        batch = try training.optionalInteger("batch", in: 1...1_000_000)
        rate = try training.optionalNumber("rate")
        if let rate, rate <= 0 || rate > 1000 {
            throw training.fault("rate", "'rate' must be above 0 and at most 1000, this is \(rate)")
        }
        steps = try training.optionalInteger("steps", in: 1...100_000)
        seed = try training.optionalInteger("seed", in: 0...Int.max).map { UInt64($0) }

        let checkpoint = reader.section("checkpoint")
        checkpointInterval = try Self.seconds(
            checkpoint, "interval", default: Self.defaultCheckpointInterval, upTo: 86_400)

        let links = reader.section("links")
        let usual = MembershipSettings()
        heartbeat = try Self.seconds(
            links, "heartbeat", default: usual.heartbeatInterval, upTo: 3600)
        suspectAfter = try Self.seconds(
            links, "suspect", default: usual.suspectAfter, upTo: 3600)
        downAfter = try Self.seconds(
            links, "down", default: usual.downAfter, upTo: 3600)
        backoffCap = try Self.seconds(
            links, "backoff_cap", default: usual.backoffCap, upTo: 3600)
        guard backoffCap >= usual.backoffBase else {
            throw links.fault(
                "backoff_cap", "'backoff_cap' must be at least 0.25 seconds, the first wait")
        }
        guard suspectAfter > heartbeat else {
            throw links.fault(
                "suspect", "'suspect' must be longer than 'heartbeat'",
                hint: "three heartbeats give a lost one a second chance")
        }
        guard downAfter > suspectAfter else {
            throw links.fault("down", "'down' must be longer than 'suspect'")
        }

        keptReferences =
            try links.optionalInteger("kept_references", in: 0...1_000_000)
            .map { $0 * 1_000_000 } ?? Self.defaultKeptReferences

        interfaceListen = try Self.interfaceListen(reader.section("interface"))
        let trainer = reader.section("trainer")
        trainerFolder =
            try Self.filled(trainer, "folder").map { Self.path($0, in: folder) }
            ?? state + "/trainer"
        trainerPatience = try Self.seconds(
            trainer, "patience", default: Self.defaultPatience, upTo: 86_400)

        metricsListen = try Self.metricsListen(reader.section("metrics"))

        let log = reader.section("log")
        logLevel = try log.choice("level", default: LogLevel.info).rawValue
        logFormat = try log.choice("format", default: LogFormat.text)
    }

    /// The log library's levels; it is not asked, so that reading needs no logger.
    private enum LogLevel: String, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    // MARK: Kinds of values

    /// A text that is not empty.
    fileprivate static func filled(
        _ section: TOMLSection, _ key: String
    ) throws(TOMLFault) -> String? {
        guard let text = try section.optionalString(key) else { return nil }
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw section.fault(key, "'\(key)' must not be empty")
        }
        return text
    }

    private static func addresses(
        _ section: TOMLSection, _ key: String
    ) throws(TOMLFault) -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        for text in try section.strings(key) ?? [] {
            let address = try listening(
                text, section, key, examples: "\"0.0.0.0:7447\", \"[::]:7447\"")
            guard !addresses.contains(address) || address.port == 0 else {
                throw section.fault(key, "'\(text)' stands twice in '\(key)'")
            }
            addresses.append(address)
        }
        return addresses
    }

    static func listening(
        _ text: String, _ section: TOMLSection, _ key: String, examples: String
    ) throws(TOMLFault) -> SocketAddress {
        guard let address = try? HostPort(text).numeric else {
            throw section.fault(
                key, "'\(text)' in '\(key)' is no address to listen on",
                hint: "write an IP address and a port: \(examples)")
        }
        return address
    }

    /// The addresses that this node gives the others.
    private static func advertised(_ section: TOMLSection) throws(TOMLFault) -> [String]? {
        guard let texts = try section.strings("addresses") else { return nil }
        guard texts.count <= 8 else {
            throw section.fault("addresses", "'addresses' may have at most 8 entries")
        }
        for text in texts where (try? HostPort(text)) == nil {
            throw section.fault(
                "addresses", "'\(text)' in 'addresses' is no address",
                hint: "write a name or an IP address and a port: \"site.example:7447\"")
        }
        return texts
    }

    /// A duration in seconds, down to a hundredth.
    private static func seconds(
        _ section: TOMLSection, _ key: String, default fallback: Duration, upTo most: Double
    ) throws(TOMLFault) -> Duration {
        guard let value = try section.optionalNumber(key) else { return fallback }
        guard value >= 0.01, value <= most else {
            throw section.fault(
                key, "'\(key)' must be 0.01 to \(Int(most)) seconds, this is \(value)")
        }
        return .milliseconds(Int64((value * 1000).rounded()))
    }

    // MARK: Paths

    /// `.` for a file without a folder.
    static func folder(of file: String) -> String {
        guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        let folder = file[..<slash]
        return folder.isEmpty ? "/" : String(folder)
    }

    /// A path as seen from a folder.
    static func path(_ path: String, in folder: String) -> String {
        if path.utf8.first == UInt8(ascii: "/") || folder == "." { return path }
        return folder == "/" ? "/" + path : "\(folder)/\(path)"
    }
}

extension Configuration.DataSource {
    /// Nil where the section says nothing.
    fileprivate static func find(
        _ section: TOMLSection, folder: String
    ) throws(TOMLFault) -> Self? {
        let texts = [
            try section.optionalString("file"), try section.optionalString("labels"),
            try section.optionalString("label"),
        ]
        let holdout = try section.optionalNumber("holdout")
        let says = holdout != nil || texts.contains { $0 != nil }
        return says ? try Self(section, folder: folder) : nil
    }

    fileprivate init(_ section: TOMLSection, folder: String) throws(TOMLFault) {
        let file = try section.string("file")
        guard !file.isEmpty, !file.utf8.contains(0) else {
            throw section.fault("file", "'file' must not be empty")
        }
        self.file = Configuration.path(file, in: folder)
        let labels = try Configuration.filled(section, "labels")
        self.labels = labels.map { Configuration.path($0, in: folder) }
        label = try Configuration.filled(section, "label")
        holdout = try section.number("holdout", default: Configuration.defaultHoldout)
        guard holdout >= 0, holdout <= 0.9 else {
            throw section.fault("holdout", "'holdout' must be 0.0 to 0.9, this is \(holdout)")
        }
        guard let format = Self.format(of: file) else {
            throw section.fault(
                "file", "'\(file)' is neither .csv nor .npy", hint: "the ending tells the format")
        }
        self.format = format
        switch format {
        case .csv:
            if labels != nil {
                throw section.fault(
                    "labels", "a CSV file has its labels in a column, not in a file of their own",
                    hint: "name the column with 'label'")
            }
        case .npy:
            if label != nil {
                throw section.fault(
                    "label", "an NPY file has no named columns",
                    hint: "name the NPY file of its labels with 'labels'")
            }
            if labels == nil {
                throw section.fault(
                    "labels", "'labels' is missing in [data]: an NPY file holds features only",
                    hint: "labels = \"labels.npy\", whole numbers in the federation's class order")
            }
        }
    }

    private static func format(of file: String) -> Format? {
        let lower = file.lowercased()
        if lower.hasSuffix(".csv") { return .csv }
        return lower.hasSuffix(".npy") ? .npy : nil
    }
}
