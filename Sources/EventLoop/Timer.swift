// Room:  EventLoop (floor 1).
// Task:  timers, signals and the readiness of foreign file descriptors.
// May:   CLibuv.
// Proof: Tests/EventLoopTests/HandleTests.swift

import CLibuv

/// A timer on the loop; can be started again as often as one likes.
public final class Timer: LoopHandle {
    private var body: (() -> Void)?
    private var repeats = false

    public init(loop: EventLoop) {
        super.init(loop: loop, type: UV_TIMER) { uv, memory in
            uv_timer_init(uv, memory.assumingMemoryBound(to: uv_timer_t.self))
        }
        precondition(initialisation == 0, "libuv's timers cannot fail")
    }

    /// Calls `body` after a time, rounded up to whole milliseconds, and then again and again if
    /// `repeating` is given. What was started before is forgotten.
    public func start(
        after delay: Duration, repeating: Duration? = nil, _ body: @escaping () -> Void
    ) {
        self.body = body
        repeats = repeating != nil
        // A callback that worked for long has let the loop's idea of now grow old.
        uv_update_time(loop.uv)
        let timer = pointer(uv_timer_t.self)
        let interval = repeating.map { max(1, $0.wholeMilliseconds) } ?? 0
        uv_timer_start(
            timer,
            { handle in
                guard let timer = LoopHandle.object(behind: handle, Timer.self) else { return }
                let body = timer.body
                if !timer.repeats { timer.body = nil }
                body?()
            }, delay.wholeMilliseconds, interval)
    }

    public var isActive: Bool { body != nil }

    /// Forgets what was started. The timer may be started again.
    public func cancel() {
        guard !isClosed else { return }
        uv_timer_stop(pointer(uv_timer_t.self))
        body = nil
    }

    override func willClose() { body = nil }
}

/// Another name for `Timer`, for files that import Foundation, which has a `Timer` too.
public typealias LoopTimer = Timer

/// Calls back on the loop's thread whenever the process gets a signal.
public final class SignalWatcher: LoopHandle {
    private var body: (() -> Void)?

    public init(
        loop: EventLoop, signal: Int32, _ body: @escaping () -> Void
    ) throws(EventLoopError) {
        super.init(loop: loop, type: UV_SIGNAL) { uv, memory in
            uv_signal_init(uv, memory.assumingMemoryBound(to: uv_signal_t.self))
        }
        self.body = body
        var status = initialisation
        if status == 0 {
            status = uv_signal_start(
                pointer(uv_signal_t.self),
                { handle, _ in LoopHandle.object(behind: handle, SignalWatcher.self)?.body?() },
                signal)
        }
        guard status == 0 else {
            throw EventLoopError(status: status, subject: "signal \(signal)")
        }
    }

    override func willClose() { body = nil }
}

/// Calls back when a file descriptor of somebody else can be read; never closes the descriptor.
public final class PollWatcher: LoopHandle {
    private var body: (() -> Void)?

    /// - fileDescriptor: anything that epoll takes: sockets, pipes, another epoll descriptor.
    public init(loop: EventLoop, fileDescriptor: Int32) throws(EventLoopError) {
        super.init(loop: loop, type: UV_POLL) { uv, memory in
            uv_poll_init(uv, memory.assumingMemoryBound(to: uv_poll_t.self), fileDescriptor)
        }
        guard initialisation == 0 else {
            throw EventLoopError(
                status: initialisation, subject: "file descriptor \(fileDescriptor)")
        }
    }

    /// Calls `body` in every turn of the loop in which there is something to read (level, not
    /// edge), and also when the descriptor has failed.
    public func start(onReadable body: @escaping () -> Void) {
        self.body = body
        let status = uv_poll_start(pointer(uv_poll_t.self), Int32(UV_READABLE.rawValue)) {
            handle, _, _ in
            LoopHandle.object(behind: handle, PollWatcher.self)?.body?()
        }
        precondition(status == 0, "a watcher that is not closed can always be started")
    }

    /// No more calls until `start`.
    public func stop() {
        guard !isClosed else { return }
        uv_poll_stop(pointer(uv_poll_t.self))
        body = nil
    }

    override func willClose() { body = nil }
}

extension Duration {
    /// For people and figures: a double holds microseconds over centuries.
    public var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// Rounded up; at most a few hundred years. The loop's own clock counts whole milliseconds, so
    /// a timer may still fire up to one early: who waits for a time looks at the clock again.
    var wholeMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let part = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return UInt64(min(seconds, 10_000_000_000)) * 1000 + UInt64(part)
    }
}
