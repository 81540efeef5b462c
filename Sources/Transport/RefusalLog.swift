// Room:  Transport (floor 2).
// Task:  how often an address' refusals are told, in bounded memory; how many try at once.
// May:   EventLoop.
// Proof: Tests/TransportTests/RefusalLogTests.swift

import EventLoop

/// What counts as one address: an IPv4 address (mapped ones too), or an IPv6 network of 64 bits,
/// since one host has all addresses in that.
struct AddressGroup: Hashable {
    private let bytes: [UInt8]

    init(_ address: SocketAddress?) {
        let all = address?.bytes ?? []
        let mapped =
            all.count == 16 && all[..<10].allSatisfy { $0 == 0 } && all[10] == 255
            && all[11] == 255
        bytes = mapped ? Array(all[12...]) : Array(all.prefix(all.count == 16 ? 8 : 4))
    }
}

/// Lets one refusal a minute and address through to the log.
///
/// When the table is full of younger entries, further addresses are not told of: a flood from
/// many addresses fills neither memory nor log.
struct RefusalLog {
    private let interval: Duration
    private let capacity: Int
    private var told: [AddressGroup: MonotonicTime] = [:]

    init(interval: Duration, capacity: Int) {
        self.interval = interval
        self.capacity = capacity
    }

    var count: Int { told.count }

    /// Whether to tell now.
    mutating func shouldTell(_ address: SocketAddress?, at now: MonotonicTime) -> Bool {
        let group = AddressGroup(address)
        if let last = told[group] {
            guard now - last >= interval else { return false }
        } else if told.count >= capacity {
            told = told.filter { now - $0.value < interval }
            guard told.count < capacity else { return false }
        }
        told[group] = now
        return true
    }
}
