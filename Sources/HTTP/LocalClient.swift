// Room:  HTTP (floor 2).
// Task:  the command line's side of the socket: one blocking request.
// May:   Glibc.
// Proof: Tests/HTTPTests/LocalClientTests.swift

import Glibc

/// Asks a daemon over its Unix socket. Blocks the calling thread; never on the loop's thread.
public enum LocalClient {
    /// One request on a connection of its own.
    ///
    /// - path: with the query, percent-encoded: `/v1/status?wait=5`.
    /// - timeout: the longest time in which no byte moves either way, so that a large body may
    ///   take as long as it needs. A parked request needs more than it is parked for.
    /// - limit: the longest body of a reply, in bytes.
    /// - Throws: `noSocket`, `refused`, `permission`, `timedOut`, `disconnected`, `badReply`,
    ///   `badRequest`, `pathTooLong`. A status like 404 is no error.
    public static func request(
        socket path: String, method: String, path target: String, body: [UInt8] = [],
        timeout: Duration = .seconds(30), limit: Int = 1 << 30
    ) throws(HTTPError) -> (status: Int, body: [UInt8]) {
        let subject = "\(method) \(target)"
        guard isToken(method), isTarget(target) else { throw .badRequest(subject) }
        var connection = try LocalConnection(to: path, subject: subject, timeout: timeout)
        let head =
            "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + "Content-Length: \(body.count)\r\n\r\n"
        // A server that refuses the body closes early, and its reply is there to be read.
        if try connection.send(Array(head.utf8)) { _ = try connection.send(body) }
        var parser = HTTPReplyParser(limit: limit, bodiless: method == "HEAD")
        while let bytes = try connection.receive() {
            if try take(bytes, &parser, subject) { return (parser.status, parser.body) }
        }
        guard parser.end() else { throw .disconnected(subject) }
        return (parser.status, parser.body)
    }

    private static func take(
        _ bytes: ArraySlice<UInt8>, _ parser: inout HTTPReplyParser, _ subject: String
    ) throws(HTTPError) -> Bool {
        do {
            return try parser.push(bytes)
        } catch {
            switch error {
            case .malformed(let reason): throw .badReply(subject, reason: reason)
            case .tooLong: throw .badReply(subject, reason: "more than \(parser.limit) bytes")
            }
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (65...90).contains($0) }
    }

    private static func isTarget(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "/") && text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
    }
}
