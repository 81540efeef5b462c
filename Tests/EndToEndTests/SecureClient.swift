// Room:  EndToEndTests.
// Task:  `openssl s_client` as a peer: somebody else's TLS, with a key of our choice.
// May:   Foundation.
// Proof: itself

import Foundation
import Testing

/// What came of a connection by `openssl s_client`.
struct SecureClient {
    /// Application bytes that the daemon sent.
    let received: Data
    let status: Int32
    let errors: String

    /// - state: whose `identity.key` and `identity.crt` are shown; nil: none.
    /// - sending: application bytes, at once; then it listens until the daemon closes.
    /// - alpn: nil: none is offered.
    init(
        to port: UInt16, as state: String?, sending bytes: [UInt8] = [],
        version: String = "-tls1_3",
        alpn: String? = "starling/1", on bench: Bench, within bound: Double = 20
    ) throws {
        let said = try Program.run(
            try Self.words(port, state, version, alpn), in: bench.folder,
            input: Self.input(bytes, on: bench), within: bound)
        (received, status, errors) = (said.output, said.status, said.errors)
    }

    /// One that is left alone.
    static func started(
        to port: UInt16, as state: String?, sending bytes: [UInt8], on bench: Bench
    ) throws -> Program {
        try Program(
            words(port, state, "-tls1_3", "starling/1"), in: bench.folder,
            input: input(bytes, on: bench), output: "/dev/null", errors: "/dev/null")
    }

    static func words(
        _ port: UInt16, _ state: String?, _ version: String, _ alpn: String?
    ) throws -> [String] {
        var words = ["openssl", "s_client", "-connect", "127.0.0.1:\(port)", version, "-quiet"]
        if let state {
            words += ["-key", "\(state)/identity.key", "-cert", "\(state)/identity.crt"]
        }
        if let alpn { words += ["-alpn", alpn] }
        return words
    }

    private static func input(_ bytes: [UInt8], on bench: Bench) throws -> String {
        let file = bench.path(".sent-\(UUID().uuidString.prefix(8))")
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    var frames: [(kind: UInt8, body: [UInt8])] { RawFrame.frames([UInt8](received)) }
}

/// A conversation by `openssl s_client`: what is said next depends on what came.
final class SecureTalk {
    private let program: Program
    private let pipe: Int32
    private let output: String

    init(to port: UInt16, as state: String, on bench: Bench) throws {
        let input = bench.path(".talk-\(UUID().uuidString.prefix(8))")
        output = input + ".out"
        mkfifo(input, 0o600)
        // For both directions: neither end's opening waits for the other then.
        pipe = open(input, O_RDWR | O_CLOEXEC)
        program = try Program(
            SecureClient.words(port, state, "-tls1_3", "starling/1"), in: bench.folder,
            input: input, output: output, errors: "/dev/null")
    }

    deinit { close(pipe) }

    func send(_ bytes: [UInt8]) { _ = write(pipe, bytes, bytes.count) }

    /// As many of these bytes as there is room for.
    func pour(_ bytes: ArraySlice<UInt8>) -> Int {
        _ = fcntl(pipe, F_SETFL, O_NONBLOCK)
        return max(0, bytes.withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) })
    }

    func ended() throws -> Int32 { try program.ended() }

    /// The body of the first frame of this kind.
    func frame(of kind: UInt8) throws -> [UInt8] {
        var found: [UInt8]?
        try wait(for: "frame of kind \(kind)") {
            let received = try Data(contentsOf: URL(fileURLWithPath: output))
            found = RawFrame.frames([UInt8](received)).first { $0.kind == kind }?.body
            return found != nil
        }
        return try #require(found)
    }
}

/// Frames as Sources/Wire/README.md describes them, written without our own encoder.
enum RawFrame {
    static func frame(_ kind: UInt8, _ body: [UInt8]) -> [UInt8] {
        length(body.count + 1) + [kind] + body
    }

    /// A header that promises more than may come.
    static let overlong = length(0x0020_0000) + [3] + [UInt8](repeating: 7, count: 100)

    static func length(_ count: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
    }

    /// - federation, node: 32 bytes each.
    static func hello(federation: [UInt8], node: [UInt8], parameters: UInt8) -> [UInt8] {
        frame(
            1,
            [0x08, 1, 0x10, 1, 0x1a, 32] + federation + [0x22, 32] + node
                + [0x2a, 4] + Array("test".utf8) + [0x30, parameters])
    }

    /// With rate and weight 1.
    ///
    /// - standing: body of a `Resume` whose epoch, exchange and digest it takes; empty: all 0.
    static func delta(standing: [UInt8] = [], payload: [UInt8] = [], r: Double = 1) -> [UInt8] {
        let one: [UInt8] = [0, 0, 0x80, 0x3f]
        let bits = (0..<8).map { UInt8(truncatingIfNeeded: r.bitPattern >> (8 * $0)) }
        let fields = fields(standing)
        var body = [0x08] + (fields[1] ?? [0]) + [0x10] + (fields[2] ?? [0])
        if !payload.isEmpty { body += [0x22, UInt8(payload.count)] + payload }
        body += [0x29] + bits + [0x4d] + one + [0x55] + one
        if let digest = fields[3] { body += [0x69] + digest }
        return frame(3, body)
    }

    /// Epoch 0, exchange 0: a link on which nothing has happened yet.
    static let resume = frame(6, [])

    /// The values of a message's varint and 64-bit fields, as they are written.
    private static func fields(_ body: [UInt8]) -> [Int: [UInt8]] {
        var fields: [Int: [UInt8]] = [:]
        var left = body[...]
        while let tag = left.popFirst() {
            var value: [UInt8] = []
            if tag & 7 == 1 {
                value = Array(left.prefix(8))
                left = left.dropFirst(8)
            } else {
                while let byte = left.popFirst() {
                    value.append(byte)
                    if byte & 0x80 == 0 { break }
                }
            }
            fields[Int(tag >> 3)] = value
        }
        return fields
    }

    /// Frames that came whole.
    static func frames(_ bytes: [UInt8]) -> [(kind: UInt8, body: [UInt8])] {
        var frames: [(kind: UInt8, body: [UInt8])] = []
        var left = bytes[...]
        while left.count > 4 {
            let length = left.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard length > 0, left.count >= 4 + length else { break }
            let frame = left.dropFirst(4).prefix(length)
            frames.append((frame[frame.startIndex], Array(frame.dropFirst())))
            left = left.dropFirst(4 + length)
        }
        return frames
    }
}
