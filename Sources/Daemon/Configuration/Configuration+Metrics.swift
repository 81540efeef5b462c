// Room:  Daemon (floor 5).
// Task:  where the node may be watched from: loopback, unless it is said aloud.
// May:   EventLoop, Federation.
// Proof: Tests/DaemonTests/ConfigurationTests.swift

import EventLoop
import Federation

extension Configuration {
    /// - Throws: where other machines could reach the address and `anywhere` is not set.
    static func metricsListen(_ section: TOMLSection) throws(TOMLFault) -> SocketAddress? {
        let anywhere = try section.boolean("anywhere", default: false)
        guard let text = try section.optionalString("listen"), !text.isEmpty else { return nil }
        let address = try listening(
            text, section, "listen", examples: "\"127.0.0.1:9464\"")
        guard anywhere || address.isLoopback else {
            throw section.fault(
                "listen", "\(address) can be reached from other machines",
                hint: "listen on 127.0.0.1 and let a proxy guard it, or set 'anywhere = true'")
        }
        return address
    }
}
