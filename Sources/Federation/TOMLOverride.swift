// Room:  Federation (floor 2, pure).
// Task:  values that go before a text's own, as STARLING_SECTION_KEY does.
// May:   nothing but the standard library; the caller brings the environment.
// Proof: Tests/FederationTests/TOMLReaderTests.swift

/// A value given outside the text, by an environment variable.
///
/// Its text is read as the key's type asks: strings as they are, lists with commas between.
public struct TOMLOverride: Hashable, Sendable {
    /// Section and key, upper case, joined by `_`.
    public let name: String
    public let text: String
    /// The variable, as errors name it.
    public let variable: String
    /// What stands before `name` in the variable.
    let prefix: String

    /// - section: empty for the keys above the first table.
    public init(section: String, key: String, text: String, variable: String? = nil) {
        let parts = (section.split(separator: ".") + [key[...]]).map { $0.uppercased() }
        self.init(name: parts.joined(separator: "_"), text: text, prefix: "STARLING_", variable)
    }

    private init(name: String, text: String, prefix: String, _ variable: String? = nil) {
        self.name = name
        self.text = text
        self.prefix = prefix
        self.variable = variable ?? prefix + name
    }

    /// The overrides among the variables of an environment, in order of their names.
    ///
    /// - except: names, with the prefix, that mean something else.
    public static func reading(
        _ environment: [(name: String, value: String)], prefix: String = "STARLING_",
        except: [String] = []
    ) -> [TOMLOverride] {
        environment
            .filter { $0.name.hasPrefix(prefix) && !except.contains($0.name) }
            .sorted { $0.name < $1.name }
            .map {
                TOMLOverride(
                    name: String($0.name.dropFirst(prefix.count)).uppercased(), text: $0.value,
                    prefix: prefix, $0.name)
            }
    }
}
