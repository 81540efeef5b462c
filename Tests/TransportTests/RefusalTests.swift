// Room:  TransportTests.
// Task:  everybody who must not come in, and what it costs us.
// May:   EventLoop, Identity, Transport, Wire, Foundation, Testing.
// Proof: –

import EventLoop
import Foundation
import Identity
import Testing
import Transport
import Wire

@Suite struct RefusalTests {
    /// What `openssl s_client` saw: application data, and its complaints.
    private struct Seen {
        var data = ""
        var complaints = ""
    }

    /// Runs `openssl s_client` against a node that greets whoever gets in.
    private func client(
        _ options: [String], admits: [UInt8] = [2]
    ) throws -> (Seen, TransportCounters, [TransportError]) {
        let bench = try Bench()
        var limits = TransportLimits()
        limits.closeTimeout = .milliseconds(300)
        let one = try bench.endpoint(1, admits: admits, limits: limits)
        var told: [TransportError] = []
        one.onRefusal = { told.append($1) }
        let listener = try bench.keep(
            one.listen(on: loopback) { connection in
                bench.keep(connection)
                connection.start(onMessage: { _ in }, onClosed: { _ in })
                connection.send(heartbeat(99))
                connection.close(sending: farewell(.leaving, "that was all"))
            })
        var seen = Seen()
        var waiting = 3
        let ended = {
            waiting -= 1
            guard waiting == 0 else { return }
            bench.when({ one.handshakesInFlight == 0 }) { bench.done() }
        }
        let child = try ChildProcess.spawn(
            loop: bench.loop, executable: "openssl",
            arguments: ["s_client", "-quiet", "-connect", listener.localAddress.description]
                + options,
            standardOutput: .pipe {
                seen.data += String(decoding: $0, as: UTF8.self)
                if $0.isEmpty { ended() }
            },
            standardError: .pipe {
                seen.complaints += String(decoding: $0, as: UTF8.self)
                if $0.isEmpty { ended() }
            }
        ) { _, _ in ended() }
        bench.keep(child)
        bench.run()
        return (seen, one.counters, told)
    }

    private func withKeyFiles<R>(
        _ body: (_ options: [String], _ id: NodeID) throws -> R
    ) throws -> R {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("starling-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try LocalIdentity.create(in: folder)
        return try body(
            [
                "-cert", "\(folder)/\(LocalIdentity.certificateFile)",
                "-key", "\(folder)/\(LocalIdentity.keyFile)",
            ], made.nodeID)
    }

    @Test func aMemberGetsInWithOpenSSLsOwnClient() throws {
        // The control: what the strangers below do not get.
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("starling-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let member = identity(2)
        try member.certificate.pem.write(
            toFile: "\(folder)/crt", atomically: true, encoding: .utf8)
        // PKCS #8 around the seed (RFC 8410 §7).
        let head: [UInt8] = [
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
            0x04, 0x20,
        ]
        let der = Data(head + [UInt8](repeating: 2, count: 32)).base64EncodedString()
        try "-----BEGIN PRIVATE KEY-----\n\(der)\n-----END PRIVATE KEY-----\n".write(
            toFile: "\(folder)/key", atomically: true, encoding: .utf8)
        let (seen, counters, told) = try client(
            ["-alpn", "starling/1", "-cert", "\(folder)/crt", "-key", "\(folder)/key"])
        #expect(seen.data.contains("that was all"), "\(seen)")
        #expect(counters.handshakes == 1)
        #expect(told.isEmpty)
    }

    @Test func noCertificateGetsNothing() throws {
        let (seen, counters, told) = try client(["-alpn", "starling/1"])
        #expect(seen.data.isEmpty)
        #expect(seen.complaints.contains("alert number 116"), "\(seen.complaints)")
        #expect(told == [.noCertificate])
        #expect(counters.badCertificates == 1 && counters.handshakes == 0)
    }

    @Test func aStrangersCertificateGetsNothing() throws {
        try withKeyFiles { options, id in
            let (seen, counters, told) = try client(["-alpn", "starling/1"] + options)
            #expect(seen.data.isEmpty)
            #expect(seen.complaints.contains("alert number 48"), "\(seen.complaints)")
            #expect(told == [.stranger(id)])
            #expect(counters.strangers == 1 && counters.handshakes == 0)
        }
    }

    @Test func tls12GetsNothing() throws {
        try withKeyFiles { options, _ in
            let (seen, counters, told) = try client(["-alpn", "starling/1", "-tls1_2"] + options)
            #expect(seen.data.isEmpty)
            #expect(seen.complaints.contains("alert number 70"), "\(seen.complaints)")
            #expect(told == [.tlsVersion])
            #expect(counters.tlsVersion == 1 && counters.handshakes == 0)
        }
    }

    @Test(arguments: [[], ["-alpn", "h2,http/1.1"], ["-alpn", "starling/10"]])
    func anotherProtocolGetsNothing(alpn: [String]) throws {
        try withKeyFiles { options, _ in
            let (seen, counters, told) = try client(alpn + options)
            #expect(seen.data.isEmpty)
            #expect(told == [.otherProtocol])
            #expect(counters.otherProtocol == 1 && counters.handshakes == 0)
        }
    }

    /// What a plain TCP client sends, and what it is counted as.
    static let plain: [(String, [UInt8], TransportError)] = [
        ("text", Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), .garbage),
        ("zeros", [UInt8](repeating: 0, count: 5000), .garbage),
        ("noise", (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ 129) }, .garbage),
        ("a megabyte", [UInt8](repeating: 0x16, count: 1_000_000), .garbage),
        ("an empty record", [0x16, 3, 1, 0, 0], .handshakeTimeout),
        ("an endless hello", [0x16, 3, 1, 0x3f, 0xff, 1, 0xff, 0xff, 0xff], .handshakeTimeout),
        ("half a record", [0x16, 3, 1, 0, 200, 1], .handshakeTimeout),
        ("nothing", [], .handshakeTimeout),
    ]

    @Test(arguments: plain.indices)
    func whatIsNotTLSIsClosedCountedAndForgotten(index: Int) throws {
        let (name, bytes, expected) = Self.plain[index]
        let bench = try Bench()
        var limits = TransportLimits()
        limits.handshakeTimeout = .milliseconds(200)
        limits.closeTimeout = .milliseconds(200)
        let one = try bench.endpoint(1, admits: [2], limits: limits)
        var told: [TransportError] = []
        one.onRefusal = { told.append($1) }
        let listener = try bench.keep(
            one.listen(on: loopback) { _ in Issue.record("\(name) came in") })
        TCPStream.connect(loop: bench.loop, to: listener.localAddress, timeout: .seconds(5)) {
            guard case .success(let stream) = $0 else {
                Issue.record("\($0)")
                return
            }
            bench.keep(stream)
            stream.startReading(
                onBytes: { _ in },
                onEnd: { _ in
                    stream.close()
                    bench.when({ one.handshakesInFlight == 0 }) { bench.done() }
                })
            stream.write(bytes)
        }
        bench.run()
        #expect(one.counters.handshakes == 0)
        guard told.count == 1, let seen = told.first else {
            Issue.record("\(name): told \(told)")
            return
        }
        if case .tls = seen, expected == .garbage { return }
        #expect(seen == expected, "\(name)")
    }

    @Test func whoLeavesAtOnceIsCounted() throws {
        let bench = try Bench()
        let one = try bench.endpoint(1, admits: [2])
        let listener = try bench.keep(one.listen(on: loopback) { _ in })
        TCPStream.connect(loop: bench.loop, to: listener.localAddress, timeout: .seconds(5)) {
            (try? $0.get())?.close()
        }
        bench.when({ one.counters.abandoned == 1 }) { bench.done() }
        bench.run()
        #expect(one.handshakesInFlight == 0)
    }

    @Test(arguments: [(64, 8), (16, 1000)])
    func manySilentClientsStayBoundedAndAMemberStillGetsIn(total: Int, perAddress: Int) throws {
        let bench = try Bench()
        var limits = TransportLimits()
        limits.handshakesInFlight = total
        limits.handshakesInFlightPerAddress = perAddress
        limits.handshakeTimeout = .milliseconds(500)
        limits.closeTimeout = .milliseconds(100)
        let bound = min(total, perAddress)
        let one = try bench.endpoint(1, admits: [2], limits: limits)
        let two = try bench.endpoint(2, admits: [1])
        var told = 0
        one.onRefusal = { _, _ in told += 1 }
        let listener = try bench.keep(
            one.listen(on: loopback) {
                bench.keep($0)
                bench.done()
            })
        var most = 0
        let count = 60
        for _ in 0..<count {
            TCPStream.connect(loop: bench.loop, to: listener.localAddress, timeout: .seconds(5)) {
                most = max(most, one.handshakesInFlight)
                guard let stream = try? $0.get() else { return }
                bench.keep(stream)
            }
        }
        bench.when({
            most = max(most, one.handshakesInFlight)
            return one.counters.accepted == UInt64(count) && one.handshakesInFlight == 0
        }) {
            #expect(one.counters.tooMany == UInt64(count - bound))
            #expect(one.counters.timeouts == UInt64(bound))
            #expect(told == 1, "once a minute and address")
            two.dial(port(of: listener), expecting: nodeID(1), timeout: .seconds(10)) {
                guard case .success(let connection) = $0 else {
                    Issue.record("\($0)")
                    return
                }
                bench.keep(connection)
            }
        }
        bench.run()
        #expect(most == bound)
    }

    @Test func aWrongKeyForAnIDEndsTheDial() throws {
        let bench = try Bench()
        let one = try bench.endpoint(1, admits: [2])
        let two = try bench.endpoint(2, admits: [1, 3])
        let listener = try bench.keep(
            one.listen(on: loopback) { _ in Issue.record("the listener saw a success") })
        two.dial(port(of: listener), expecting: nodeID(3), timeout: .seconds(10)) { result in
            guard case .failure(let error) = result else {
                Issue.record("took a wrong key")
                return
            }
            #expect(error == .wrongKey(expected: nodeID(3), found: nodeID(1)))
            #expect(error.exitStatus == 77)
            bench.when({ one.counters.refusedByPeers == 1 }) { bench.done() }
        }
        bench.run()
        #expect(two.counters.wrongKeys == 1)
    }

    @Test func aDialToOurselvesIsSaid() throws {
        let bench = try Bench()
        let one = try bench.endpoint(1, admits: [1, 2])
        let listener = try bench.keep(one.listen(on: loopback) { _ in })
        one.dial(port(of: listener), expecting: nodeID(2), timeout: .seconds(10)) { result in
            guard case .failure(.ourselves) = result else {
                Issue.record("\(result)")
                return
            }
            bench.done()
        }
        bench.run()
    }

    @Test(arguments: [Admission.Refusal.stranger, .expelled])
    func aRefusedDiallerHearsWhy(refusal: Admission.Refusal) throws {
        let bench = try Bench()
        let one = try bench.endpoint(1, admits: [])
        one.admit = { _ in .refused(refusal) }
        let two = try bench.endpoint(2, admits: [1])
        let listener = try bench.keep(one.listen(on: loopback) { _ in Issue.record("came in") })
        two.dial(port(of: listener), expecting: nodeID(1), timeout: .seconds(10)) { result in
            guard let connection = try? result.get() else {
                Issue.record("\(result)")
                return
            }
            bench.keep(connection)
            connection.start(
                onMessage: { _ in Issue.record("a message from who refused us") },
                onClosed: {
                    let why = refusal == .stranger ? PeerRefusal.unknownKey : .expelled
                    #expect($0 == .failed(.refusedByPeer(why)))
                    bench.done()
                })
            // Said before the refusal is known: must not turn it into a broken connection.
            connection.send(heartbeat(1))
        }
        bench.run()
        #expect(refusal == .stranger ? one.counters.strangers == 1 : one.counters.expelled == 1)
    }

    @Test func anOverlongMessageEndsTheConnectionWithAReasonAtBothEnds() throws {
        let bench = try Bench()
        try bench.pair { listening, dialling in
            var events = 0
            let finish = {
                events += 1
                if events == 3 { bench.done() }
            }
            listening.start(
                onMessage: { _ in Issue.record("delivered") },
                onClosed: {
                    guard case .failed(.violation(.frameTooLong)) = $0 else {
                        Issue.record("\($0)")
                        return
                    }
                    finish()
                })
            dialling.start(
                onMessage: {
                    guard case .farewell(let body) = $0 else {
                        Issue.record("\($0)")
                        return
                    }
                    #expect(body.code == .protocolError)
                    #expect(body.reason.contains("limit"))
                    finish()
                },
                onClosed: {
                    #expect($0 == .ended)
                    finish()
                })
            dialling.send(delta(bytes: 70_000))
        }
        bench.run()
        #expect(bench.endpoints.map(\.counters.violations) == [1, 0])
    }
}
