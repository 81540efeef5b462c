// Room:  tests of HTTP.
// Task:  socket files and ports: whose they are, and when they are replaced.
// May:   HTTP, EventLoop, Foundation.
// Proof: itself

import EventLoop
import Foundation
import HTTP
import Testing

@Suite struct ListeningTests {
    func listen(_ loop: EventLoop, _ path: String) throws(HTTPError) -> HTTPServer {
        try HTTPServer(loop: loop, listening: .unix(path: path)) { _, responder in
            responder.text(200, "ok")
        }
    }

    /// A socket file that nobody listens on, as after `kill -9`.
    func makeStaleSocket(_ path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafeBytes(of: &address) { raw in
            raw.bindMemory(to: sockaddr.self).baseAddress.map {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        Glibc.close(descriptor)
        try #require(status == 0)
    }

    @Test func theSocketFileIsItsOwnersAloneAndGoesInTheEnd() throws {
        let (loop, folder) = (try EventLoop(), try TemporaryFolder())
        let path = "\(folder.path)/s"
        let server = try listen(loop, path)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        server.close()
        #expect(lstat(path, &status) != 0)
        server.close()
    }

    @Test func aSecondServerOnOnePathIsRefusedAndTheFirstGoesOn() throws {
        let server = try TestServer { _, responder in responder.text(200, "ok") }
        defer { server.stop() }
        let other = try EventLoop()
        #expect(throws: HTTPError.addressInUse(server.socket)) {
            try listen(other, server.socket)
        }
        #expect(server.isAlive())
    }

    @Test func aStaleSocketFileIsReplaced() throws {
        let (loop, folder) = (try EventLoop(), try TemporaryFolder())
        let path = "\(folder.path)/s"
        try makeStaleSocket(path)
        let server = try listen(loop, path)
        _ = try RawClient(path)
        server.close()
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() throws {
        let (loop, folder) = (try EventLoop(), try TemporaryFolder())
        let path = "\(folder.path)/precious"
        try Data("keep me".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: HTTPError.notASocket(path: path)) { try listen(loop, path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "keep me")
    }

    @Test func aSuccessorsSocketFileIsNotRemoved() throws {
        let (loop, folder) = (try EventLoop(), try TemporaryFolder())
        let path = "\(folder.path)/s"
        let first = try listen(loop, path)
        // Moved, not removed: the number of its inode stays taken.
        rename(path, path + ".old")
        let second = try listen(loop, path)
        first.close()
        #expect(access(path, F_OK) == 0)
        second.close()
        #expect(access(path, F_OK) != 0)
    }

    @Test func aPathThatIsTooLongOrLeadsNowhereIsAnError() throws {
        let (loop, folder) = (try EventLoop(), try TemporaryFolder())
        let long = folder.path + "/" + String(repeating: "x", count: 120)
        #expect(throws: HTTPError.pathTooLong(long)) { try listen(loop, long) }
        do {
            _ = try listen(loop, "\(folder.path)/no/such/folder/s")
            Issue.record("it listens nowhere")
        } catch {
            #expect(error.code == "http.system" && error.what.contains("No such file"))
        }
    }

    @Test func aPortInUseIsNamed() throws {
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        let server = try TestServer(tcp: address) { _, responder in responder.text(200, "ok") }
        defer { server.stop() }
        let taken = try #require(server.address)
        let other = try EventLoop()
        #expect(throws: HTTPError.addressInUse("\(taken)")) {
            try HTTPServer(loop: other, listening: .tcp(taken)) { _, _ in }
        }
    }
}
