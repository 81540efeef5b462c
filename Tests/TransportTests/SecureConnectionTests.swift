// Room:  TransportTests.
// Task:  two nodes on loopback: messages, counts, ends, dials.
// May:   EventLoop, Identity, Transport, Wire, Testing.
// Proof: –

import EventLoop
import Identity
import Testing
import Transport
import Wire

@Suite struct SecureConnectionTests {
    @Test(arguments: ["127.0.0.1", "::1", "localhost"])
    func twoNodesSayHello(host: String) throws {
        let bench = try Bench()
        let one = try bench.endpoint(1, admits: [2])
        let two = try bench.endpoint(2, admits: [1])
        let address = try #require(
            SocketAddress(ip: host == "localhost" ? "127.0.0.1" : host, port: 0))
        var heard = 0
        let listener = try one.listen(on: address) { connection in
            bench.keep(connection)
            #expect(connection.peer == nodeID(2))
            #expect(!connection.outgoing)
            connection.start(
                onMessage: {
                    #expect($0 == heartbeat(2))
                    heard += 1
                    if heard == 2 { bench.done() }
                }, onClosed: { Issue.record("\($0)") })
            connection.send(heartbeat(1))
        }
        bench.keep(listener)
        // By name, every address is tried: only IPv4 listens then.
        let dialled = HostPort(host: host, port: listener.localAddress.port)
        two.dial(dialled, expecting: nodeID(1), timeout: .seconds(10)) { result in
            guard case .success(let connection) = result else {
                Issue.record("\(result)")
                return
            }
            bench.keep(connection)
            #expect(connection.peer == nodeID(1))
            #expect(connection.outgoing)
            connection.start(
                onMessage: {
                    #expect($0 == heartbeat(1))
                    heard += 1
                    if heard == 2 { bench.done() }
                }, onClosed: { Issue.record("\($0)") })
            connection.send(heartbeat(2))
        }
        bench.run()
        #expect(one.counters.handshakes == 1)
        #expect(two.counters.handshakes == 1)
        #expect(one.handshakesInFlight == 0)
    }

    @Test func everyByteIsCountedAndATurnIsOneRecord() throws {
        let bench = try Bench()
        try bench.pair { listening, dialling in
            var heard = 0
            let handshake = dialling.bytesSent
            #expect(handshake > 500 && handshake < 2000, "\(handshake) bytes")
            listening.start(
                onMessage: { _ in
                    heard += 1
                    guard heard == 10 else { return }
                    // A TLS 1.3 record costs 5 + 1 + 16 bytes; ten messages in one turn, once.
                    #expect(dialling.bytesSent == handshake + dialling.payloadSent + 22)
                    #expect(listening.bytesReceived == dialling.bytesSent)
                    #expect(listening.payloadReceived == dialling.payloadSent)
                    #expect(dialling.queuedBytes == 0)
                    bench.done()
                }, onClosed: { Issue.record("\($0)") })
            dialling.start(onMessage: { _ in }, onClosed: { Issue.record("\($0)") })
            for token in 1...10 { dialling.send(heartbeat(UInt64(token))) }
        }
        bench.run()
    }

    @Test func aFarewellArrivesWithItsReasonAndBothEndsEndInOrder() throws {
        let bench = try Bench()
        try bench.pair { listening, dialling in
            var events: [String] = []
            let finish = { (event: String) in
                events.append(event)
                guard events.count == 3 else { return }
                #expect(events == ["farewell", "ended", "closed here"])
                bench.done()
            }
            listening.start(
                onMessage: {
                    #expect($0 == .farewell(farewell(.leaving, "until tomorrow")))
                    finish("farewell")
                },
                onClosed: {
                    #expect($0 == .ended)
                    finish("ended")
                })
            dialling.start(
                onMessage: { _ in Issue.record("message after close") },
                onClosed: {
                    #expect($0 == .closedHere)
                    finish("closed here")
                })
            listening.send(heartbeat(1))
            dialling.close(sending: farewell(.leaving, "until tomorrow"))
            dialling.close()
            dialling.send(heartbeat(1))
            #expect(!dialling.isOpen)
        }
        bench.run()
    }

    @Test func whatWasSentBeforeCloseStillArrives() throws {
        let bench = try Bench()
        try bench.pair { listening, dialling in
            var tokens: [UInt64] = []
            listening.start(
                onMessage: {
                    if case .heartbeat(let body) = $0 { tokens.append(body.token) }
                },
                onClosed: {
                    #expect($0 == .ended)
                    #expect(tokens == Array(1...500))
                    bench.done()
                })
            dialling.start(onMessage: { _ in }, onClosed: { _ in })
            for token in 1...500 { dialling.send(heartbeat(UInt64(token))) }
            dialling.close()
        }
        bench.run()
    }

    @Test func aBrokenConnectionIsNotAnOrderlyEnd() throws {
        let bench = try Bench()
        let one = try bench.endpoint(1, admits: [2])
        let two = try bench.endpoint(2, admits: [1])
        let listener = try bench.keep(
            one.listen(on: loopback) { connection in
                bench.keep(connection)
                connection.start(
                    onMessage: { _ in },
                    onClosed: {
                        #expect($0 == .failed(.cutOff))
                        bench.done()
                    })
            })
        var dropped: SecureConnection?
        two.dial(port(of: listener), expecting: nodeID(1), timeout: .seconds(10)) {
            dropped = try? $0.get()
            #expect(dropped != nil)
            // Let go of, not closed: what a killed process looks like.
            dropped = nil
        }
        bench.run()
    }

    @Test func aPausedConnectionDeliversNothingUntilResumed() throws {
        let bench = try Bench()
        try bench.pair { listening, dialling in
            var tokens: [UInt64] = []
            var mayHear = true
            listening.start(
                onMessage: {
                    #expect(mayHear)
                    guard case .heartbeat(let body) = $0 else { return }
                    tokens.append(body.token)
                    // Paused within a delivery: the rest of the batch waits.
                    if body.token == 2 {
                        mayHear = false
                        listening.pauseReading()
                    }
                    if body.token == 5 {
                        #expect(tokens == [1, 2, 3, 4, 5])
                        bench.done()
                    }
                }, onClosed: { Issue.record("\($0)") })
            dialling.start(onMessage: { _ in }, onClosed: { Issue.record("\($0)") })
            for token in 1...4 { dialling.send(heartbeat(UInt64(token))) }
            bench.when({ tokens.count == 2 }) {
                dialling.send(heartbeat(5))
                let later = bench.keep(LoopTimer(loop: bench.loop))
                later.start(after: .milliseconds(20)) {
                    mayHear = true
                    listening.resumeReading()
                }
            }
        }
        bench.run()
    }

    @Test func aDialToAClosedPortIsRefusedByName() throws {
        let bench = try Bench()
        let one = try bench.endpoint(1, admits: [2])
        let two = try bench.endpoint(2, admits: [1])
        let listener = try one.listen(on: loopback) { _ in }
        let address = port(of: listener)
        listener.close()
        two.dial(address, expecting: nodeID(1), timeout: .seconds(10)) { result in
            guard case .failure(.network(.refused)) = result else {
                Issue.record("\(result)")
                return
            }
            bench.done()
        }
        bench.run()
    }

    @Test func aDialToASilentListenerTimesOut() throws {
        let bench = try Bench()
        let two = try bench.endpoint(2, admits: [1])
        let silent = bench.keep(try TCPListener(loop: bench.loop, address: loopback))
        silent.onConnection = { bench.keep($0) }
        let address = HostPort(host: "127.0.0.1", port: silent.localAddress.port)
        two.dial(address, expecting: nodeID(1), timeout: .milliseconds(200)) { result in
            guard case .failure(let error) = result else {
                Issue.record("connected to silence")
                return
            }
            #expect(
                error == .handshakeTimeout
                    || error == .network(.timedOut("connect to \(address)")))
            bench.done()
        }
        bench.run()
    }

    @Test func aCancelledDialIsNotHeardOfAgain() throws {
        let bench = try Bench()
        let one = try bench.endpoint(1, admits: [2])
        let two = try bench.endpoint(2, admits: [1])
        let listener = try bench.keep(one.listen(on: loopback) { bench.keep($0) })
        let address = port(of: listener)
        for turns in 0..<6 {
            let dial = two.dial(address, expecting: nodeID(1), timeout: .seconds(10)) { _ in
                if turns == 0 { Issue.record("called after cancel") }
            }
            // Before it has begun, and at whatever later stage each of these has reached.
            if turns == 0 { dial.cancel() }
            let timer = bench.keep(LoopTimer(loop: bench.loop))
            timer.start(after: .milliseconds(turns)) { dial.cancel() }
        }
        let end = bench.keep(LoopTimer(loop: bench.loop))
        end.start(after: .milliseconds(60)) { bench.done() }
        bench.run()
    }
}
