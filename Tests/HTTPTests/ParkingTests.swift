// Room:  tests of HTTP.
// Task:  answers that come later, or never, and servers that close meanwhile.
// May:   HTTP, EventLoop, Foundation.
// Proof: itself

import EventLoop
import Foundation
import HTTP
import Testing

@Suite struct ParkingTests {
    /// A server that keeps every responder, and says when one has come.
    final class Parking: Sendable {
        let kept = OnLoop<[HTTPResponder]>([])
        let came = DispatchSemaphore(value: 0)
        let server: TestServer

        init() throws {
            let (kept, came) = (self.kept, self.came)
            server = try TestServer { request, responder in
                if request.path == "/park" {
                    kept.value.append(responder)
                    came.signal()
                } else {
                    responder.text(200, "ok")
                }
            }
        }

        func waitForRequest() { #expect(came.wait(timeout: .now() + 20) == .success) }

        func release(_ work: @escaping @Sendable (HTTPResponder) -> Void) {
            server.onLoop { [kept] _ in
                for responder in kept.value { work(responder) }
                kept.value = []
            }
        }
    }

    static let request = "GET /park HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func aParkedRequestIsAnsweredLater() throws {
        let parking = try Parking()
        defer { parking.server.stop() }
        let clients = try (0..<20).map { _ in try RawClient(parking.server.socket) }
        for client in clients {
            client.send(ParkingTests.request)
            parking.waitForRequest()
        }
        #expect(parking.server.isAlive(), "parked requests hold nobody up")
        parking.release { $0.text(200, "later") }
        for client in clients { #expect(client.receive().hasSuffix("\r\n\r\nlater")) }
        // The connection goes on as any other.
        clients[0].send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(clients[0].receive().hasSuffix("ok"))
    }

    @Test func oneRequestsHandlerMayAnswerAnothersParkedRequest() throws {
        let kept = OnLoop<[HTTPResponder]>([])
        let came = DispatchSemaphore(value: 0)
        let server = try TestServer { request, responder in
            if request.path == "/park" {
                kept.value.append(responder)
                came.signal()
            } else {
                for responder in kept.value { responder.text(200, "woken") }
                kept.value = []
                responder.text(200, "ok")
            }
        }
        defer { server.stop() }
        let client = try RawClient(server.socket)
        client.send(ParkingTests.request)
        #expect(came.wait(timeout: .now() + 20) == .success)
        #expect(server.isAlive())
        #expect(client.receive().hasSuffix("woken"))
    }

    @Test func aLargeAnswerToAParkedRequestArrivesWhole() throws {
        let parking = try Parking()
        defer { parking.server.stop() }
        let arrived = OnLoop<[UInt8]>([])
        let done = DispatchSemaphore(value: 0)
        let socket = parking.server.socket
        Thread.detachNewThread {
            let reply = try? LocalClient.request(socket: socket, method: "GET", path: "/park")
            arrived.value = reply?.body ?? []
            done.signal()
        }
        parking.waitForRequest()
        parking.release {
            $0.respond(status: 200, contentType: "a/b", body: pattern(30_000_000))
        }
        #expect(done.wait(timeout: .now() + 60) == .success)
        #expect(arrived.value == pattern(30_000_000))
    }

    @Test func aClientThatGoesWhileParkedDoesNoHarm() throws {
        let parking = try Parking()
        defer { parking.server.stop() }
        for size in [10, 1_000_000] {
            let client = try RawClient(parking.server.socket)
            client.send(ParkingTests.request)
            parking.waitForRequest()
            client.close()
            #expect(parking.server.isAlive())
            parking.release {
                $0.respond(status: 200, contentType: "a/b", body: pattern(size))
            }
            #expect(parking.server.isAlive())
        }
    }

    @Test func aResponderLetGoWithoutAnAnswerAnswers500() throws {
        let parking = try Parking()
        defer { parking.server.stop() }
        let client = try RawClient(parking.server.socket)
        client.send(ParkingTests.request)
        parking.waitForRequest()
        parking.release { _ in }
        #expect(client.receive().hasPrefix("HTTP/1.1 500"))

        let server = try TestServer { _, _ in }
        defer { server.stop() }
        let reply = try LocalClient.request(socket: server.socket, method: "GET", path: "/")
        #expect(reply.status == 500)
    }

    @Test func theFirstAnswerCounts() throws {
        let parking = try Parking()
        defer { parking.server.stop() }
        let client = try RawClient(parking.server.socket)
        client.send(ParkingTests.request)
        parking.waitForRequest()
        parking.release {
            #expect(!$0.isSettled)
            $0.text(200, "first")
            #expect($0.isSettled)
            $0.text(404, "second")
        }
        #expect(client.receive().hasSuffix("first"))
    }

    @Test func closingAnswersParkedRequestsWith503() throws {
        let parking = try Parking()
        let client = try RawClient(parking.server.socket)
        client.send(ParkingTests.request)
        parking.waitForRequest()
        parking.server.onLoop { $0?.close() }
        #expect(client.receive().hasPrefix("HTTP/1.1 503"))
        #expect(access(parking.server.socket, F_OK) != 0, "the socket file is gone")
        // Too late, and harmless.
        parking.release { $0.text(200, "late") }
        parking.server.stop()
    }

    @Test func aServerLetGoWithParkedRequestsClosesItself() throws {
        let loop = try EventLoop()
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/s"
        var kept: [HTTPResponder] = []
        var server: HTTPServer? = try HTTPServer(loop: loop, listening: .unix(path: path)) {
            _, responder in
            kept.append(responder)
            loop.stop()
        }
        let client = try RawClient(path)
        client.send(ParkingTests.request)
        loop.run()
        #expect(kept.count == 1 && server != nil)
        server = nil
        #expect(client.receive() == "")
        kept[0].text(200, "late")
        #expect(access(path, F_OK) != 0)
    }

    @Test func theHandlerMayCloseTheServer() throws {
        let server = OnLoop<HTTPServer?>(nil)
        let loop = try EventLoop()
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/s"
        server.value = try HTTPServer(loop: loop, listening: .unix(path: path)) { _, responder in
            responder.text(200, "bye")
            server.value?.close()
            loop.stop()
        }
        let client = try RawClient(path)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        loop.run()
        #expect(client.receive().hasSuffix("bye"))
        #expect(access(path, F_OK) != 0)
        server.value = nil
    }
}
