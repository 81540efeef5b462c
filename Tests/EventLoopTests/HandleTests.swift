// Room:  EventLoopTests.
// Task:  timers, signals, foreign descriptors; handles that end early, late or elsewhere.
// May:   EventLoop, Testing, Glibc.
// Proof: –

import EventLoop
import Glibc
import Testing

@Suite struct HandleTests {
    @Test func aTimerFiresOnceAndARepeatingOneAgain() throws {
        try withLoop { loop, done in
            let once = LoopTimer(loop: loop)
            let often = LoopTimer(loop: loop)
            var fired = 0
            var ticks = 0
            once.start(after: .milliseconds(1)) { fired += 1 }
            often.start(after: .milliseconds(2), repeating: .milliseconds(2)) {
                ticks += 1
                guard ticks == 5 else { return }
                #expect(fired == 1)
                #expect(!once.isActive)
                often.cancel()
                done()
            }
            return [once, often]
        }
    }

    @Test func aTimerNeverFiresEarly() throws {
        try withLoop { loop, done in
            let timer = LoopTimer(loop: loop)
            let begin = MonotonicTime.current
            timer.start(after: .microseconds(10_500)) {
                // libuv's clock counts whole milliseconds, so up to one may be lost at the start.
                #expect(MonotonicTime.current - begin >= .milliseconds(10))
                done()
            }
            return [timer]
        }
    }

    @Test func nothingIsCalledAfterCancelOrClose() throws {
        try withLoop { loop, done in
            let cancelled = LoopTimer(loop: loop)
            let closed = LoopTimer(loop: loop)
            let last = LoopTimer(loop: loop)
            cancelled.start(after: .milliseconds(1)) { Issue.record("cancelled timer fired") }
            closed.start(after: .milliseconds(1)) { Issue.record("closed timer fired") }
            cancelled.cancel()
            closed.close()
            closed.close()
            last.start(after: .milliseconds(20)) { done() }
            return [cancelled, closed, last]
        }
    }

    @Test func aHandleThatIsLetGoOfClosesItself() throws {
        try withLoop { loop, done in
            var forgotten: LoopTimer? = LoopTimer(loop: loop)
            forgotten?.start(after: .milliseconds(1)) { Issue.record("forgotten timer fired") }
            forgotten = nil
            let last = LoopTimer(loop: loop)
            last.start(after: .milliseconds(20)) { done() }
            return [last]
        }
    }

    @Test func aHandleMayBeLetGoOfOnAnotherThread() async throws {
        let loop = try EventLoop()
        let thread = loop.start(name: "test-loop")
        for _ in 0..<50 {
            // Released here, while the loop runs and the timer fires.
            let owner = TimerOwner(loop: loop)
            await owner.start()
        }
        loop.stop()
        thread.join()
    }

    @Test func aTimerMayCloseItselfInItsCallback() throws {
        try withLoop { loop, done in
            let timer = LoopTimer(loop: loop)
            timer.start(after: .zero, repeating: .milliseconds(1)) {
                timer.close()
                done()
            }
            return [timer]
        }
    }

    @Test func aSignalArrivesOnTheLoop() throws {
        try withLoop { loop, done in
            let watcher = try SignalWatcher(loop: loop, signal: SIGUSR1) { done() }
            loop.execute { kill(getpid(), SIGUSR1) }
            return [watcher]
        }
    }

    @Test func anImpossibleSignalIsAnErrorWithItsNumber() throws {
        let loop = try EventLoop()
        let error = #expect(throws: EventLoopError.self) {
            _ = try SignalWatcher(loop: loop, signal: SIGKILL) {}
        }
        #expect(error?.what.contains("signal \(SIGKILL)") == true)
    }

    @Test func aForeignDescriptorIsWatchedUntilStopped() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        try withLoop { loop, done in
            let watcher = try PollWatcher(loop: loop, fileDescriptor: ends[0])
            var calls = 0
            watcher.start {
                calls += 1
                // Level, not edge: unread bytes are told again.
                guard calls == 2 else { return }
                var byte: UInt8 = 0
                #expect(read(ends[0], &byte, 1) == 1)
                watcher.stop()
                watcher.close()
                done()
            }
            #expect("x".withCString { write(ends[1], $0, 1) } == 1)
            return [watcher]
        }
    }

    @Test func aFileCannotBeWatched() throws {
        let descriptor = open("/etc/hostname", O_RDONLY)
        #expect(descriptor >= 0)
        defer { close(descriptor) }
        let loop = try EventLoop()
        #expect(throws: EventLoopError.self) {
            _ = try PollWatcher(loop: loop, fileDescriptor: descriptor)
        }
    }
}

private actor TimerOwner {
    private let loop: EventLoop
    private let timer: Confined
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Holds the timer, made on the loop.
    private final class Confined { var timer: LoopTimer? }

    init(loop: EventLoop) {
        self.loop = loop
        timer = Confined()
    }

    func start() {
        let made = LoopTimer(loop: loop)
        made.start(after: .zero, repeating: .milliseconds(1)) { [weak self] in
            self?.assumeIsolated { $0.tick() }
        }
        timer.timer = made
    }

    private func tick() {}
}
