// Room:  EventLoop (floor 1).
// Task:  a thread that runs a loop until it is stopped, and can be joined.
// May:   CLibuv, Glibc.
// Proof: Tests/EventLoopTests/ExecutorTests.swift

import CLibuv
import Glibc

/// The thread that runs a loop. Call `join` after `EventLoop.stop`.
public final class LoopThread: Sendable {
    private let thread: Locked<pthread_t?>
    private let loop: EventLoop

    private final class Start {
        let name: String
        let loop: EventLoop
        init(name: String, loop: EventLoop) {
            self.name = name
            self.loop = loop
        }
    }

    init(name: String, loop: EventLoop) {
        self.loop = loop
        let start = Unmanaged.passRetained(Start(name: String(name.prefix(15)), loop: loop))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument {
                    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                    starling_uv_name_thread(start.name)
                    start.loop.run()
                }
                return nil
            }, start.toOpaque())
        precondition(status == 0, "the system gives no more threads")
        self.thread = Locked(thread)
    }

    /// Waits until the thread has ended. The loop belongs to the calling thread afterwards.
    ///
    /// Not on the loop's own thread. A second call returns at once.
    public func join() {
        let thread = self.thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let thread else { return }
        pthread_join(thread, nil)
        loop.claim()
    }
}
