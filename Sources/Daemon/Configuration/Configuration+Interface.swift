// Room:  Daemon (floor 5).
// Task:  ports of the node that only this machine should reach.
// May:   EventLoop, Federation.
// Proof: Tests/DaemonTests/ConfigurationTests.swift

import EventLoop
import Federation

extension Configuration {
    /// The interface can change the roster and the model: no other machine may reach it.
    static func interfaceListen(_ section: TOMLSection) throws(TOMLFault) -> SocketAddress? {
        try loopback(
            section, example: "127.0.0.1:7448",
            hint: "the local interface is on loopback only: \"127.0.0.1:7448\"")
    }

    /// - Throws: where other machines could reach the address and `anywhere` is not set.
    static func metricsListen(_ section: TOMLSection) throws(TOMLFault) -> SocketAddress? {
        try loopback(
            section, example: "127.0.0.1:9464",
            orAnywhere: try section.boolean("anywhere", default: false),
            hint: "listen on 127.0.0.1 and let a proxy guard it, or set 'anywhere = true'")
    }

    /// `listen` of a section; nil where it is not there, or empty.
    private static func loopback(
        _ section: TOMLSection, example: String, orAnywhere isAllowed: Bool = false, hint: String
    ) throws(TOMLFault) -> SocketAddress? {
        guard let text = try section.optionalString("listen"), !text.isEmpty else { return nil }
        let address = try listening(text, section, "listen", examples: "\"\(example)\"")
        guard isAllowed || address.isLoopback else {
            throw section.fault(
                "listen", "\(address) can be reached from other machines", hint: hint)
        }
        return address
    }
}
