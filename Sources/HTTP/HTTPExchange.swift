// Room:  HTTP (floor 2).
// Task:  one request from its head to its answer, as libmicrohttpd walks through it.
// May:   CMicrohttpd.
// Proof: Tests/HTTPTests/ServerTests.swift, Tests/HTTPTests/ParkingTests.swift

import CMicrohttpd

/// One request. libmicrohttpd calls `step` for the head, for each piece of the body, at the end of
/// the body, and again after a suspended connection was resumed.
final class HTTPExchange {
    private enum Phase {
        /// The body is coming in.
        case receiving
        /// The body is too long: it is thrown away, up to a point, and then refused.
        case discarding(Int)
        /// The handler has the request and has not answered; the connection is not suspended yet.
        case handed
        /// Suspended until the answer comes.
        case parked
        case answered(HTTPReply)
        /// The answer is with libmicrohttpd, or the connection is gone.
        case over
    }

    private weak var server: HTTPServer?
    /// Belongs to libmicrohttpd; valid until the phase is `over`.
    private let connection: OpaquePointer
    private let method: String
    private let path: String
    private var limit = 0
    private var phase: Phase = .receiving
    private var body: [UInt8] = []
    /// From `Content-Length`.
    private let announced: Int?

    init(server: HTTPServer, connection: OpaquePointer, method: String, path: String) {
        self.server = server
        self.connection = connection
        self.method = method
        self.path = path
        announced = Self.header(MHD_HTTP_HEADER_CONTENT_LENGTH, of: connection).flatMap { Int($0) }
    }

    var isSettled: Bool {
        switch phase {
        case .answered, .over: true
        case .receiving, .discarding, .handed, .parked: false
        }
    }

    // MARK: Called by libmicrohttpd

    /// The head is there. A body that is announced as too long, or of somebody who may not, is
    /// refused before it comes.
    func stepHead() -> MHD_Result {
        guard let server else { return .NO }
        let head = HTTPHead(method: method, path: path) { [connection] name in
            Self.header(name, of: connection)
        }
        switch server.gate(head) {
        case .body(let most): limit = most
        case .refused(let status, let contentType, let body):
            return queue(
                HTTPReply(status: status, headers: [("Content-Type", contentType)], body: body))
        }
        guard let announced, announced > limit else { return .YES }
        return queue(refusal)
    }

    /// A piece of the body.
    func step(bytes: UnsafeRawBufferPointer) -> MHD_Result {
        switch phase {
        case .receiving:
            guard bytes.count <= limit - body.count else {
                body = []
                phase = .discarding(bytes.count)
                return .YES
            }
            // Once bytes have really come: pages that stay empty cost nothing.
            if body.isEmpty, let announced { body.reserveCapacity(min(announced, limit)) }
            body.append(contentsOf: bytes)
            return .YES
        case .discarding(let count):
            // Whoever goes on for that long does not read answers.
            guard count <= limit else { return .NO }
            phase = .discarding(count + bytes.count)
            return .YES
        case .over:
            return .YES
        case .handed, .parked, .answered:
            return .NO
        }
    }

    /// The body is whole, or a suspended connection goes on.
    func stepEnd() -> MHD_Result {
        switch phase {
        case .receiving:
            return hand()
        case .discarding:
            return queue(refusal)
        case .answered(let reply):
            return queue(reply)
        case .over:
            return .YES
        case .handed, .parked:
            return .NO
        }
    }

    /// libmicrohttpd is done with the request, one way or the other.
    func stepCompleted() {
        phase = .over
        server?.forget(self)
    }

    // MARK: Called by the responder and the server

    func answer(_ reply: HTTPReply) {
        switch phase {
        case .handed:
            phase = .answered(reply)
        case .parked:
            phase = .answered(reply)
            MHD_resume_connection(connection)
            server?.runSoon()
        case .receiving, .discarding, .answered, .over:
            break
        }
    }

    // MARK: Parts

    private var refusal: HTTPReply { .plain(413, "the body may have \(limit) bytes") }

    private func hand() -> MHD_Result {
        guard let server, !server.isClosing else { return .NO }
        let peer = starling_mhd_peer_process(connection)
        let process: Int32? = peer > 0 ? peer : nil
        let request = HTTPRequest(
            method: method, path: path, query: values(starling_mhd_arguments()),
            headers: values(starling_mhd_headers()), body: body, process: process)
        body = []
        phase = .handed
        server.handler(request, HTTPResponder(self))
        if case .answered(let reply) = phase { return queue(reply) }
        phase = .parked
        server.park(self)
        MHD_suspend_connection(connection)
        return .YES
    }

    /// The first of that name, without regard to case.
    private static func header(_ name: String, of connection: OpaquePointer) -> String? {
        MHD_lookup_connection_value(connection, starling_mhd_headers(), name)
            .map { String(cString: $0) }
    }

    private func values(_ kind: MHD_ValueKind) -> [(name: String, value: String)] {
        final class List { var pairs: [(name: String, value: String)] = [] }
        let list = List()
        MHD_get_connection_values(
            connection, kind,
            { context, _, name, value in
                guard let context, let name else { return .YES }
                let list = Unmanaged<List>.fromOpaque(context).takeUnretainedValue()
                list.pairs.append((String(cString: name), value.map { String(cString: $0) } ?? ""))
                return .YES
            }, Unmanaged.passUnretained(list).toOpaque())
        return list.pairs
    }

    private func queue(_ reply: HTTPReply) -> MHD_Result {
        guard let response = makeResponse(reply.body) else { return .NO }
        defer { MHD_destroy_response(response) }
        for (name, value) in reply.headers {
            guard MHD_add_response_header(response, name, value) == .YES else { return .NO }
        }
        phase = .over
        return MHD_queue_response(connection, UInt32(reply.status), response)
    }

    /// Keeps an array alive for as long as libmicrohttpd reads from it.
    private final class Body {
        let bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    /// Small bodies are copied; large ones are read from the array block by block.
    private func makeResponse(_ bytes: [UInt8]) -> OpaquePointer? {
        let block = 64 << 10
        guard bytes.count > block else {
            return bytes.withUnsafeBytes { starling_mhd_copied_response($0.count, $0.baseAddress) }
        }
        let body = Unmanaged.passRetained(Body(bytes)).toOpaque()
        let response = MHD_create_response_from_callback(
            UInt64(bytes.count), block,
            { context, position, buffer, capacity in
                guard let context, let buffer else { return starling_mhd_end_of_body() }
                let body = Unmanaged<Body>.fromOpaque(context).takeUnretainedValue()
                let start = Int(position)
                let count = min(capacity, body.bytes.count - start)
                guard count > 0 else { return starling_mhd_end_of_body() }
                body.bytes.withUnsafeBytes { all in
                    let target = UnsafeMutableRawBufferPointer(start: buffer, count: count)
                    target.copyMemory(from: .init(rebasing: all[start..<start + count]))
                }
                return count
            }, body,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).release() }
            })
        if response == nil { Unmanaged<Body>.fromOpaque(body).release() }
        return response
    }
}
