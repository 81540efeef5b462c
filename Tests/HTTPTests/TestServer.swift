// Room:  tests of HTTP.
// Task:  a server on a loop of its own, raw sockets and curl to talk to it.
// May:   HTTP, EventLoop, Foundation.
// Proof: the tests that use it

import EventLoop
import Foundation
import HTTP
import Testing

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/starling-http-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Carries loop-confined things into closures for `EventLoop.execute`.
/// Unchecked: the tests touch the value on the loop's thread only, or after it has ended.
final class OnLoop<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}

final class TestServer: Sendable {
    let folder: TemporaryFolder
    let loop: EventLoop
    let address: SocketAddress?
    private let server: OnLoop<HTTPServer?>
    private let thread: LoopThread

    var socket: String { "\(folder.path)/http.sock" }

    init(
        tcp: SocketAddress? = nil, limits: HTTPLimits = HTTPLimits(),
        gate: ((HTTPHead) -> HTTPAdmission)? = nil,
        _ handler: @escaping (HTTPRequest, HTTPResponder) -> Void
    ) throws {
        folder = try TemporaryFolder()
        loop = try EventLoop()
        let listening: HTTPServer.Listening =
            tcp.map { .tcp($0) } ?? .unix(path: "\(folder.path)/http.sock")
        let server = try HTTPServer(
            loop: loop, listening: listening, limits: limits, gate: gate, handler: handler)
        address = server.localAddress
        self.server = OnLoop(server)
        thread = loop.start(name: "http-test")
    }

    /// Runs something on the loop with the server, and waits for it.
    func onLoop(_ work: @escaping @Sendable (HTTPServer?) -> Void) {
        let done = DispatchSemaphore(value: 0)
        loop.execute { [server] in
            work(server.value)
            done.signal()
        }
        #expect(done.wait(timeout: .now() + 20) == .success, "the loop is stuck")
    }

    func stop() {
        onLoop { $0?.close() }
        loop.stop()
        thread.join()
        server.value = nil
    }

    /// A plain GET, to see that the server still serves.
    func isAlive() -> Bool {
        let reply = try? LocalClient.request(
            socket: socket, method: "GET", path: "/", timeout: .seconds(20))
        return reply != nil
    }
}

/// Bytes that differ everywhere.
func pattern(_ count: Int) -> [UInt8] {
    let block = (0..<251).map { UInt8($0) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 251)
    while bytes.count < count { bytes += block }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// Runs curl and gives back what it printed.
func curl(_ arguments: [String], input: [UInt8]? = nil) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["curl", "-s", "--max-time", "60"] + arguments
    let output = Pipe()
    process.standardOutput = output
    let source = Pipe()
    process.standardInput = input == nil ? FileHandle.nullDevice : source
    try process.run()
    if let input {
        let handle = source.fileHandleForWriting
        Thread.detachNewThread {
            try? handle.write(contentsOf: Data(input))
            try? handle.close()
        }
    }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
}

/// A Unix socket without any HTTP of ours.
final class RawClient {
    private var descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafeBytes(of: &address) { raw in
            raw.bindMemory(to: sockaddr.self).baseAddress.map {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close() }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// What comes with one read; empty at the end. Nothing at all for 20 s is a failure.
    func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno != ECONNRESET { Issue.record("nothing came: error \(errno)") }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}

extension HTTPResponder {
    func text(_ status: Int, _ text: String) {
        respond(status: status, contentType: "text/plain", body: Array(text.utf8))
    }
}
