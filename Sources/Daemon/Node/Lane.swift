// Room:  Daemon (floor 5).
// Task:  jobs of one kind, in order, one at a time, off the event loop.
// May:   nothing but the standard library.
// Proof: Tests/DaemonTests/LaneTests.swift

/// A queue with one consumer that owns its state: mathematics never holds up a heartbeat.
final class Lane<Job: Sendable>: Sendable {
    private let jobs: AsyncStream<Job>.Continuation
    let pulse: Pulse

    /// - make: makes the state, on the lane itself.
    /// - body: does one job.
    /// - pulse: where jobs of several steps tell of each.
    init<State>(
        pulse: Pulse = Pulse(), _ make: @escaping @Sendable () -> State,
        _ body: @escaping @Sendable (inout State, Job) -> Void
    ) {
        self.pulse = pulse
        let (stream, continuation) = AsyncStream.makeStream(of: Job.self)
        jobs = continuation
        Task.detached {
            var state = make()
            for await job in stream {
                body(&state, job)
                pulse.finished()
            }
        }
    }

    deinit { jobs.finish() }

    func submit(_ job: Job) {
        pulse.submitted()
        jobs.yield(job)
    }
}
