// Room:  Daemon (floor 5).
// Task:  reading the files that people write, with errors that say what each file is for.
// May:   Federation, Store.
// Proof: Tests/DaemonTests/PreparationTests.swift

import Federation
import Store

/// The files of a node's set-up.
public enum ReadableFile {
    /// The longest text that is looked at: the TOML reader takes 1 MiB.
    static let textLimit = 1 << 21
    /// The longest data or model file, in bytes: 4 GiB.
    static let dataLimit = 1 << 32

    /// - Throws: `ConfigurationError.unreadable`, naming the role.
    public static func bytes(
        _ path: String, role: String, limit: Int? = nil
    ) throws(ConfigurationError) -> [UInt8] {
        do {
            return try Files.read(path, limit: limit ?? dataLimit)
        } catch {
            throw .unreadable(role: role, error)
        }
    }

    public static func text(
        _ path: String, role: String
    ) throws(ConfigurationError) -> String {
        let bytes = try bytes(path, role: role, limit: textLimit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .notText(role: role, path: path)
        }
        return text
    }

    /// A federation file, parsed and checked.
    ///
    /// - Throws: `ConfigurationError` where it cannot be read, `FederationError` where it is wrong.
    public static func federation(_ path: String) throws -> FederationFile {
        let text = try text(path, role: ConfigurationError.federationRole)
        return try FederationFile.parse(text, file: path)
    }
}
