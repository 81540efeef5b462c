// Room:  starling (floor 6).
// Task:  `federation measure`: a site's means and deviations, for agreeing on.
// May:   ArgumentParser, Daemon, Learning.
// Proof: Tests/EndToEndTests

import ArgumentParser
import Daemon
import Learning

struct FederationMeasureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Compute means and deviations of a site's inputs.",
        discussion: """
            For one site, paste the lines under [data] of the federation file. For
            several, let each send the JSON object, and give all to
            `starling federation new --measures`. The numbers describe your data as
            a whole; of very few rows they tell a lot.

              starling federation measure data.csv --label digit
              starling federation measure data.csv --label digit --json > alice.json
            """)

    @Argument(help: ArgumentHelp("The site's CSV file.", valueName: "CSV"))
    var file: String

    @Option(help: "The label column's name.")
    var label = "label"

    @Option(
        help: ArgumentHelp(
            "Class names, where the file has rows of one class only.", valueName: "a,b,…"))
    var classes: WordList?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let bytes = try ReadableFile.bytes(file, role: ConfigurationError.dataRole)
        let table = try CSV.parse(bytes, label: label, classes: classes?.values, file: file)
        let measures = Measures(table)
        if json { return try JSONOutput.show(measures) }
        let rows = Figures.grouped(measures.rows)
        print("# \(rows) rows of \(measures.columns.count) features in \(Terminal.harmless(file))")
        print("standardise = \"federation\"")
        Self.list("means", measures.means)
        Self.list("deviations", measures.deviations)
    }

    /// A list of TOML, six numbers a line.
    private static func list(_ name: String, _ values: [Double]) {
        print("\(name) = [")
        for start in stride(from: 0, to: values.count, by: 6) {
            let line = values[start..<min(start + 6, values.count)].map { "\(Float($0))" }
            print("    " + line.joined(separator: ", ") + ",")
        }
        print("]")
    }
}
