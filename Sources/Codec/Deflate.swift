// Room:  Codec (floor 2, pure).
// Task:  raw deflate by zlib, bounded both ways.
// May:   CZlib.
// Proof: Tests/CodecTests/DeflateTests.swift

import CZlib

/// Raw deflate (RFC 1951), level 6, no header and no checksum.
enum Deflate {
    static let level: Int32 = 6

    /// The most that a byte of deflate can inflate to (two bits for 258 bytes).
    static let maximumRatio = 1032

    /// Deflates, or returns nil unless the result is shorter than `limit` bytes.
    static func compress(_ bytes: [UInt8], below limit: Int) -> [UInt8]? {
        guard limit > 1, !bytes.isEmpty else { return nil }
        var stream = z_stream()
        // A window that just holds the input: zlib's usual quarter of a megabyte takes longer to
        // clear than a small delta to deflate.
        let window = Int32(min(max(9, Int.bitWidth - (bytes.count - 1).leadingZeroBitCount), 15))
        let started = starling_deflate_start(&stream, level, window, min(window - 5, 8))
        guard started == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        // zlib does not say that it has ended when the buffer is just full: one byte more.
        let output = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let ended = run(&stream, from: bytes[...], to: buffer) { deflate(&$0, $1) }
            count = ended ? buffer.count - Int(stream.avail_out) : 0
        }
        return (1..<limit).contains(output.count) ? output : nil
    }

    /// Deflates whatever comes of it: what does not shrink grows by five bytes in 16 KiB.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        guard let output = compress(bytes, below: bytes.count + bytes.count / 1000 + 64) else {
            preconditionFailure("zlib refused \(bytes.count) bytes")
        }
        return output
    }

    /// Inflates the stream that begins at `start` and must give `size` bytes or, where `exact` is
    /// false, at most so many.
    ///
    /// - Returns: the bytes, and the place behind the stream.
    static func expand(
        _ bytes: [UInt8], from start: Int, size: Int, exact: Bool
    ) throws(CodecError) -> (bytes: [UInt8], end: Int) {
        let input = bytes[start...]
        // Whoever announces more than so few bytes can inflate to gets no memory for it.
        let (most, overflow) = input.count.multipliedReportingOverflow(by: maximumRatio)
        guard !exact || overflow || size <= most else { throw .truncated }
        let capacity = overflow ? size : min(size, most)
        guard capacity > 0 else { throw .truncated }
        var stream = z_stream()
        guard starling_inflate_start(&stream) == Z_OK else { throw .deflate }
        defer { inflateEnd(&stream) }
        var ended = false
        var used = 0
        let output = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            ended = run(&stream, from: input, to: buffer) { inflate(&$0, $1) }
            count = ended ? buffer.count - Int(stream.avail_out) : 0
            used = input.count - Int(stream.avail_in)
        }
        guard ended, !exact || output.count == size else { throw .deflate }
        return (output, start + used)
    }

    /// One call that must end the stream within the buffer.
    ///
    /// zlib counts in 32 bits: whoever has more than 4 GiB does without deflate.
    private static func run(
        _ stream: inout z_stream, from input: ArraySlice<UInt8>,
        to output: UnsafeMutableBufferPointer<UInt8>,
        _ step: (inout z_stream, Int32) -> Int32
    ) -> Bool {
        guard input.count <= UInt32.max, output.count <= UInt32.max else { return false }
        return input.withUnsafeBufferPointer { input in
            // zlib does not write through next_in; only its C type says that it might.
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = UInt32(input.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            return step(&stream, Z_FINISH) == Z_STREAM_END
        }
    }
}
