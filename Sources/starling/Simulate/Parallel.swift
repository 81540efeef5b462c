// Room:  starling (floor 6).
// Task:  independent jobs on all processors, with answers in the jobs' order.
// May:   Glibc.
// Proof: Tests/EndToEndTests/SimulateTests.swift

import Glibc

enum Parallel {
    /// As many as the machine has, at most eight.
    static var processors: Int { min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), 8) }

    /// Runs the jobs 0..<count, handed out in ascending order, on this thread and others.
    ///
    /// - isLast: whether nothing after this answer is wanted. Jobs after it are not begun any more.
    /// - Returns: the answers from job 0 on; where one was the last, those up to the first such.
    ///   So what is returned does not depend on which thread was faster.
    static func map<Answer: Sendable>(
        _ count: Int, until isLast: @escaping @Sendable (Answer) -> Bool = { _ in false },
        _ job: @escaping @Sendable (Int) -> Answer
    ) -> [Answer] {
        let board = Guarded(Board<Answer>(count: count))
        let work: @Sendable () -> Void = {
            while let number = board.withLock({ $0.take() }) {
                let answer = job(number)
                let ends = isLast(answer)
                board.withLock { $0.put(answer, number, ends: ends) }
            }
        }
        let threads = (1..<max(min(processors, count), 1)).compactMap { _ in start(work) }
        work()
        for thread in threads { pthread_join(thread, nil) }
        return board.withLock { $0.answers.prefix { $0 != nil }.compactMap { $0 } }
    }

    /// Does the jobs 0..<count in shares of about the same number, a thread each.
    static func forEach(_ count: Int, _ job: @escaping @Sendable (Int) -> Void) {
        // A thread costs some 50 µs, as much as a job or less.
        let shares = max(min(processors, count / 8), 1)
        @Sendable func share(_ number: Int) {
            for place in stride(from: number, to: count, by: shares) { job(place) }
        }
        var missing: [Int] = []
        let threads = (1..<shares).compactMap { number in
            let thread = start { share(number) }
            if thread == nil { missing.append(number) }
            return thread
        }
        for number in [0] + missing { share(number) }
        for thread in threads { pthread_join(thread, nil) }
    }

    private struct Board<Answer: Sendable> {
        var answers: [Answer?]
        private var next = 0
        private var end: Int

        init(count: Int) {
            answers = Array(repeating: nil, count: count)
            end = count
        }

        mutating func take() -> Int? {
            guard next < end else { return nil }
            next += 1
            return next - 1
        }

        mutating func put(_ answer: Answer, _ number: Int, ends: Bool) {
            guard number < end else { return }
            answers[number] = answer
            guard ends else { return }
            end = number + 1
            // Later ones that were begun already are not wanted either.
            for later in end..<answers.count { answers[later] = nil }
        }
    }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// - Returns: nil where the system gives no more threads; the others do the work then.
    private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument {
                    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            return nil
        }
        return thread
    }
}

/// A value that several threads touch, one at a time; a POSIX mutex, because ThreadSanitizer does
/// not understand the standard library's.
///
/// Unchecked, because the value is reached only within the lock.
final class Guarded<Value>: @unchecked Sendable {
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
