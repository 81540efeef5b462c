// Room:  Daemon (floor 5).
// Task:  where the local interface is on TCP: loopback and nothing else.
// May:   EventLoop, Federation.
// Proof: Tests/DaemonTests/ConfigurationTests.swift

import EventLoop
import Federation

extension Configuration {
    /// The interface can change the roster and the model: no other machine may reach it.
    static func loopback(_ section: TOMLSection, _ key: String) throws(TOMLFault) -> SocketAddress?
    {
        guard let text = try section.optionalString(key), !text.isEmpty else { return nil }
        let address = try listening(text, section, key, examples: "\"127.0.0.1:7448\"")
        guard address.isLoopback else {
            throw section.fault(
                key, "\(address) can be reached from other machines",
                hint: "the local interface is on loopback only: \"127.0.0.1:7448\"")
        }
        return address
    }
}
