#!/usr/bin/env python3
"""Makes NumPyVectors.swift: one exchange of two nodes, computed by the design's NumPy reference.

    python3 make_vectors.py FOLDER_OF_GOSSIP_PY > NumPyVectors.swift

Needs numpy and numba. The inputs are the formulas below, exact in binary, and are spelled again in
NumPyAgreementTests.swift; so the file keeps only what has changed.
"""
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
import gossip  # noqa: E402

D, K = 200, 20
STEPS, RATE = 5.0, 0.05
WEIGHTS = [1.0, 3.0]


def ramp(factor, shift, prime, scale):
    i = np.arange(D)
    return (((i * factor + shift) % prime) - prime // 2).astype(np.float32) / np.float32(scale)


def bits(values):
    return [f"0x{v:08x}" for v in np.asarray(values, np.float32).view(np.uint32)]


def array(name, items, indent):
    lines, line = [], ""
    for item in items:
        if len(line) + len(item) > 84 - indent:
            lines.append(line.rstrip())
            line = ""
        line += item + ", "
    lines.append(line.rstrip())
    pad = " " * (indent + 4)
    body = "\n".join(pad + part for part in lines)
    return f"{' ' * indent}{name}: [\n{body}\n{' ' * indent}]"


def case(name, levels):
    rule = gossip.Rule(k=K / D, levels=levels, least=1)
    federation = gossip.Federation(
        np.zeros(D, np.float32), 2, rule, np.random.default_rng(1), weights=WEIGHTS)
    federation.h[:] = STEPS
    federation.stepped(STEPS)  # the running mean of h stays h
    federation.rate[:] = RATE
    federation.x[0] = ramp(7919, 13, 1009, 256)
    federation.x[1] = ramp(6007, 29, 997, 256)
    federation.links[(0, 1)] = ramp(31, 7, 97, 1024)
    federation.c[0] = ramp(17, 3, 89, 2048)
    federation.c[1] = -federation.c[0] / np.float32(4)  # not in balance: only arithmetic counts
    before = [federation.x.copy(), federation.links[(0, 1)].copy(), federation.c.copy()]
    said = [gossip.compress(federation.x[e], before[1], K, levels) for e in (0, 1)]
    federation.exchange((0, 1))
    s = federation.links[(0, 1)]
    moved = sorted({int(i) for index, *_ in said for i in index})
    still = [i for i in range(D) if i not in moved]
    for new, old in ((federation.x, before[0]), (federation.c, before[2])):
        assert (new[:, still] == old[:, still]).all()
    assert (s[still] == before[1][still]).all()
    parts = [f"    static let {name} = NumPyVectors("]
    fields = [array("moved", [str(i) for i in moved], 8)]
    for end, label in ((0, "lower"), (1, "higher")):
        index, value, R, E, _ = said[end]
        fields.append(array(f"{label}Said", [str(int(i)) for i in index], 8))
        fields.append(array(f"{label}Values", bits(value), 8))
        fields.append(f"        {label}Before: {R!r}, {label}After: {E!r}")
    for label, vector in (
            ("lowerX", federation.x[0]), ("higherX", federation.x[1]), ("reference", s),
            ("lowerC", federation.c[0]), ("higherC", federation.c[1])):
        fields.append(array(label, bits(vector[moved]), 8))
    return parts[0] + "\n" + ",\n".join(fields) + ")"


HEAD = """// Room:  GossipTests.
// Task:  one exchange as the design's NumPy reference computes it; made by make_vectors.py.
// May:   nothing.   Not edited by hand.
// Proof: Tests/GossipTests/NumPyAgreementTests.swift

/// Values are bit patterns of Float32; those of coordinates not in `moved` stay as they were.
struct NumPyVectors: Sendable {
    var moved: [Int]
    var lowerSaid: [UInt32]
    var lowerValues: [UInt32]
    var lowerBefore: Double
    var lowerAfter: Double
    var higherSaid: [UInt32]
    var higherValues: [UInt32]
    var higherBefore: Double
    var higherAfter: Double
    var lowerX: [UInt32]
    var higherX: [UInt32]
    var reference: [UInt32]
    var lowerC: [UInt32]
    var higherC: [UInt32]
"""
print(HEAD)
print(case("fourBits", 7) + "\n")
print(case("eightBits", 127))
print("}")
