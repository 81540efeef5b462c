// Room:  Learning (floor 2, pure).
// Task:  the inner loops of the network, over raw memory: one of them carries all the work.
// May:   nothing but the standard library.
// Proof: Tests/LearningTests/NetworkTests.swift (finite differences, NumPy's numbers)

/// Inner loops. Pointers are valid for the sizes given; the caller's arrays guarantee it.
///
/// All of them run along memory, so that the compiler vectorises them, and add in an order that
/// depends on the sizes alone, so that results are the same in every build.
enum Kernels {
    /// `target[j] += sum over t of factors[t] * source[rows[t] * width + j]`.
    ///
    /// Forward, weight gradient and input gradient are all this sum. Four rows at a time, so that
    /// the target is loaded and stored once for four.
    @inline(__always)
    static func addRows(
        to target: UnsafeMutablePointer<Float>, width: Int, from source: UnsafePointer<Float>,
        rows: UnsafePointer<Int>, factors: UnsafePointer<Float>, count: Int
    ) {
        var t = 0
        while t + 4 <= count {
            let (a, b) = (factors[t], factors[t + 1])
            let (c, d) = (factors[t + 2], factors[t + 3])
            let p = source + rows[t] * width
            let q = source + rows[t + 1] * width
            let r = source + rows[t + 2] * width
            let s = source + rows[t + 3] * width
            var j = 0
            while j < width {
                target[j] += (a * p[j] + b * q[j]) + (c * r[j] + d * s[j])
                j += 1
            }
            t += 4
        }
        while t < count {
            let a = factors[t]
            let p = source + rows[t] * width
            var j = 0
            while j < width {
                target[j] += a * p[j]
                j += 1
            }
            t += 1
        }
    }

    /// Gathers the entries of a strided vector that are not 0: their places and values.
    ///
    /// Half of the digits' pixels are 0, and about half of what a ReLU lets through. NaN is not 0
    /// and stays.
    @inline(__always)
    static func gather(
        _ vector: UnsafePointer<Float>, stride: Int, count: Int,
        rows: UnsafeMutablePointer<Int>, factors: UnsafeMutablePointer<Float>
    ) -> Int {
        var found = 0
        var i = 0
        while i < count {
            let value = vector[i * stride]
            // Written always, kept only if not 0: no branch to mispredict.
            rows[found] = i
            factors[found] = value
            found += value == 0 ? 0 : 1
            i += 1
        }
        return found
    }

    /// `out[j, i] = in[i, j]` for `in` of `[rows, columns]`.
    @inline(__always)
    static func transpose(
        _ input: UnsafePointer<Float>, rows: Int, columns: Int,
        into output: UnsafeMutablePointer<Float>
    ) {
        var i = 0
        while i < rows {
            var j = 0
            while j < columns {
                output[j * rows + i] = input[i * columns + j]
                j += 1
            }
            i += 1
        }
    }

    /// `gradient += decay * x`.
    static func decay(
        _ gradient: UnsafeMutablePointer<Float>, by decay: Float, of x: UnsafePointer<Float>,
        count: Int
    ) {
        var i = 0
        while i < count {
            gradient[i] += decay * x[i]
            i += 1
        }
    }

    /// `sum += gradient`.
    static func add(
        _ gradient: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>, count: Int
    ) {
        var i = 0
        while i < count {
            sum[i] += gradient[i]
            i += 1
        }
    }

    /// `x -= rate * (gradient - correction)`.
    static func step(
        _ x: UnsafeMutablePointer<Float>, rate: Float, gradient: UnsafePointer<Float>,
        correction: UnsafePointer<Float>, count: Int
    ) {
        var i = 0
        while i < count {
            x[i] -= rate * (gradient[i] - correction[i])
            i += 1
        }
    }

    /// `velocity = momentum * velocity + (gradient - correction)`, `x -= rate * velocity`.
    static func step(
        _ x: UnsafeMutablePointer<Float>, rate: Float, gradient: UnsafePointer<Float>,
        correction: UnsafePointer<Float>, momentum: Float,
        velocity: UnsafeMutablePointer<Float>, count: Int
    ) {
        var i = 0
        while i < count {
            let v = momentum * velocity[i] + (gradient[i] - correction[i])
            velocity[i] = v
            x[i] -= rate * v
            i += 1
        }
    }
}
