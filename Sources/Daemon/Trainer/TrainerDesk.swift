// Room:  Daemon (floor 5).
// Task:  who trains for this node, what work is out, what was handed in: without I/O.
// May:   nothing but the standard library.
// Proof: Tests/DaemonTests/TrainerDeskTests.swift

/// A round that is with the trainer, or waits for one.
struct TrainerWork: Equatable {
    /// Once in the life of a federation: names the process too.
    let id: String
    let round: UInt64
    let steps: Int
    /// `[d]`: x and c as the trainer is given them.
    var parameters: [Float]
    var correction: [Float]
}

/// One place, one trainer. Time is the caller's: seconds that never go back.
struct TrainerDesk {
    struct Session: Equatable {
        let token: String
        let name: String
        let pid: Int
        /// Where the system confirms `pid`, so that its end can be seen.
        let process: Int32?
        let since: Double
        var heard: Double
    }

    /// A trainer that is not heard of for so long has lost its place (our guess: five times what a
    /// client waits between two signs of life).
    static let lease = 10.0

    private(set) var session: Session?
    private(set) var work: TrainerWork?
    /// The work that was handed in last, to say so to whoever did not hear the answer.
    private(set) var lastHandedIn: String?
    /// A hand-in of the open work is being read.
    private(set) var isReading = false
    /// Since when nobody trains; nil with a trainer.
    private(set) var awaySince: Double?
    /// As the trainer said, sorted by name.
    var metrics: [(name: String, value: Double)] = []
    private let life: String
    private var worksOpened = 0

    /// - life: tells the works of this process from those of the last.
    init(life: String, now: Double) {
        self.life = life
        awaySince = now
    }

    // MARK: The place

    mutating func join(
        token: String, name: String, pid: Int, process: Int32? = nil, at now: Double
    ) throws(TrainerRefusal) {
        if let session {
            throw TrainerRefusal(
                409, "trainer.occupied",
                "another trainer ('\(session.name)', process \(session.pid)) trains for this node",
                hint: "end it, or wait: one that has died loses its place after "
                    + "\(Int(Self.lease)) seconds")
        }
        session = Session(
            token: token, name: name, pid: pid,
            process: process.flatMap { Int($0) == pid ? $0 : nil }, since: now, heard: now)
        awaySince = nil
        metrics = []
    }

    /// A sign of life.
    ///
    /// - Throws: `noSession`.
    mutating func hear(_ token: String?, at now: Double) throws(TrainerRefusal) {
        guard let token, session?.token == token else { throw .noSession }
        session?.heard = now
    }

    mutating func leave(at now: Double) {
        session = nil
        awaySince = now
        isReading = false
    }

    /// Takes the place from a trainer whose process has ended, or that has not been heard of for
    /// longer than its lease.
    ///
    /// - isRunning: whether a process of this machine is there.
    /// - Returns: who has lost it.
    mutating func dropLost(at now: Double, isRunning: (Int32) -> Bool = { _ in true }) -> Session? {
        guard let session else { return nil }
        let isSilent = now - session.heard > Self.lease
        guard isSilent || session.process.map({ !isRunning($0) }) == true else { return nil }
        leave(at: now)
        return session
    }

    // MARK: Work

    mutating func open(round: UInt64, steps: Int, parameters: [Float], correction: [Float]) {
        worksOpened += 1
        work = TrainerWork(
            id: "\(life)-\(worksOpened)", round: round, steps: steps, parameters: parameters,
            correction: correction)
    }

    /// What the trainer is given is as it is now, not as it was when the round was opened.
    mutating func refresh(_ id: String, parameters: [Float], correction: [Float]) {
        guard work?.id == id, !isReading else { return }
        work?.parameters = parameters
        work?.correction = correction
    }

    /// - Returns: the work that the trainer may read; nil where it has been handed in already.
    /// - Throws: `stale`, `busy`.
    mutating func beginReading(_ id: String) throws(TrainerRefusal) -> TrainerWork? {
        guard let work, work.id == id else {
            if id == lastHandedIn { return nil }
            throw .stale
        }
        guard !isReading else { throw .busy }
        isReading = true
        return work
    }

    /// - taken: it was good, and the work is done.
    mutating func endReading(_ id: String, taken: Bool) {
        isReading = false
        guard taken, work?.id == id else { return }
        lastHandedIn = id
        work = nil
    }

    /// The round is not wanted any more.
    mutating func dropWork() {
        work = nil
        isReading = false
    }
}
