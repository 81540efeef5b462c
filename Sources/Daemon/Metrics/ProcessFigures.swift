// Room:  Daemon (floor 5).
// Task:  what this process takes of the machine, as the kernel says.
// May:   Glibc, Store (reading /proc).
// Proof: Tests/DaemonTests/MetricsTests.swift

import Glibc
import Store

/// nil where the kernel does not say.
struct ProcessFigures {
    /// Bytes in RAM.
    var resident: Int?
    /// Seconds, user and system.
    var cpu: Double?
    /// Unix time.
    var started: Double?
    var openFiles: Int?
    var mostFiles: Int?

    /// Reads `/proc/self`, some microseconds.
    init() {
        // "pid (name) state …": what follows the last parenthesis has fixed places.
        let stat = Self.words(of: "/proc/self/stat", after: UInt8(ascii: ")"))
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        if stat.count > 21, let user = Double(stat[11]), let system = Double(stat[12]),
            let start = Double(stat[19]), let pages = Int(stat[21]), ticks > 0
        {
            cpu = (user + system) / ticks
            resident = pages * sysconf(Int32(_SC_PAGESIZE))
            // Not by /proc/stat: a sandbox with `ProcSubset=pid` has none.
            started =
                Self.seconds(CLOCK_REALTIME) - (Self.seconds(CLOCK_BOOTTIME) - start / ticks)
        }
        if let folder = opendir("/proc/self/fd") {
            var count = 0
            while readdir(folder) != nil { count += 1 }
            closedir(folder)
            // Not the two dots, nor the folder that is read.
            openFiles = count - 3
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            mostFiles = Int(clamping: limit.rlim_cur)
        }
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func words(of path: String, after mark: UInt8?) -> [String] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        var text = bytes[..<count]
        if let mark, let place = text.lastIndex(of: mark) { text = text[(place + 1)...] }
        return text.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Free bytes, for whoever is not root, where a path lies.
    static func freeBytes(at path: String) -> UInt64? {
        var system = statvfs()
        guard statvfs(path, &system) == 0 else { return nil }
        return UInt64(system.f_bavail) * UInt64(system.f_frsize)
    }
}
