// Room:  Daemon (floor 5).
// Task:  the name and version that this software gives of itself.
// May:   nothing.
// Proof: Tests/EndToEndTests

public enum Software {
    public static let version = "0.1.0"
    /// Said in every Hello and in `starling status`.
    public static let name = "starling \(version)"
}
