// Room:  Daemon (floor 5).
// Task:  who may ask the local interface, and how much may be sent, before it is taken.
// May:   HTTP, Identity (hexadecimal), Store.
// Proof: Tests/EndToEndTests/TrainerTests.swift

import Glibc
import HTTP
import Identity
import Store

/// The socket file's rights guard the socket; a TCP port, which every user of the machine reaches,
/// asks for the token.
struct InterfaceGate: Sendable {
    /// A node's own tensors travel in one body (our guess: heads are small, trunks are shared).
    static let privateLimit = 256 << 20
    /// Names and shapes of 100,000 tensors.
    private static let descriptionLimit = 16 << 20
    private static let smallLimit = 1 << 16

    /// What may be handed in: the vector, and a header of names.
    let vectorLimit: Int
    /// nil: the socket.
    let token: String?

    init(parameters: Int, token: String? = nil) {
        vectorLimit = 4 * parameters + Self.descriptionLimit
        self.token = token
    }

    func admit(_ head: HTTPHead) -> HTTPAdmission {
        if let token, !Self.isSame(head.header("authorization"), "Bearer \(token)") {
            let failure = InterfaceFailure(
                code: "request.token", error: "the token is missing or wrong",
                hint: "send 'Authorization: Bearer TOKEN' with what interface.token holds")
            return .refused(
                status: 401, contentType: "application/json",
                body: Array(failure.json.text.utf8))
        }
        switch (head.method, head.path) {
        case ("POST", "/v1/work"): return .body(upTo: vectorLimit)
        case ("PUT", "/v1/private"): return .body(upTo: Self.privateLimit)
        case ("POST", "/v1/trainer"): return .body(upTo: Self.descriptionLimit)
        default: return .body(upTo: Self.smallLimit)
        }
    }

    /// In a time that does not tell how much of it was right.
    private static func isSame(_ said: String?, _ expected: String) -> Bool {
        let (said, expected) = (Array((said ?? "").utf8), Array(expected.utf8))
        guard said.count == expected.count else { return false }
        return zip(said, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The token of a state folder, made where there is none: 32 random bytes, mode 0600.
    static func token(inState state: String) throws -> String {
        let path = Configuration.token(inState: state)
        if access(path, F_OK) == 0 {
            let text = try ReadableFile.text(path, role: "token of the local interface")
            let token = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            guard token.utf8.count >= 32 else { throw ConfigurationError.shortToken(path: path) }
            return token
        }
        let token = random(bytes: 32)
        try Files.writeAtomically(path, Array("\(token)\n".utf8), mode: 0o600)
        return token
    }

    /// From the operating system's randomness, in hexadecimal.
    static func random(bytes count: Int) -> String {
        var source = SystemRandomNumberGenerator()
        return Hexadecimal.text(
            (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &source) })
    }
}
