// Room:  EventLoopTests.
// Task:  a loop that runs on the test's own thread until the test is content, within a bound.
// May:   EventLoop, Testing.
// Proof: every test here

import EventLoop
import Testing

/// Runs a loop on this thread. `set` makes handles and returns what must live meanwhile.
/// A test that never calls `done` fails after the bound.
func withLoop(
    within bound: Duration = .seconds(20),
    _ set: (_ loop: EventLoop, _ done: @escaping () -> Void) throws -> [AnyObject?]
) throws {
    let loop = try EventLoop()
    let alarm = LoopTimer(loop: loop)
    var finished = false
    alarm.start(after: bound) { loop.stop() }
    let kept = try set(loop) {
        finished = true
        loop.stop()
    }
    loop.run()
    withExtendedLifetime((kept, alarm)) {}
    #expect(finished, "the loop ended by its bound, not by the test")
    // The closures of a test hold what it holds: closing breaks the circles.
    loop.closeAll()
}

/// A box for what callbacks collect.
final class Box<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
}

let loopback = SocketAddress(ip: "127.0.0.1", port: 0)!  // A literal address.
