// Room:  EventLoop (floor 1).
// Task:  one libuv loop, which is a Swift serial executor: actors and handles live on its thread.
// May:   CLibuv, Glibc, Synchronization.
// Proof: Tests/EventLoopTests/ExecutorTests.swift

import CLibuv
import Glibc
import Synchronization

/// One libuv loop with the thread that runs it.
///
/// It is a `SerialExecutor`: an actor whose `unownedExecutor` is the loop runs on the loop's
/// thread, so that callbacks of handles may enter it with `assumeIsolated`, and closures formed
/// in the actor may be given to handles.
///
/// The loop belongs to the thread that made it until `run` or `start(name:)`, then to the thread
/// that runs it, and after `LoopThread.join` to the thread that joined. Handles may be made and
/// touched by that thread alone.
///
/// Unchecked because of the libuv loop: `uv` and what lies behind it are touched only by the
/// owning thread (each way in checks that), except `uv_async_send`, which libuv allows anywhere;
/// everything shared is behind `inbox` or atomic.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// What other threads have left for the loop.
    private struct Inbox {
        enum Item {
            case job(UnownedJob)
            case work(@Sendable () -> Void)
        }
        var items: [Item] = []
        /// Handles whose owner was released on another thread.
        var orphans: [Orphan] = []
        var stopping = false
    }

    /// The pointer of a handle that only has to be closed; handed over once, by its last owner.
    struct Orphan: @unchecked Sendable {
        let handle: UnsafeMutablePointer<uv_handle_t>
    }

    /// How many bytes one read may bring.
    static let readBufferSize = 65_536

    let uv: UnsafeMutablePointer<uv_loop_t>
    private let wake: UnsafeMutablePointer<uv_async_t>
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let inbox = Locked(Inbox())
    private let owner: Atomic<UInt>
    private var deferred: [() -> Void] = []
    /// One buffer for all streams: libuv fills it and hands it over before it reads again.
    let readBuffer: UnsafeMutableRawBufferPointer

    /// - Throws: `EventLoopError` when the process may not open more files.
    public init() throws(EventLoopError) {
        starling_uv_ignore_sigpipe()
        uv = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        prepare = .allocate(capacity: 1)
        readBuffer = .allocate(byteCount: Self.readBufferSize, alignment: 16)
        owner = Atomic(UInt(pthread_self()))
        var status = uv_loop_init(uv)
        if status == 0 {
            status = uv_async_init(uv, wake) { handle in
                guard let loop = EventLoop.behind(handle?.pointee.data) else { return }
                loop.drainInbox()
            }
            if status != 0 { uv_loop_close(uv) }
        }
        guard status == 0 else {
            uv.deallocate()
            wake.deallocate()
            prepare.deallocate()
            readBuffer.deallocate()
            throw EventLoopError(status: status, subject: "event loop")
        }
        // Before each wait: what was put off to the end of the turn.
        uv_prepare_init(uv, prepare)
        let this = Unmanaged.passUnretained(self).toOpaque()
        wake.pointee.data = this
        prepare.pointee.data = this
        uv_prepare_start(prepare) { handle in
            guard let loop = EventLoop.behind(handle?.pointee.data) else { return }
            loop.runDeferred()
        }
    }

    deinit {
        // Every handle holds its loop, so all that is left is closing or orphaned.
        for orphan in inbox.withLock({ $0.orphans }) { LoopHandle.release(orphan.handle) }
        UnsafeMutableRawPointer(wake).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0, nil)
        }
        UnsafeMutableRawPointer(prepare).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            uv_close($0, nil)
        }
        uv_run(uv, UV_RUN_DEFAULT)
        let status = uv_loop_close(uv)
        precondition(status == 0, "a handle outlived its loop")
        uv.deallocate()
        wake.deallocate()
        prepare.deallocate()
        readBuffer.deallocate()
    }

    private static func behind(_ data: UnsafeMutableRawPointer?) -> EventLoop? {
        data.map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Running

    /// Runs the loop on this thread until `stop`.
    public func run() {
        owner.store(UInt(pthread_self()), ordering: .sequentiallyConsistent)
        uv_run(uv, UV_RUN_DEFAULT)
    }

    /// Makes `run` return after the turn that is under way. From any thread.
    ///
    /// A stop that comes before `run` is not lost: that run returns at once. Work that is put in
    /// afterwards waits for the next run.
    public func stop() {
        inbox.withLock { $0.stopping = true }
        uv_async_send(wake)
    }

    /// Runs the loop on a thread of its own.
    ///
    /// - name: for `ps` and debuggers; at most 15 bytes are shown.
    public func start(name: String) -> LoopThread {
        LoopThread(name: name, loop: self)
    }

    /// Closes every handle of this loop and drops what was put off, once it runs no more.
    ///
    /// Objects that a stopped loop would have ended (a connection about to close, say) hold each
    /// other through their callbacks; this takes them apart. Nothing is called back.
    public func closeAll() {
        preconditionOnLoop()
        deferred = []
        let found = Census(own: [UnsafeRawPointer(wake), UnsafeRawPointer(prepare)])
        uv_walk(
            uv,
            { handle, census in
                guard let handle, let census else { return }
                let found = Unmanaged<Census>.fromOpaque(census).takeUnretainedValue()
                guard !found.own.contains(UnsafeRawPointer(handle)) else { return }
                if let object = LoopHandle.object(behind: handle, LoopHandle.self) {
                    found.handles.append(object)
                }
            }, Unmanaged.passUnretained(found).toOpaque())
        for handle in found.handles { handle.close() }
        deferred = []
    }

    private final class Census {
        let own: [UnsafeRawPointer]
        var handles: [LoopHandle] = []
        init(own: [UnsafeRawPointer]) { self.own = own }
    }

    /// The time at which this turn of the loop began, in steps of a millisecond. Loop thread only.
    public var now: MonotonicTime {
        preconditionOnLoop()
        return MonotonicTime(nanoseconds: uv_now(uv) * 1_000_000)
    }

    // MARK: Work from elsewhere

    /// Runs `work` on the loop's thread, in the order of the calls. From any thread.
    public func execute(_ work: @Sendable @escaping () -> Void) {
        post(.work(work))
    }

    /// Runs `work` before the loop waits again. Loop thread only; the order is kept.
    public func atEndOfTurn(_ work: @escaping () -> Void) {
        preconditionOnLoop()
        deferred.append(work)
    }

    private func post(_ item: sending Inbox.Item) {
        let first = inbox.withLock { inbox in
            inbox.items.append(item)
            return inbox.items.count == 1
        }
        if first { uv_async_send(wake) }
    }

    /// Closes a handle whose owner is gone, from whatever thread let go of it.
    func adopt(_ orphan: Orphan) {
        inbox.withLock { $0.orphans.append(orphan) }
        uv_async_send(wake)
    }

    /// Takes what is there now; what comes meanwhile waits for the next turn, so that a flood of
    /// jobs cannot keep sockets and timers from their turn.
    private func drainInbox() {
        let (items, orphans, stopping) = inbox.withLock { inbox in
            let taken = (inbox.items, inbox.orphans, inbox.stopping)
            inbox.items = []
            inbox.orphans = []
            inbox.stopping = false
            return taken
        }
        for orphan in orphans { LoopHandle.release(orphan.handle) }
        for item in items {
            switch item {
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .work(let work): work()
            }
        }
        if stopping { uv_stop(uv) }
    }

    private func runDeferred() {
        guard !deferred.isEmpty else { return }
        let batch = deferred
        deferred = []
        for work in batch { work() }
        // Deferred again: do not wait, so that it comes with the next turn.
        if !deferred.isEmpty { uv_async_send(wake) }
    }

    // MARK: SerialExecutor

    public func enqueue(_ job: consuming ExecutorJob) {
        post(.job(UnownedJob(job)))
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Whether the calling thread is the loop's.
    public var isOnLoop: Bool {
        owner.load(ordering: .sequentiallyConsistent) == UInt(pthread_self())
    }

    public func checkIsolated() {
        preconditionOnLoop()
    }

    public func isIsolatingCurrentContext() -> Bool? {
        isOnLoop
    }

    func preconditionOnLoop() {
        precondition(isOnLoop, "touched from outside the event loop's thread")
    }

    /// After the loop's thread has ended, the thread that joined it owns the loop.
    func claim() {
        owner.store(UInt(pthread_self()), ordering: .sequentiallyConsistent)
    }
}

/// A point on the machine's monotonic clock; says nothing about the date.
public struct MonotonicTime: Hashable, Comparable, Sendable {
    public let nanoseconds: UInt64

    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Reads the clock now, on any thread.
    public static var current: MonotonicTime { MonotonicTime(nanoseconds: uv_hrtime()) }

    public static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    public static func - (left: MonotonicTime, right: MonotonicTime) -> Duration {
        .nanoseconds(Int64(bitPattern: left.nanoseconds &- right.nanoseconds))
    }

    public static func + (left: MonotonicTime, right: Duration) -> MonotonicTime {
        let (seconds, attoseconds) = right.components
        let nanos = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
        return MonotonicTime(nanoseconds: left.nanoseconds &+ UInt64(bitPattern: nanos))
    }
}
