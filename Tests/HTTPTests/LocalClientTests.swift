// Room:  tests of HTTP.
// Task:  what the command line is told when the daemon is not as it should be.
// May:   HTTP, Foundation.
// Proof: itself

import Foundation
import HTTP
import Testing

/// A listening Unix socket that says what it is told to, once.
final class Puppet: Sendable {
    let path: String
    private let descriptor: Int32

    /// - says: nil never accepts; else the bytes sent to the first client after its request.
    init(in folder: TemporaryFolder, says: String?) throws {
        path = "\(folder.path)/puppet"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafeBytes(of: &address) { raw in
            raw.bindMemory(to: sockaddr.self).baseAddress.map {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0 && listen(descriptor, 4) == 0)
        guard let says else { return }
        let listening = descriptor
        Thread.detachNewThread {
            let client = accept(listening, nil, nil)
            var buffer = [UInt8](repeating: 0, count: 65_536)
            _ = recv(client, &buffer, buffer.count, 0)
            _ = send(client, says, says.utf8.count, Int32(MSG_NOSIGNAL))
            Glibc.close(client)
        }
    }

    deinit { Glibc.close(descriptor) }
}

@Suite struct LocalClientTests {
    func ask(
        _ path: String, timeout: Duration = .seconds(20), limit: Int = 1000
    ) -> Result<String, HTTPError> {
        do {
            let reply = try LocalClient.request(
                socket: path, method: "GET", path: "/v1/status", timeout: timeout, limit: limit)
            return .success("\(reply.status) " + String(decoding: reply.body, as: UTF8.self))
        } catch {
            return .failure(error)
        }
    }

    @Test func withoutASocketTheDaemonIsSaidNotToRun() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/none"
        #expect(ask(path) == .failure(.noSocket(path: path)))
        #expect(HTTPError.noSocket(path: path).hint?.contains("starling run") == true)
    }

    @Test func aSocketFileLeftBehindIsRefused() throws {
        let folder = try TemporaryFolder()
        var puppet: Puppet? = try Puppet(in: folder, says: nil)
        let path = puppet?.path ?? ""
        puppet = nil
        #expect(ask(path) == .failure(.refused(path: path)))
    }

    @Test(.disabled(if: getuid() == 0, "root may open everything"))
    func somebodyElsesSocketIsAMatterOfPermission() throws {
        let folder = try TemporaryFolder()
        let puppet = try Puppet(in: folder, says: nil)
        chmod(puppet.path, 0)
        #expect(ask(puppet.path) == .failure(.permission("connect to \(puppet.path)")))
    }

    @Test func aDaemonThatSaysNothingTimesOut() throws {
        let folder = try TemporaryFolder()
        let puppet = try Puppet(in: folder, says: nil)
        let limit = Duration.milliseconds(50)
        let expected = HTTPError.timedOut("GET /v1/status", after: limit)
        #expect(ask(puppet.path, timeout: limit) == .failure(expected))
        // A queue that is full times out as well.
        let full = (0..<6).map { _ in ask(puppet.path, timeout: limit) }
        #expect(full.allSatisfy { $0 == .failure(expected) })
    }

    @Test func repliesAreReadWhateverTheirForm() throws {
        for (says, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 ok"),
            ("HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n", "404 "),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "200 ok"),
            ("HTTP/1.0 200 OK\r\n\r\nto the end", "200 to the end"),
            ("HTTP/1.1 204 No Content\r\n\r\n", "204 "),
        ] {
            let folder = try TemporaryFolder()
            let puppet = try Puppet(in: folder, says: says)
            #expect(ask(puppet.path) == .success(expected), "\(says)")
        }
    }

    @Test func brokenRepliesAreErrors() throws {
        for (says, code) in [
            ("", "http.disconnected"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "http.disconnected"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "http.bad-reply"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "http.bad-reply"),
        ] {
            let folder = try TemporaryFolder()
            let puppet = try Puppet(in: folder, says: says)
            guard case .failure(let error) = ask(puppet.path) else {
                Issue.record("\(says) was taken for a reply")
                continue
            }
            #expect(error.code == code, "\(says)")
        }
    }

    @Test func whatIsNoRequestIsNotSent() {
        for (method, path) in [
            ("GET", "no-slash"), ("GET", "/a b"), ("GET", "/a\r\nX: y"), ("get", "/"), ("", "/"),
        ] {
            #expect(throws: HTTPError.badRequest("\(method) \(path)")) {
                try LocalClient.request(socket: "/nowhere", method: method, path: path)
            }
        }
    }
}
