// Room:  Daemon (floor 5).
// Task:  the time of day, which only people need.
// May:   Glibc.
// Proof: Tests/EndToEndTests/DoctorTests.swift

import Glibc

public enum WallClock {
    /// Unix time.
    public static var milliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
