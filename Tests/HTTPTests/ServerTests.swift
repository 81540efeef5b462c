// Room:  tests of HTTP.
// Task:  requests and bodies of all sizes, and clients that misbehave.
// May:   HTTP, EventLoop, Foundation.
// Proof: itself

import EventLoop
import Foundation
import HTTP
import Testing

@Suite struct ServerTests {
    @Test func aGetIsAnswered() throws {
        let server = try TestServer { request, responder in
            responder.respond(
                status: 201, contentType: "text/x-starling", body: Array("hello".utf8),
                headers: [("X-Round", "7")])
        }
        defer { server.stop() }
        let reply = try curl(["-i", "--unix-socket", server.socket, "http://localhost/a"])
        #expect(reply.hasPrefix("HTTP/1.1 201 Created\r\n"))
        #expect(reply.contains("Content-Type: text/x-starling\r\n"))
        #expect(reply.contains("X-Round: 7\r\n"))
        #expect(reply.contains("Content-Length: 5\r\n"))
        #expect(reply.hasSuffix("\r\n\r\nhello"))
    }

    @Test func methodPathQueryAndHeadersArrive() throws {
        let server = try TestServer { request, responder in
            let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            responder.text(
                200,
                "\(request.method) \(request.path) [\(query)] \(request.header("x-a") ?? "none") "
                    + "\(request.parameter("b") ?? "none") \(request.body.count)")
        }
        defer { server.stop() }
        let reply = try curl([
            "--unix-socket", server.socket, "-X", "DELETE", "-H", "X-A: 1 2",
            "http://localhost/v1/a%20b?b=x%26y&flag&b=2",
        ])
        #expect(reply == "DELETE /v1/a b [b=x&y,flag=,b=2] 1 2 x&y 0")
    }

    @Test func whoAsksOverASocketIsKnownByItsProcess() throws {
        let server = try TestServer { request, responder in
            responder.text(200, "\(request.process.map(String.init) ?? "nobody")")
        }
        defer { server.stop() }
        let reply = try LocalClient.request(socket: server.socket, method: "GET", path: "/")
        #expect(String(decoding: reply.body, as: UTF8.self) == "\(getpid())")
        let loopback = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        let port = try TestServer(tcp: loopback) { request, responder in
            responder.text(200, request.process == nil ? "nobody" : "somebody")
        }
        defer { port.stop() }
        let address = try #require(port.address)
        #expect(try curl(["http://\(address)/"]) == "nobody")
    }

    @Test func aGateDecidesByTheHeadBeforeABodyIsTaken() throws {
        let server = try TestServer(
            limits: HTTPLimits(body: 10),
            gate: { head in
                guard head.header("x-key") == "right" else {
                    return .refused(status: 401, contentType: "text/plain", body: Array("no".utf8))
                }
                return .body(upTo: head.path == "/large" ? 1000 : 10)
            }
        ) { request, responder in responder.text(200, "\(request.body.count)") }
        defer { server.stop() }
        func ask(_ path: String, key: String, bytes: Int) throws -> String {
            try curl([
                "-s", "-w", " %{http_code}", "--unix-socket", server.socket, "-H", "X-Key: \(key)",
                "-d", String(repeating: "x", count: bytes), "http://localhost\(path)",
            ])
        }
        #expect(try ask("/large", key: "right", bytes: 1000) == "1000 200")
        #expect(try ask("/large", key: "right", bytes: 1001).hasSuffix(" 413"))
        #expect(try ask("/small", key: "right", bytes: 11).hasSuffix(" 413"))
        #expect(try ask("/large", key: "wrong", bytes: 5) == "no 401")
        #expect(try ask("/large", key: "wrong", bytes: 100_000) == "no 401")
    }

    @Test func fiftyMegabytesGoThereAndBack() throws {
        let server = try TestServer { request, responder in
            responder.respond(
                status: 200, contentType: "application/octet-stream", body: request.body)
        }
        defer { server.stop() }
        let body = pattern(50_000_000)
        let reply = try LocalClient.request(
            socket: server.socket, method: "POST", path: "/echo", body: body)
        #expect(reply.status == 200)
        #expect(reply.body == body)
    }

    @Test func curlUploadsFiftyMegabytesWithALengthAndInChunks() throws {
        let server = try TestServer { request, responder in
            responder.text(200, "\(request.body.count) \(request.body == pattern(50_000_000))")
        }
        defer { server.stop() }
        let file = "\(server.folder.path)/body"
        try Data(pattern(50_000_000)).write(to: URL(fileURLWithPath: file))
        let arguments = ["--unix-socket", server.socket, "http://localhost/up", "-T"]
        #expect(try curl(arguments + [file]) == "50000000 true")
        // From a pipe: no length is known.
        #expect(try curl(arguments + ["-"], input: pattern(50_000_000)) == "50000000 true")
    }

    @Test func aBodyAtTheLimitPassesAndOneByteMoreIsRefused() throws {
        let server = try TestServer(limits: HTTPLimits(body: 100_000)) { request, responder in
            responder.text(200, "\(request.body.count)")
        }
        defer { server.stop() }
        for (size, status) in [(100_000, 200), (100_001, 413), (20_000_000, 413)] {
            let reply = try LocalClient.request(
                socket: server.socket, method: "POST", path: "/", body: pattern(size))
            #expect(reply.status == status, "\(size) bytes")
        }
        // In chunks the length shows only at the end.
        let arguments = [
            "--unix-socket", server.socket, "http://localhost/", "-o", "/dev/null", "-w",
            "%{http_code}", "-T", "-",
        ]
        #expect(try curl(arguments, input: pattern(100_000)) == "200")
        #expect(try curl(arguments, input: pattern(150_000)) == "413")
        // Without end: cut off, with no more than the "100 Continue" at its start.
        let endless = try curl(arguments, input: pattern(5_000_000))
        #expect(endless == "100" || endless == "000", "\(endless)")
        #expect(server.isAlive())
    }

    @Test func aMalformedRequestIsRefusedAndTheServerGoesOn() throws {
        let server = try TestServer { _, responder in responder.text(200, "ok") }
        defer { server.stop() }
        for text in ["nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"] {
            let client = try RawClient(server.socket)
            client.send(text)
            let reply = client.receive()
            // The library answers 400, or closes where not even a request line is to be seen.
            #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 400 "), "\(text)")
        }
        #expect(server.isAlive())
    }

    @Test func aConnectionOnWhichNothingMovesIsClosed() throws {
        let server = try TestServer(limits: HTTPLimits(idleSeconds: 1)) { _, responder in
            responder.text(200, "ok")
        }
        defer { server.stop() }
        // Nothing at all; half a head; bytes that the library takes for the start of one.
        for bytes in [[], Array("GET / HT".utf8), [0, 255, 1, 13, 10, 13, 10]] {
            let client = try RawClient(server.socket)
            client.send(bytes)
            let reply = client.receive()
            #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 4"), "\(reply)")
        }
        #expect(server.isAlive())
    }

    @Test func aHeadThatIsTooLongIsRefused() throws {
        let server = try TestServer { _, responder in responder.text(200, "ok") }
        defer { server.stop() }
        let client = try RawClient(server.socket)
        client.send("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n")
        #expect(!client.receive().contains(" 200 "))
        #expect(server.isAlive())
    }

    @Test func anUnfinishedRequestHoldsNobodyUp() throws {
        let server = try TestServer { _, responder in responder.text(200, "ok") }
        defer { server.stop() }
        let slow = try RawClient(server.socket)
        slow.send("GET / HT")
        #expect(server.isAlive())
        slow.send("TP/1.1\r\nHost: x\r\n\r\n")
        #expect(slow.receive().contains("200 OK"))
    }

    @Test func aClientThatGoesInMidUploadOrMidDownloadDoesNoHarm() throws {
        let answer = pattern(20_000_000)
        let server = try TestServer { _, responder in
            responder.respond(status: 200, contentType: "a/b", body: answer)
        }
        defer { server.stop() }
        for _ in 0..<5 {
            let up = try RawClient(server.socket)
            up.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc")
            up.close()
            let down = try RawClient(server.socket)
            down.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(down.receive().hasPrefix("HTTP/1.1 200"))
            down.close()
        }
        #expect(server.isAlive())
    }

    @Test func aConnectionServesSeveralRequests() throws {
        let count = OnLoop(0)
        let server = try TestServer { _, responder in
            count.value += 1
            responder.text(200, "\(count.value)")
        }
        defer { server.stop() }
        let client = try RawClient(server.socket)
        for number in 1...3 {
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(client.receive().hasSuffix("\r\n\r\n\(number)"))
        }
    }

    @Test func headHasNoBody() throws {
        let server = try TestServer { _, responder in responder.text(200, "12345") }
        defer { server.stop() }
        let reply = try LocalClient.request(socket: server.socket, method: "HEAD", path: "/")
        #expect(reply.status == 200 && reply.body.isEmpty)
        let head = try curl(["-I", "--unix-socket", server.socket, "http://localhost/"])
        #expect(head.contains("Content-Length: 5\r\n") && head.hasSuffix("\r\n\r\n"))
    }

    @Test func moreClientsThanConnectionsWaitTheirTurn() throws {
        let server = try TestServer(limits: HTTPLimits(connections: 2)) { _, responder in
            responder.text(200, "ok")
        }
        defer { server.stop() }
        let clients = try (0..<10).map { _ in try RawClient(server.socket) }
        // From the last on: those in the queue first, those with a place in the end.
        for client in clients.reversed() {
            client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        }
        for client in clients { #expect(client.receive().contains("200 OK")) }
    }

    @Test func tcpOnLoopbackWorks() throws {
        for ip in ["127.0.0.1", "::1"] {
            let wanted = try #require(SocketAddress(ip: ip, port: 0))
            let server: TestServer
            do {
                server = try TestServer(tcp: wanted) { _, responder in responder.text(200, "ok") }
            } catch HTTPError.system where ip == "::1" {
                continue  // A machine without IPv6.
            }
            defer { server.stop() }
            let address = try #require(server.address)
            #expect(address.port != 0)
            #expect(try curl(["http://\(address)/"]) == "ok")
        }
    }
}
