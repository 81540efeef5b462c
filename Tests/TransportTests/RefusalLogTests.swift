// Room:  TransportTests.
// Task:  the log of refusals is told of each address once a minute, in bounded memory.
// May:   EventLoop, Transport, Testing.
// Proof: –

import EventLoop
import Testing

@testable import Transport

@Suite struct RefusalLogTests {
    private func address(_ ip: String) throws -> SocketAddress {
        try #require(SocketAddress(ip: ip, port: 1))
    }

    @Test func anAddressIsToldOfOnceAMinute() throws {
        var log = RefusalLog(interval: .seconds(60), capacity: 4)
        let begin = MonotonicTime(nanoseconds: 5_000_000_000)
        let one = try address("10.0.0.1")
        let asked: [(SocketAddress, Duration)] = [
            (one, .zero), (one, .seconds(59)), (try address("10.0.0.2"), .seconds(59)),
            (one, .seconds(60)),
        ]
        var answers: [Bool] = []
        for (address, later) in asked {
            answers.append(log.shouldTell(address, at: begin + later))
        }
        #expect(answers == [true, false, true, true])
    }

    @Test func aFloodOfAddressesFillsNeitherMemoryNorLog() throws {
        var log = RefusalLog(interval: .seconds(60), capacity: 4)
        let begin = MonotonicTime(nanoseconds: 0)
        var told = 0
        for number in 0..<250 where log.shouldTell(try address("10.0.0.\(number)"), at: begin) {
            told += 1
        }
        #expect(told == 4)
        #expect(log.count == 4)
        // A minute later the old ones make room.
        let later = log.shouldTell(try address("10.0.1.1"), at: begin + .seconds(60))
        #expect(later)
        #expect(log.count == 1)
    }

    @Test func anIPv6NetworkIsOneAddressAndAMappedOneIsItsIPv4() throws {
        func group(_ ip: String) throws -> AddressGroup { AddressGroup(try address(ip)) }
        #expect(try group("2001:db8::1") == group("2001:db8::ffff:1"))
        #expect(try group("2001:db8::1") != group("2001:db8:0:1::1"))
        #expect(try group("::ffff:10.0.0.1") == group("10.0.0.1"))
        #expect(try group("::ffff:10.0.0.1") != group("::ffff:10.0.0.2"))
        #expect(try group("::1") != group("::ffff:10.0.0.2"))
    }
}
