// Room:  DaemonTests.
// Task:  the exposition format, the names, and that pages, rules and dashboard name what there is.
// May:   Daemon, Foundation.
// Proof: itself

import Foundation
import Testing

@testable import Daemon

@Suite struct MetricsTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func families_come_whole_with_help_and_type_and_labels_escaped() {
        var out = Exposition()
        out.set(.links, 3)
        out.set(.buildInfo, 1, ("version", "a\"b\\c\nd"))
        out.set(.members, 2, ("state", "alive"))
        out.set(.members, 0, ("state", "down"))
        out.set(.loss, nil)
        #expect(
            out.text == """
                # HELP starling_build_info Always 1; its label says which version runs
                # TYPE starling_build_info gauge
                starling_build_info{version="a\\"b\\\\c\\nd"} 1
                # HELP starling_links Peers that this node has a link to
                # TYPE starling_links gauge
                starling_links 3
                # HELP starling_members Other members of the roster, by what this node knows of them
                # TYPE starling_members gauge
                starling_members{state="alive"} 2
                starling_members{state="down"} 0

                """)
    }

    @Test func numbers_are_as_prometheus_reads_them() {
        #expect(Exposition.number(0.25) == "0.25")
        #expect(Exposition.number(1e15) == "1000000000000000")
        #expect(Exposition.number(-.infinity) == "-Inf")
        #expect(Exposition.number(.nan) == "NaN")
        #expect(Double(Exposition.number(1.5e300)) == 1.5e300)
    }

    @Test func the_loop_s_delay_is_the_worst_of_the_last_minute_or_two() {
        var delay = LoopDelay()
        for second in 0..<30 { delay.fired(at: Double(second)) }
        #expect(delay.worst(at: 29) == 0)
        delay.fired(at: 32.5)
        #expect(delay.worst(at: 33) == 2.5)
        #expect(delay.worst(at: 100) == 2.5)
        #expect(delay.worst(at: 161) == 0)
        // Nothing fired for long: what was is long ago.
        delay.fired(at: 162)
        #expect(delay.worst(at: 400) == 0)
    }

    @Test func a_peer_cannot_make_series_by_codes_that_nobody_knows() {
        #expect(Refusals(.UNRECOGNIZED(77), byPeer: true).code == "other")
        #expect(Refusals(.UNRECOGNIZED(78), byPeer: true) == Refusals(.unspecified, byPeer: true))
        #expect(Set(Refusals.all).count == Refusals.all.count && Refusals.all.count == 20)
    }

    /// What the log says and what the page says of it are one list.
    @Test func the_page_has_every_event_of_the_log() throws {
        let sources = Self.root.appendingPathComponent("Sources/Daemon")
        let files = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
        // The first string of each call; a `tell` may choose between two.
        let call = try Regex(
            #"\b(?:log\.(?:info|notice|warning|error|critical)|tell)\(\s*([^()]*?"[a-z-]+"[^\[]*?)(?:,\s*(?:metadata|of):|\))"#
        )
        let name = try Regex(#""([a-z]+(?:-[a-z]+)*)""#)
        var said: Set<String> = []
        for file in files where file.hasSuffix(".swift") {
            let code = try text("Sources/Daemon/" + file)
            for match in code.matches(of: call) {
                let part = String(match.output[1].substring ?? "")
                for event in part.matches(of: name) {
                    said.insert(String(event.output[1].substring ?? ""))
                }
            }
        }
        #expect(said.count > 20, "\(said.sorted())")
        let page = try text("deploy/README.md")
        let table = try #require(page.split(separator: "| event |").last)
        var told: Set<String> = []
        for row in table.split(separator: "\n").dropFirst(2) {
            guard row.hasPrefix("| `") else { break }
            let cell = row.split(separator: "|")[0]
            told.formUnion(
                cell.split(separator: "`").map(String.init).filter { $0.first?.isLetter == true })
        }
        // Of tests of the storm alone: no run of an operator's says them.
        #expect(said.subtracting(["test-switches", "partition"]) == told)
    }

    @Test func names_follow_the_conventions() {
        for metric in Metric.allCases {
            let name = metric.rawValue
            #expect(name.hasPrefix("starling_") || name.hasPrefix("process_"), "\(name)")
            #expect(name.allSatisfy { $0.isLowercase || $0 == "_" }, "\(name)")
            #expect(!metric.help.isEmpty && !metric.help.hasSuffix("."), "\(name)")
        }
    }

    @Test func the_kernel_tells_of_this_process() throws {
        let figures = ProcessFigures()
        #expect(try #require(figures.resident) > 1_000_000)
        #expect(try #require(figures.cpu) > 0)
        let now = Date().timeIntervalSince1970
        let started = try #require(figures.started)
        #expect(started < now && started > now - 7 * 86_400)
        let files = try #require(figures.openFiles)
        let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/stat"))
        // Other tests open and close files meanwhile.
        #expect(files > 2 && files < 5000)
        try handle.close()
        #expect(try #require(ProcessFigures.mostFiles) >= files)
        #expect(try #require(ProcessFigures.freeBytes(at: "/tmp")) > 0)
        #expect(ProcessFigures.freeBytes(at: "/nowhere/at/all") == nil)
    }

    @Test func the_page_for_operators_lists_every_metric_as_it_is() throws {
        let rows = try text("deploy/README.md").split(separator: "\n")
            .filter { $0.hasPrefix("| `starling_") || $0.hasPrefix("| `process_") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        let listed = rows.map { "\($0[0]) \($0[1]) \($0[2])" }
        #expect(
            listed == Metric.allCases.map { "`\($0.rawValue)` \($0.kind.rawValue) \($0.help)" })
    }

    @Test(arguments: ["deploy/prometheus/starling.rules.yml", "deploy/grafana/starling.json"])
    func rules_and_dashboard_name_only_what_there_is(_ file: String) throws {
        let text = try text(file)
        let known = Set(Metric.allCases.map(\.rawValue))
        var named: Set<String> = []
        for word in text.split(whereSeparator: { !$0.isLetter && $0 != "_" }) {
            if word.hasPrefix("starling_") || word.hasPrefix("process_") { named.insert("\(word)") }
        }
        #expect(named.count >= 8)
        #expect(named.subtracting(known) == [])
    }
}
