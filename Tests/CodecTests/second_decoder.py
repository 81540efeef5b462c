#!/usr/bin/env python3
"""A second decoder of Codec's payloads, format 1, written from Sources/Codec/README.md alone.

Reads lines "SIZE,SIZE,... HEX" (the sizes of the layout's tensors, the payload) and prints for each
one line "INDEX:BITS INDEX:BITS ..." (the Float's bits in hex), or "error REASON".
"""
import struct
import sys
import zlib


class Bad(Exception):
    pass


def need(condition, reason):
    if not condition:
        raise Bad(reason)


# Bits, the lowest of a byte first.
class Bits:
    def __init__(self, data, at):
        self.data, self.at, self.bit = data, at, 0

    def read(self, count):
        value = 0
        for place in range(count):
            need(self.at < len(self.data), "truncated")
            value |= (self.data[self.at] >> self.bit & 1) << place
            self.bit += 1
            if self.bit == 8:
                self.at, self.bit = self.at + 1, 0
        return value

    def unary(self):
        zeros = 0
        while self.read(1) == 0:
            zeros += 1
        return zeros

    def finish(self):
        if self.bit:
            need(self.data[self.at] >> self.bit == 0, "padding")
            self.at += 1
        return self.at


# The range coder.
class Chance:
    def __init__(self, limit, p=32768, n=0):
        self.p, self.n, self.limit = min(max(p, 64), 65472), n, limit

    def learn(self, bit):
        rate = 131072 // (2 * self.n + 3)
        self.p += ((65536 if bit else 0) - self.p) * rate >> 16
        self.p = min(max(self.p, 64), 65472)
        self.n = min(self.n + 1, self.limit)


class Coder:
    def __init__(self, data, at):
        self.data, self.at, self.range = data, at, 0xFFFFFFFF
        self.code = 0
        for _ in range(4):
            self.code = self.code << 8 | self.byte()
        need(self.code < self.range, "range")

    def byte(self):
        self.at += 1
        need(self.at <= len(self.data) + 4, "truncated")
        return self.data[self.at - 1] if self.at <= len(self.data) else 0

    def normalise(self):
        while self.range < 1 << 24:
            self.code = self.code << 8 | self.byte()
            self.range <<= 8

    def bit(self, chance):
        bound = (self.range >> 12) * (chance.p >> 4)
        one = self.code < bound
        if one:
            self.range = bound
        else:
            self.code -= bound
            self.range -= bound
        chance.learn(one)
        self.normalise()
        return one

    def plain(self, count):
        self.range >>= count
        value = self.code // self.range
        need(value < 1 << count, "range")
        self.code -= value * self.range
        self.normalise()
        return value

    def finish(self):
        settled = self.at - 4
        need(len(self.data) <= self.at, "trailing")
        need(len(self.data) <= settled or self.data[-1] != 0, "trailing")


class Numbers:
    def __init__(self, limit):
        self.wider = [Chance(limit) for _ in range(33)]
        self.high = [Chance(limit) for _ in range(33)]

    @staticmethod
    def gaps(count, d):
        model = Numbers(60)
        survival = 2**32 - (count << 32) // d
        for w in range(33):
            model.wider[w] = Chance(60, survival >> 16, 16)
            if w < 32:
                model.high[w + 1] = Chance(60, (survival << 16) // (2**32 + survival), 16)
            survival = survival * survival >> 32
        return model

    def read(self, coder):
        width = 0
        while width < 32 and coder.bit(self.wider[width]):
            width += 1
        if width == 0:
            return 0
        value = 3 if coder.bit(self.high[width]) else 2
        left = width - 1
        while left > 0:
            take = min(left, 16)
            value = value << take | coder.plain(take)
            left -= take
        return value - 1


# Coordinates.
def varint(data, at):
    value = shift = 0
    while True:
        need(at < len(data) and shift < 35, "varint")
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            need((byte or shift == 7) and value < 2**32, "varint")
            return value, at


def inflate(data, at, limit):
    stream = zlib.decompressobj(-15)
    try:
        plain = stream.decompress(data[at:], limit + 1)
    except zlib.error as error:
        raise Bad("deflate") from error
    need(stream.eof and len(plain) <= limit, "deflate")
    return plain, len(data) - len(stream.unused_data)


def rice(data, at, count, sizes, by_tensor):
    ends, total = [], 0
    for size in sizes:
        total += size
        ends.append(total)
    bits, indices, following, tensor, parameter = Bits(data, at), [], 0, -1, 0
    for place in range(count):
        need(following < total, "coordinate")
        here = next(t for t, end in enumerate(ends) if following < end)
        if here != tensor if by_tensor else place % 64 == 0:
            parameter = bits.read(5)
        tensor = here
        quotient = bits.unary()
        indices.append(following + (quotient << parameter) + bits.read(parameter))
        following = indices[-1] + 1
    return indices, bits.finish()


def bitmap(plain):
    return [8 * i + b for i, byte in enumerate(plain) for b in range(8) if byte >> b & 1]


def coordinates(coding, data, at, count, sizes):
    d = sum(sizes)
    if coding == 0:
        return list(range(d)), at
    if coding in (1, 2):
        return rice(data, at, count, sizes, coding == 1)
    if coding == 3:
        plain, at = inflate(data, at, 5 * count)
        indices, place, following = [], 0, 0
        for _ in range(count):
            gap, place = varint(plain, place)
            indices.append(following + gap)
            following = indices[-1] + 1
        need(place == len(plain), "trailing")
        return indices, at
    size = (d + 7) // 8
    if coding == 4:
        need(len(data) - at >= size, "truncated")
        return bitmap(data[at:at + size]), at + size
    plain, at = inflate(data, at, size)
    need(len(plain) == size, "deflate")
    return bitmap(plain), at


# Values.
LEVELS = {2: 127, 3: 7}


def single(bits):
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def bits_of(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


def scaled(level, scale, levels):
    need(scale < 0x7F80, "value")
    step = single(scale << 16)
    need(levels * step <= single(0x7F7FFFFF), "value")
    return bits_of(level * step) if level else 0


def plain_size(kind, count):
    scales = 2 * -(-count // 64)
    return [4 * count, 2 * count, scales + count, scales + -(-count // 2)][kind]


def plain_values(kind, count, plain):
    if kind < 2:
        width = 4 - 2 * kind
        words = [
            sum(plain[p * count + i] << 8 * (p + 4 - width) for p in range(width))
            for i in range(count)
        ]
        need(all(w & 0x7FFFFFFF < 0x7F800000 and w != 0x80000000 for w in words), "value")
        return words
    blocks = -(-count // 64)
    scales = [plain[b] | plain[blocks + b] << 8 for b in range(blocks)]
    rest = plain[2 * blocks:]
    if kind == 2:
        levels = [b - 256 if b > 127 else b for b in rest]
    else:
        halves = [h for b in rest for h in (b & 15, b >> 4)]
        need(all(h == 0 for h in halves[count:]), "trailing")
        levels = [h - 16 if h > 7 else h for h in halves[:count]]
    need(all(abs(v) <= LEVELS[kind] for v in levels), "value")
    need(all(v == 0 or scales[i // 64] for i, v in enumerate(levels)), "value")
    for scale in scales:
        scaled(1, scale, LEVELS[kind])
    return [scaled(v, scales[i // 64], LEVELS[kind]) for i, v in enumerate(levels)]


def range_values(kind, count, coder):
    floor = coder.plain(15)
    need(floor < 0x7F80, "value")
    numbers, steps = Numbers(60), Numbers(60)
    above = [[Chance(30) for _ in range(7)] for _ in range(8)]
    words = []
    if kind < 2:
        for _ in range(count):
            upper = floor + numbers.read(coder)
            need(upper < 0x7F80, "value")
            word = upper << 16 | (coder.plain(16) if kind == 0 else 0)
            words.append(word | coder.plain(1) << 31 if word else 0)
        return words
    top, scale = LEVELS[kind], None
    for start in range(0, count, 64):
        if scale is None:
            scale = coder.plain(15)
        else:
            step = steps.read(coder)
            scale += -(step + 1 >> 1) if step & 1 else step >> 1
        need(0 <= scale < 0x7F80, "value")
        scaled(1, scale, top)
        lowest = 0
        if scale:
            # Python rounds to nearest, ties to even; the quotient of two bfloat16 is never so
            # close to a half that a Double could not tell.
            lowest = min(round(single(floor << 16) / single(scale << 16)), top)
        for _ in range(start, min(start + 64, count)):
            level = lowest
            if scale == 0:
                words.append(0)
                continue
            if kind == 3:
                while level < 7 and coder.bit(above[lowest][level]):
                    level += 1
            else:
                level += numbers.read(coder)
                need(level <= 127, "value")
            sign = coder.plain(1) if level else 0
            words.append(scaled(-level if sign else level, scale, top))
    return words


def decode(data, sizes):
    if not data:
        return [], []
    d, head = sum(sizes), data[0]
    kind, how, coding = head & 3, head >> 2 & 7, head >> 5 & 3
    need(head < 128 and how < 7 and coding < 3, "format")
    at, count = 1, d
    if how:
        less, at = varint(data, at)
        count = less + 1
        need(count <= d, "count")
    indices = words = None
    if how != 6:
        indices, at = coordinates(how, data, at, count, sizes)
    if coding != 2:
        size = plain_size(kind, count)
        if coding == 0:
            need(len(data) - at >= size, "truncated")
            plain, at = data[at:at + size], at + size
        else:
            plain, at = inflate(data, at, size)
            need(len(plain) == size, "deflate")
        words = plain_values(kind, count, plain)
    if how == 6 or coding == 2:
        coder = Coder(data, at)
        if how == 6:
            model, indices, following = Numbers.gaps(count, d), [], 0
            for _ in range(count):
                indices.append(following + model.read(coder))
                following = indices[-1] + 1
                need(following <= d, "coordinate")
        if coding == 2:
            words = range_values(kind, count, coder)
        coder.finish()
    else:
        need(at == len(data), "trailing")
    need(len(indices) == count and indices[-1] < d, "coordinate")
    return indices, words


for line in sys.stdin:
    sizes, _, payload = line.strip().partition(" ")
    try:
        found = decode(bytes.fromhex(payload), [int(size) for size in sizes.split(",")])
        print(" ".join(f"{i}:{w:08x}" for i, w in zip(*found)))
    except Bad as bad:
        print("error", bad)
