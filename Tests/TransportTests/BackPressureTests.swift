// Room:  TransportTests.
// Task:  big messages, slow readers, and control messages that pass them.
// May:   EventLoop, Identity, Transport, Wire, Foundation, Testing.
// Proof: –

import EventLoop
import Foundation
import Identity
import Testing
import Transport
import Wire

/// A pattern whose period has nothing in common with the size of a part.
func payload(_ count: Int) -> Data {
    var data = Data((0..<4099).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) })
    while data.count < count { data.append(data) }
    return data.prefix(count)
}

@Suite struct BackPressureTests {
    @Test func heartbeatsPassBetweenThePartsOfABigMessage() throws {
        let bench = try Bench()
        let big = delta(bytes: 5_000_000)
        try bench.pair { listening, dialling in
            listening.raiseMessageLimit(to: 6_000_000)
            var early = 0
            var delivered = false
            listening.start(
                onMessage: { message in
                    switch message {
                    case .heartbeat: early += 1
                    case .delta:
                        #expect(message == big)
                        #expect(early >= 3, "\(early) heartbeats came before the delta's end")
                        delivered = true
                        bench.done()
                    default: Issue.record("\(message)")
                    }
                }, onClosed: { Issue.record("\($0)") })
            dialling.start(onMessage: { _ in }, onClosed: { Issue.record("\($0)") })
            dialling.send(big)
            func beat(_ token: UInt64) {
                guard !delivered else { return }
                dialling.send(heartbeat(token))
                bench.loop.atEndOfTurn { beat(token + 1) }
            }
            beat(1)
        }
        bench.run()
    }

    @Test func aSlowReaderCostsOneBulkMessageAndAHeartbeatStillOvertakesIt() throws {
        let bench = try Bench()
        let size = 12_000_000
        try bench.pair { listening, dialling in
            listening.raiseMessageLimit(to: size + 1000)
            var early = 0
            listening.start(
                onMessage: { message in
                    if case .heartbeat = message { early += 1 }
                    guard case .delta = message else { return }
                    #expect(early == 1)
                    #expect(dialling.queuedBytes == 0)
                    bench.done()
                }, onClosed: { Issue.record("\($0)") })
            dialling.start(onMessage: { _ in }, onClosed: { Issue.record("\($0)") })
            listening.pauseReading()
            dialling.send(delta(bytes: size))
            var before: UInt64 = 0
            let look = bench.keep(LoopTimer(loop: bench.loop))
            look.start(after: .milliseconds(20), repeating: .milliseconds(20)) {
                // Until the system takes no more.
                guard dialling.bytesSent == before else {
                    before = dialling.bytesSent
                    return
                }
                look.close()
                #expect(dialling.queuedBulk == 1)
                // The message itself, and no encrypted copy of more than one part.
                #expect(dialling.queuedBytes < size + 10_000)
                #expect(
                    UInt64(dialling.queuedBytes) + dialling.bytesSent < UInt64(size) + 70_000)
                dialling.send(heartbeat(1))
                bench.loop.atEndOfTurn { listening.resumeReading() }
            }
        }
        bench.run()
    }

    @Test func aPeerThatNeverReadsIsGivenUp() throws {
        let bench = try Bench()
        var limits = TransportLimits()
        limits.queuedControl = 50_000
        limits.bufferedOutgoing = 20_000
        try bench.pair(limits: limits) { listening, dialling in
            listening.start(onMessage: { _ in }, onClosed: { _ in })
            listening.pauseReading()
            var ended = false
            dialling.start(
                onMessage: { _ in },
                onClosed: {
                    #expect($0 == .failed(.tooSlow))
                    ended = true
                    bench.done()
                })
            func flood() {
                guard !ended else { return }
                for token in 1...1000 { dialling.send(heartbeat(UInt64(token))) }
                #expect(dialling.queuedBytes < 50_000 + 20_000 + 66_000)
                bench.loop.atEndOfTurn { flood() }
            }
            flood()
        }
        bench.run()
    }

    @Test func closingTowardsAPeerThatNeverReadsEndsAllTheSame() throws {
        let bench = try Bench()
        var limits = TransportLimits()
        limits.closeTimeout = .milliseconds(100)
        try bench.pair(limits: limits) { listening, dialling in
            listening.start(onMessage: { _ in }, onClosed: { _ in })
            listening.pauseReading()
            dialling.start(
                onMessage: { _ in },
                onClosed: {
                    #expect($0 == .closedHere)
                    bench.done()
                })
            dialling.send(delta(bytes: 12_000_000))
            dialling.send(delta(bytes: 12_000_000))
            bench.loop.atEndOfTurn {
                bench.when({ dialling.bytesSent > 100_000 }) {
                    dialling.close(sending: farewell(.leaving, ""))
                    // Only the one half sent is kept.
                    #expect(dialling.queuedBytes < 12_100_000)
                }
            }
        }
        bench.run()
    }
}
