// Room:  starling (floor 6).
// Task:  a site's means and deviations, and those of several sites as if pooled.
// May:   Daemon, Learning, FoundationEssentials through JSONOutput.
// Proof: Tests/EndToEndTests

import Daemon
import Learning

/// What a site tells the others about its inputs: `starling federation measure --json`.
struct Measures: Codable {
    var schema = "starling.measures/1"
    let rows: Int
    /// Names of the features, in order.
    let columns: [String]
    let means: [Double]
    /// Of the population; 1 where a feature never changes, so that dividing does no harm.
    let deviations: [Double]
    /// Places of the features that never change here, counted from 0.
    let constant: [Int]

    init(_ table: Table) {
        let data = table.dataset
        let measured = Standardisation.measured(on: data)
        rows = data.rows
        columns = table.featureNames
        means = measured.means
        deviations = measured.deviations
        constant = (0..<data.features).filter { column in
            (1..<max(data.rows, 1)).allSatisfy {
                data.inputs[$0 * data.features + column] == data.inputs[column]
            }
        }
    }

    /// - Throws: `CommandFault.badMeasures`.
    static func read(_ path: String) throws -> Measures {
        let bytes = try ReadableFile.bytes(path, role: "measures", limit: 1 << 26)
        let found: Measures
        do {
            found = try JSONOutput.decode(Measures.self, from: bytes)
        } catch {
            throw CommandFault.badMeasures(path: path, reason: "not the measures of a site")
        }
        let width = found.columns.count
        guard found.schema == "starling.measures/1" else {
            throw CommandFault.badMeasures(path: path, reason: "of another kind or version")
        }
        guard found.rows >= 1, width >= 1, found.means.count == width,
            found.constant.allSatisfy((0..<width).contains),
            Standardisation(means: found.means, deviations: found.deviations) != nil
        else {
            throw CommandFault.badMeasures(
                path: path, reason: "the numbers do not fit each other")
        }
        return found
    }

    /// Means and deviations of all rows of all sites, from each site's own.
    ///
    /// - sites: at least one.
    /// - Throws: `CommandFault.otherFeatures` where two sites measured other columns.
    static func pooled(_ sites: [(path: String, measures: Measures)]) throws -> Standardisation {
        let first = sites[0]
        for site in sites where site.measures.columns != first.measures.columns {
            throw CommandFault.otherFeatures(path: site.path, first: first.path)
        }
        let total = sites.reduce(0.0) { $0 + Double($1.measures.rows) }
        var (means, deviations): ([Double], [Double]) = ([], [])
        let never = sites.map { Set($0.measures.constant) }
        for column in first.measures.columns.indices {
            let values = sites.map { $0.measures.means[column] }
            if never.allSatisfy({ $0.contains(column) }), values.allSatisfy({ $0 == values[0] }) {
                means.append(values[0])
                deviations.append(1)
                continue
            }
            var mean = 0.0
            for (site, value) in zip(sites, values) {
                mean += Double(site.measures.rows) / total * value
            }
            // The law of total variance: within the sites, and between them.
            var variance = 0.0
            for (place, site) in sites.enumerated() {
                let own = never[place].contains(column) ? 0 : site.measures.deviations[column]
                let off = values[place] - mean
                variance += Double(site.measures.rows) / total * (own * own + off * off)
            }
            means.append(mean)
            deviations.append(variance.squareRoot())
        }
        guard let pooled = Standardisation(means: means, deviations: deviations) else {
            throw CommandFault.badMeasures(
                path: first.path, reason: "means or deviations leave the range of numbers")
        }
        return pooled
    }
}
