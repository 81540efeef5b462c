// Room:  EventLoopTests.
// Task:  actors live on the loop's thread; callbacks enter them without a hop.
// May:   EventLoop, Testing, Glibc.
// Proof: –

import EventLoop
import Glibc
import Synchronization
import Testing

/// An actor whose executor is the loop.
private actor Ticker {
    private let loop: EventLoop
    private var timer: LoopTimer?
    private(set) var ticks = 0
    private var waiting: [CheckedContinuation<Int, Never>] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop) { self.loop = loop }

    var isOnLoop: Bool { loop.isOnLoop }

    /// A closure formed here that captures `self` (strongly: the compiler asks for that) is
    /// isolated here; the timer calls it on the loop's thread, and lets go of it when it is closed.
    func start() {
        let timer = LoopTimer(loop: loop)
        timer.start(after: .milliseconds(1), repeating: .milliseconds(1)) {
            self.tick()
        }
        self.timer = timer
    }

    private func tick() {
        ticks += 1
        guard ticks == 3 else { return }
        timer?.close()
        for continuation in waiting { continuation.resume(returning: ticks) }
        waiting = []
    }

    func threeTicks() async -> Int {
        if ticks >= 3 { return ticks }
        return await withCheckedContinuation { waiting.append($0) }
    }

    /// Enters from a callback that the compiler knows nothing about.
    nonisolated func enter(_ done: @escaping @Sendable (Int) -> Void) {
        loop.execute {
            self.assumeIsolated { ticker in
                ticker.ticks += 1000
                done(ticker.ticks)
            }
        }
    }
}

private final class Counter: Sendable {
    let count = Mutex(0)
}

@Suite struct ExecutorTests {
    @Test func anActorOnTheLoopRunsOnItsThread() async throws {
        let loop = try EventLoop()
        let thread = loop.start(name: "test-loop")
        let ticker = Ticker(loop: loop)
        #expect(await ticker.isOnLoop)
        #expect(!loop.isOnLoop)
        loop.stop()
        thread.join()
        #expect(loop.isOnLoop)
    }

    @Test func aClosureFormedInTheActorIsCalledBackByATimer() async throws {
        let loop = try EventLoop()
        let thread = loop.start(name: "test-loop")
        let ticker = Ticker(loop: loop)
        await ticker.start()
        #expect(await ticker.threeTicks() == 3)
        loop.stop()
        thread.join()
    }

    @Test func aCallbackEntersTheActorWithAssumeIsolated() async throws {
        let loop = try EventLoop()
        let thread = loop.start(name: "test-loop")
        let ticker = Ticker(loop: loop)
        let seen = await withCheckedContinuation { continuation in
            ticker.enter { continuation.resume(returning: $0) }
        }
        #expect(seen == 1000)
        loop.stop()
        thread.join()
    }

    @Test func workRunsInTheOrderInWhichItWasPutIn() throws {
        let loop = try EventLoop()
        let seen = Mutex<[Int]>([])
        for number in 0..<1000 {
            loop.execute { seen.withLock { $0.append(number) } }
        }
        loop.execute { loop.stop() }
        loop.run()
        #expect(seen.withLock { $0 } == Array(0..<1000))
    }

    @Test func manyThreadsLoseNoWork() async throws {
        let loop = try EventLoop()
        let thread = loop.start(name: "test-loop")
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 { loop.execute { counter.count.withLock { $0 += 1 } } }
                }
            }
        }
        loop.execute { loop.stop() }
        thread.join()
        #expect(counter.count.withLock { $0 } == 4000)
    }

    @Test func aStopThatComesBeforeTheRunIsNotLost() throws {
        let loop = try EventLoop()
        loop.stop()
        loop.run()
    }

    @Test func whatIsPutOffRunsBeforeTheLoopWaitsAgain() throws {
        try withLoop { loop, done in
            var order: [String] = []
            let timer = LoopTimer(loop: loop)
            timer.start(after: .zero) {
                loop.atEndOfTurn {
                    order.append("deferred")
                    // Put off from what was put off: the next turn, without waiting for an event.
                    loop.atEndOfTurn {
                        #expect(order == ["timer", "deferred"])
                        done()
                    }
                }
                order.append("timer")
            }
            return [timer]
        }
    }

    @Test func timeGoesForward() throws {
        let loop = try EventLoop()
        let before = loop.now
        let current = MonotonicTime.current
        #expect(before <= current)
        #expect((before + .seconds(2)) - before == .seconds(2))
    }
}
