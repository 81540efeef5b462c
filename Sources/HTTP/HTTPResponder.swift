// Room:  HTTP (floor 2).
// Task:  the answer to one request, at once or later.
// May:   nothing but the standard library.
// Proof: Tests/HTTPTests/ParkingTests.swift

/// The way back to one client. Confined to the loop's thread.
///
/// The handler may answer before it returns, or keep this object and answer later: the connection
/// is suspended meanwhile and costs nothing but its place. A client that has gone in the meantime
/// is noticed only then, and does no harm. Released without an answer, it answers 500.
public final class HTTPResponder {
    private let exchange: HTTPExchange

    init(_ exchange: HTTPExchange) { self.exchange = exchange }

    deinit {
        if !exchange.isSettled { exchange.answer(.plain(500, "no answer")) }
    }

    /// Whether an answer has been given, or can no longer arrive.
    public var isSettled: Bool { exchange.isSettled }

    /// Answers. The first answer counts, later ones do nothing.
    ///
    /// - status: 200 … 599.
    /// - body: kept as it is until it is sent, not copied, whatever its size. Left out for HEAD.
    /// - headers: besides the length, the date and the content type.
    public func respond(
        status: Int, contentType: String, body: [UInt8],
        headers: [(name: String, value: String)] = []
    ) {
        precondition((200...599).contains(status), "\(status) is no final status")
        guard !exchange.isSettled else { return }
        exchange.answer(
            HTTPReply(
                status: status, headers: [("Content-Type", contentType)] + headers, body: body))
    }
}
