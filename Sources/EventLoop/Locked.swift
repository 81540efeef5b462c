// Room:  EventLoop (floor 1).
// Task:  a value behind a lock that ThreadSanitizer understands.
// May:   Glibc.
// Proof: Tests/EventLoopTests/ExecutorTests.swift

import Glibc

/// A value that several threads touch, one at a time.
///
/// A POSIX mutex and not the standard library's `Mutex`: that one waits on the kernel directly,
/// unseen by ThreadSanitizer, which then reports every use of the value.
///
/// Unchecked, because the value is reached only within the lock.
final class Locked<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "a plain mutex can always be made")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<R>(_ body: (inout Value) -> sending R) -> sending R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
