// Room:  Daemon (floor 5).
// Task:  what this process takes of the machine, and what the machine has left, as the kernel says.
// May:   Glibc.
// Proof: Tests/DaemonTests/MetricsTests.swift

import Glibc

/// nil where the kernel does not say.
public struct ProcessFigures {
    /// Bytes in RAM.
    var resident: Int?
    /// Seconds, user and system.
    var cpu: Double?
    /// Unix time.
    var started: Double?
    var openFiles: Int?
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
            var sinceBoot = timespec()
            clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
            let age = Double(sinceBoot.tv_sec) + Double(sinceBoot.tv_nsec) / 1e9 - start / ticks
            started = Double(WallClock.milliseconds) / 1000 - age
        }
        if let folder = opendir("/proc/self/fd") {
            var count = 0
            while readdir(folder) != nil { count += 1 }
            closedir(folder)
            // Not the two dots, nor the folder that is read.
            openFiles = count - 3
        }
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

    /// How many files the process may have open.
    public static var mostFiles: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return nil
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Bytes of memory that the kernel would give without swapping.
    public static var availableMemory: UInt64? {
        let words = words(of: "/proc/meminfo", after: nil)
        guard let place = words.firstIndex(of: "MemAvailable:") else { return nil }
        return words[(place + 1)...].lazy.compactMap { UInt64($0) }.first.map { $0 * 1024 }
    }

    /// Free bytes, for whoever is not root, where a path lies.
    public static func freeBytes(at path: String) -> UInt64? {
        var system = statvfs()
        guard statvfs(path, &system) == 0 else { return nil }
        return UInt64(system.f_bavail) * UInt64(system.f_frsize)
    }
}
