// Room:  HTTP (floor 2).
// Task:  a request as the handler sees it, an answer as it gives it, and the limits of both.
// May:   nothing but the standard library.
// Proof: Tests/HTTPTests/ServerTests.swift

/// A whole request, its body included.
public struct HTTPRequest: Sendable {
    /// As sent: `GET`, `POST`, …
    public let method: String
    /// Without the query, percent signs decoded.
    public let path: String
    /// In the order of the URL, decoded; `?name` has the value "".
    public let query: [(name: String, value: String)]
    /// In the order sent, names as sent.
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]
    /// The process that asks over a Unix socket, as the system knows it; nil where it is not seen
    /// from here.
    public let process: Int32?

    public init(
        method: String, path: String, query: [(name: String, value: String)],
        headers: [(name: String, value: String)], body: [UInt8], process: Int32? = nil
    ) {
        self.process = process
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The first value of a header; names are compared without regard to case.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }

    /// The first value of a query parameter.
    public func parameter(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}

/// A request whose body has not come yet. Valid while the gate looks at it.
public struct HTTPHead {
    /// As sent: `GET`, `POST`, …
    public let method: String
    /// Without the query, percent signs decoded.
    public let path: String
    /// Of the header of that name, without regard to case: nil where there is none.
    public let header: (String) -> String?
}

/// What becomes of a request, as its head is seen.
public enum HTTPAdmission: Sendable {
    /// Its body may have so many bytes.
    case body(upTo: Int)
    /// It is answered like this, and its body is not taken.
    case refused(status: Int, contentType: String, body: [UInt8])
}

/// What one listening socket may cost.
public struct HTTPLimits: Sendable {
    /// The longest body of a request, in bytes. A longer one gets 413.
    public var body: Int
    /// Connections at a time, parked ones included; more wait in the system's queue.
    public var connections: UInt32
    /// A connection on which nothing moves for so many seconds is closed; parked ones are not.
    public var idleSeconds: UInt32
    /// Memory of a connection for the head of a request and for its buffers, in bytes.
    public var connectionMemory: Int

    /// The defaults are ours, chosen for a socket that only the daemon's own user can open. Give
    /// a TCP port, which anybody on the machine can reach, a body of a few KiB.
    public init(
        body: Int = 64 << 20, connections: UInt32 = 64, idleSeconds: UInt32 = 60,
        connectionMemory: Int = 128 << 10
    ) {
        self.body = body
        self.connections = connections
        self.idleSeconds = idleSeconds
        self.connectionMemory = connectionMemory
    }
}

/// An answer on its way out.
struct HTTPReply {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    static func plain(_ status: Int, _ text: String) -> HTTPReply {
        HTTPReply(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: Array("\(text)\n".utf8))
    }
}
