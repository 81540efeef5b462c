// Room:  Daemon (floor 5).
// Task:  a node's rows from their file, and as the model is to see them.
// May:   Federation, Learning, Model, Store.
// Proof: Tests/DaemonTests/PreparationTests.swift

import Federation
import Learning
import Model

public enum LabelledData {
    /// Reads a CSV or NPY file with the federation's classes, as many features as the model takes.
    ///
    /// - Throws: `DataError` with line and column, `ConfigurationError` where a file is missing.
    public static func read(
        _ source: Configuration.DataSource, _ federation: FederationFile,
        _ architecture: Architecture
    ) throws -> Dataset {
        let bytes = try ReadableFile.bytes(source.file, role: ConfigurationError.dataRole)
        switch source.format {
        case .csv:
            return try CSV.parse(
                bytes, label: source.label ?? federation.data.label,
                classes: federation.data.classes, features: architecture.inputs, file: source.file
            ).dataset
        case .npy:
            guard let labels = source.labels else {
                preconditionFailure("a configuration with an NPY file names its labels")
            }
            return try NPY.dataset(
                featureBytes: bytes,
                labelBytes: ReadableFile.bytes(labels, role: ConfigurationError.labelsRole),
                classes: architecture.classes, features: architecture.inputs,
                featureFile: source.file, labelFile: labels)
        }
    }

    /// Both parts as the federation says; where each site goes by its own numbers, these are
    /// measured on the training part only, so that nothing leaks out of the part held out.
    ///
    /// - training: at least one row.
    public static func standardised(
        training: Dataset, others: Dataset, as federation: FederationFile
    ) -> (training: Dataset, others: Dataset) {
        let rule: Standardisation
        switch federation.data.standardisation {
        case .unchanged: return (training, others)
        case .local: rule = .measured(on: training)
        case .federation(let means, let deviations):
            guard let agreed = Standardisation(means: means, deviations: deviations) else {
                preconditionFailure("a federation file has finite means and deviations above 0")
            }
            rule = agreed
        }
        return (rule.applied(to: training), rule.applied(to: others))
    }
}
