// Room:  EventLoopTests.
// Task:  TCP on loopback: echo, back-pressure, ends of all kinds, names.
// May:   EventLoop, Testing, Glibc.
// Proof: –

import EventLoop
import Glibc
import Testing

@Suite struct TCPTests {
    /// A listener, and both ends of one connection through it, handed to the test.
    private func withPair(
        ip: String = "127.0.0.1",
        _ test:
            @escaping (_ client: TCPStream, _ server: TCPStream, _ done: @escaping () -> Void)
            -> Void
    ) throws {
        try withLoop { loop, done in
            let any = try #require(SocketAddress(ip: ip, port: 0))
            let listener = try TCPListener(loop: loop, address: any)
            let ends = Box<(client: TCPStream?, server: TCPStream?)>((nil, nil))
            let begin = {
                guard let client = ends.value.client, let server = ends.value.server else {
                    return
                }
                test(client, server) {
                    client.close()
                    server.close()
                    done()
                }
            }
            listener.onConnection = {
                ends.value.server = $0
                begin()
            }
            TCPStream.connect(loop: loop, to: listener.localAddress, timeout: .seconds(5)) {
                guard case .success(let stream) = $0 else {
                    Issue.record("\($0)")
                    return
                }
                ends.value.client = stream
                begin()
            }
            return [listener, ends]
        }
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func bytesComeThroughBothWays(ip: String) throws {
        try withPair(ip: ip) { client, server, done in
            var heard: [UInt8] = []
            server.startReading(onBytes: { server.write(Array($0)) }, onEnd: { _ in })
            client.startReading(
                onBytes: {
                    heard += $0
                    guard heard.count == 5 else { return }
                    #expect(heard == Array("hello".utf8))
                    #expect(client.bytesWritten == 5)
                    #expect(client.bytesRead == 5)
                    #expect(client.remoteAddress?.ip == ip)
                    done()
                }, onEnd: { _ in })
            client.setNoDelay(true)
            client.setKeepAlive(after: .seconds(60))
            client.write(Array("hello".utf8))
        }
    }

    @Test func manyMegabytesArriveUnharmedThroughASlowReader() throws {
        let bytes = (0..<6_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try withPair { client, server, done in
            var heard: [UInt8] = []
            let pause = LoopTimer(loop: server.loop)
            var drained = 0
            server.startReading(
                onBytes: {
                    heard += $0
                    server.stopReading()
                    pause.start(after: .zero) { server.resumeReading() }
                    guard heard.count == bytes.count else { return }
                    #expect(heard == bytes)
                    #expect(client.queuedBytes == 0)
                    #expect(client.bytesWritten == UInt64(bytes.count))
                    #expect(drained == 1)
                    pause.close()
                    done()
                }, onEnd: { _ in })
            client.onDrained = { drained += 1 }
            client.write(bytes)
            // A reader that reads nothing yet: most of it is queued here, and counted.
            #expect(client.queuedBytes > 0)
            #expect(client.bytesWritten + UInt64(client.queuedBytes) == UInt64(bytes.count))
        }
    }

    @Test func anOrderlyEndIsToldAsNil() throws {
        try withPair { client, server, done in
            server.startReading(onBytes: { _ in }) { error in
                #expect(error == nil)
                // The other direction still works.
                server.write([1, 2, 3])
            }
            var heard = 0
            client.startReading(
                onBytes: {
                    heard += $0.count
                    if heard == 3 { done() }
                }, onEnd: { _ in })
            client.finishWriting()
        }
    }

    @Test func aResetIsToldAsABrokenConnection() throws {
        try withPair { client, server, done in
            server.startReading(onBytes: { _ in }) { error in
                guard case .connectionReset = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                done()
            }
            client.reset()
        }
    }

    @Test func nothingIsCalledAfterCloseEvenWithWritesUnderWay() throws {
        try withPair { client, server, done in
            client.startReading(
                onBytes: { _ in Issue.record("read after close") },
                onEnd: { _ in Issue.record("end after close") })
            client.onDrained = { Issue.record("drained after close") }
            server.write([1])
            client.write([UInt8](repeating: 7, count: 8_000_000))
            let written = client.bytesWritten
            client.close()
            client.write([1])
            client.stopReading()
            #expect(client.queuedBytes == 0)
            #expect(client.bytesWritten == written)
            let timer = LoopTimer(loop: server.loop)
            timer.start(after: .milliseconds(20)) {
                timer.close()
                done()
            }
        }
    }

    @Test func nobodyThereIsRefusedByName() throws {
        try withLoop { loop, done in
            let listener = try TCPListener(loop: loop, address: loopback)
            let address = listener.localAddress
            listener.close()
            TCPStream.connect(loop: loop, to: address, timeout: .seconds(5)) { result in
                guard case .failure(let error) = result else {
                    Issue.record("connected to a closed port")
                    return
                }
                #expect(error == .refused("connect to \(address)"))
                #expect(error.hint != nil)
                done()
            }
            return []
        }
    }

    @Test func anAddressInUseIsSaid() throws {
        let loop = try EventLoop()
        let first = try TCPListener(loop: loop, address: loopback)
        let error = #expect(throws: EventLoopError.self) {
            _ = try TCPListener(loop: loop, address: first.localAddress)
        }
        #expect(error == .addressInUse("listen on \(first.localAddress)"))
        first.close()
    }

    /// As the example configuration has it; the system's usual lets IPv6 take both.
    @Test func allAddressesOfBothKindsShareAPort() throws {
        let loop = try EventLoop()
        let any = try #require(SocketAddress(ip: "0.0.0.0", port: 0))
        let first = try TCPListener(loop: loop, address: any)
        let six = try #require(SocketAddress(ip: "::", port: first.localAddress.port))
        let second = try TCPListener(loop: loop, address: six)
        #expect(second.localAddress.port == first.localAddress.port)
        first.close()
        second.close()
    }

    @Test func aForeignAddressCannotBeListenedOn() throws {
        let loop = try EventLoop()
        let foreign = try #require(SocketAddress(ip: "192.0.2.1", port: 0))
        let error = #expect(throws: EventLoopError.self) {
            _ = try TCPListener(loop: loop, address: foreign)
        }
        #expect(error == .addressNotAvailable("listen on \(foreign)"))
    }

    @Test func aConnectionThatDoesNotComeTimesOut() throws {
        // A full backlog on loopback swallows the SYN, as a firewall does.
        try withLoop { loop, done in
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    #expect(bind(listener, $0, length) == 0)
                    #expect(listen(listener, 0) == 0)
                    #expect(getsockname(listener, $0, &length) == 0)
                }
            }
            let port = UInt16(bigEndian: name.sin_port)
            let address = try #require(SocketAddress(ip: "127.0.0.1", port: port))
            let streams = Box<[TCPStream]>([])
            var failed = false
            for _ in 0..<4 {
                TCPStream.connect(loop: loop, to: address, timeout: .milliseconds(300)) {
                    switch $0 {
                    case .success(let stream): streams.value.append(stream)
                    case .failure(let error):
                        guard !failed else { return }
                        failed = true
                        #expect(error == .timedOut("connect to \(address)"))
                        close(listener)
                        done()
                    }
                }
            }
            return [streams]
        }
    }

    @Test func aCancelledConnectIsNotHeardOfAgain() throws {
        try withLoop { loop, done in
            let listener = try TCPListener(loop: loop, address: loopback)
            let attempt = TCPStream.connect(
                loop: loop, to: listener.localAddress, timeout: .seconds(5)
            ) { _ in Issue.record("called after cancel") }
            attempt.cancel()
            attempt.cancel()
            let timer = LoopTimer(loop: loop)
            timer.start(after: .milliseconds(20)) { done() }
            return [listener, timer]
        }
    }

    @Test func aNameIsResolvedAndANumberNeedsNoLookup() throws {
        try withLoop { loop, done in
            var answers = 0
            let host = HostPort(host: "localhost", port: 7447)
            Resolver.resolve(loop: loop, host) { result in
                let addresses = (try? result.get()) ?? []
                #expect(addresses.contains { $0.ip == "127.0.0.1" || $0.ip == "::1" })
                #expect(addresses.allSatisfy { $0.port == 7447 })
                answers += 1
                if answers == 2 { done() }
            }
            Resolver.resolve(loop: loop, HostPort(host: "::1", port: 1)) { result in
                #expect((try? result.get())?.map(\.description) == ["[::1]:1"])
                answers += 1
                if answers == 2 { done() }
            }
            Resolver.resolve(loop: loop, host) { _ in Issue.record("cancelled") }.cancel()
            return []
        }
    }

    @Test func aNameThatIsNoneIsAnError() throws {
        try withLoop { loop, done in
            // Longer than a label may be: the resolver answers without asking anybody.
            let name = String(repeating: "x", count: 80) + ".invalid"
            Resolver.resolve(loop: loop, HostPort(host: name, port: 1)) { result in
                guard case .failure(let error) = result else {
                    Issue.record("resolved \(name)")
                    return
                }
                #expect(error.what.contains("resolve xxx"))
                done()
            }
            return []
        }
    }
}
