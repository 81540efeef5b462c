// Room:  Daemon (floor 5).
// Task:  what a descriptor is, where it is a terminal.
// May:   Glibc.
// Proof: Tests/EndToEndTests

import Glibc

public enum TerminalDevice {
    /// 80 by 24 where the terminal does not say.
    public static func size(of descriptor: Int32) -> (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
        else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Whether a descriptor is a terminal on which a cursor can be moved.
    public static func canDraw(on descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && (ProcessEnvironment.current["TERM"] ?? "dumb") != "dumb"
    }

    /// Somebody asked for no colours.
    ///
    /// - Source: no-color.org: NO_COLOR, set and not empty.
    public static var isPlain: Bool { ProcessEnvironment.current["NO_COLOR"]?.isEmpty == false }

    /// All of it; where nobody reads any more, nobody needs it.
    public static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno != EINTR { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }
}
