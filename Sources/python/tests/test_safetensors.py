"""Safetensors against bytes written by hand, and against headers that mean harm."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from starling import _safetensors
from starling._safetensors import SafetensorsError

GOLDEN_HEADER = (
    b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
    b'"b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]},'
    b'"c":{"dtype":"I64","shape":[],"data_offsets":[12,20]}}')
PADDED = GOLDEN_HEADER + b" " * (-len(GOLDEN_HEADER) % 8)
GOLDEN = (
    struct.pack("<Q", len(PADDED)) + PADDED
    + bytes.fromhex("0000803f000000c0")  # 1.0, -2.0
    + bytes.fromhex("803fc07f")          # 1.0, NaN
    + bytes.fromhex("f9ffffffffffffff"))  # -7


def test_golden_bytes_are_read():
    found = _safetensors.decode(GOLDEN)
    assert list(found) == ["a", "b", "c"]
    assert found["a"].tolist() == [1.0, -2.0]
    assert found["b"].dtype == np.float32 and found["b"].shape == (1, 2)
    assert found["b"][0, 0] == 1.0 and np.isnan(found["b"][0, 1])
    assert found["c"].shape == () and int(found["c"]) == -7


def test_golden_bytes_are_written():
    entries = [
        _safetensors.entry("a", np.array([1, -2], np.float32)),
        _safetensors.Entry("b", "BF16", (1, 2), np.array([0x3F80, 0x7FC0], "<u2")),
        _safetensors.entry("c", np.array(-7, np.int64))]
    assert b"".join(_safetensors.encode(entries)) == GOLDEN


@pytest.mark.parametrize(
    "dtype", ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?", ">f4"])
def test_every_dtype_comes_back(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    strided = array.T
    written = b"".join(_safetensors.encode([_safetensors.entry("x", strided)]))
    back = _safetensors.decode(written)["x"]
    assert back.shape == (3, 2) and np.array_equal(back, strided)


def test_bfloat16_is_widened_exactly():
    bits = np.arange(0, 0x7F80, dtype="<u2")
    file = b"".join(_safetensors.encode([_safetensors.Entry("x", "BF16", bits.shape, bits)]))
    expected = (bits.astype(np.uint32) << 16).view(np.float32)
    assert np.array_equal(_safetensors.decode(file)["x"], expected)


def test_a_mapped_file_is_read_where_it_lies(tmp_path):
    path = tmp_path / "x.safetensors"
    _safetensors.write(str(path), [_safetensors.entry("x", np.arange(4, dtype=np.float32))])
    mapped = np.memmap(path, np.uint8, "r")
    assert _safetensors.decode(mapped)["x"].tolist() == [0, 1, 2, 3]
    assert list(tmp_path.iterdir()) == [path]


def _file(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def _one(**changed: object) -> dict:
    return {"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **changed}}


HOSTILE = {
    "nothing": b"",
    "seven bytes": b"1234567",
    "header beyond the file": struct.pack("<Q", 100) + b"{}",
    "header beyond all measure": struct.pack("<Q", 2**63) + b"{}",
    "not JSON": _file(b"{x"),
    "not UTF-8": _file(b'{"\xff":1}'),
    "a list": _file(b"[]"),
    "blank before": _file(b" {}"),
    "rows of brackets": _file(b'{"a":' + b"[" * 100_000),
    "a name twice": _file(b'{"x":%s,"x":%s}' % ((json.dumps(_one()["x"]).encode(),) * 2), b"0000"),
    "an escaped name twice": _file(
        b'{"x":%s,"\\u0078":%s}' % ((json.dumps(_one()["x"]).encode(),) * 2), b"0000"),
    "NaN": _file(b'{"x":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', b"0000"),
    "unknown dtype": _file(_one(dtype="F31"), b"0000"),
    "dtype of a wrong kind": _file(_one(dtype=["F32"]), b"0000"),
    "negative side": _file(_one(shape=[-1]), b"0000"),
    "a truth as side": _file(_one(shape=[True]), b"0000"),
    "a fraction as side": _file(_one(shape=[1.0]), b"0000"),
    "sides that overflow": _file(_one(shape=[2**40, 2**40]), b"0000"),
    "offsets beyond the file": _file(_one(shape=[2], data_offsets=[0, 8]), b"0000"),
    "offsets backwards": _file(_one(data_offsets=[4, 0]), b"0000"),
    "three offsets": _file(_one(data_offsets=[0, 4, 8]), b"0000"),
    "shape does not fit": _file(_one(shape=[2]), b"0000"),
    "a gap": _file(_one(data_offsets=[4, 8]), b"00000000"),
    "bytes over": _file(_one(), b"00000"),
    "overlap": _file({**_one(), "y": _one()["x"]}, b"0000"),
    "a key too many": _file(_one(more=1), b"0000"),
    "a key missing": _file({"x": {"dtype": "F32", "shape": [1]}}, b"0000"),
    "metadata of numbers": _file({"__metadata__": {"a": 1}}),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_header_is_refused(what):
    with pytest.raises(SafetensorsError):
        _safetensors.decode(HOSTILE[what])


def test_metadata_is_passed_over():
    assert _safetensors.decode(_file({"__metadata__": {"by": "me"}})) == {}


def test_a_name_that_means_something_else_is_not_written():
    with pytest.raises(SafetensorsError):
        _safetensors.encode([_safetensors.entry("__metadata__", np.zeros(1))])
