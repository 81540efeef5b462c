// Room:  starling (floor 6).
// Task:  one thing that `doctor` has looked at, and what came of it.
// May:   nothing but the standard library.
// Proof: Tests/StarlingTests/DoctorTests.swift

/// In words for people, with a code for scripts.
struct Finding: Codable, Equatable {
    enum Grade: String, Codable {
        case good
        /// Works, but is probably not meant, or will be trouble some day.
        case warning
        /// Must be mended.
        case problem
    }

    /// Stable: `doctor.kebab-case`, or the code of the error that was found.
    var code: String
    var grade: Grade
    var what: String
    /// Why it matters; absent where all is well.
    var why: String?
    /// How to mend it.
    var how: String?

    static func good(_ code: String, _ what: String) -> Finding {
        Finding(code: "doctor.\(code)", grade: .good, what: what)
    }

    static func warning(_ code: String, _ what: String, why: String, how: String) -> Finding {
        Finding(code: "doctor.\(code)", grade: .warning, what: what, why: why, how: how)
    }

    static func problem(_ code: String, _ what: String, why: String, how: String) -> Finding {
        Finding(code: "doctor.\(code)", grade: .problem, what: what, why: why, how: how)
    }
}
