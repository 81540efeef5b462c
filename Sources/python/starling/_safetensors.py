"""Safetensors in and out, as the daemon reads and writes them.

A file is 8 bytes of header length (little-endian), a JSON header, and the tensors' bytes. Reading
is strict: whatever is not exactly the format is refused, since a file that two readers understand
differently is worse than none. BF16, which NumPy does not know, is widened to float32 exactly.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from .errors import StarlingError

LONGEST_HEADER = 100_000_000
_TYPES: Dict[str, np.dtype] = {
    "F64": np.dtype("<f8"), "F32": np.dtype("<f4"), "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"), "I64": np.dtype("<i8"), "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"), "I8": np.dtype("i1"), "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"), "U16": np.dtype("<u2"), "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
_TAGS = {dtype: tag for tag, dtype in _TYPES.items() if tag != "BF16"}


class SafetensorsError(StarlingError):
    """Bytes that are not safetensors; the message says what is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__("safetensors.malformed", f"safetensors: {message}")


class Entry(NamedTuple):
    """A tensor to be written: its bytes in C order, little-endian."""

    name: str
    tag: str
    shape: Tuple[int, ...]
    data: Any


def entry(name: str, array: np.ndarray) -> Entry:
    """An array as an entry, in its own dtype."""
    tag = _TAGS.get(array.dtype.newbyteorder("<"))
    if tag is None:
        raise SafetensorsError(f"tensor {name!r} has dtype {array.dtype}, which has no name there")
    little = np.ascontiguousarray(array, dtype=_TYPES[tag]).reshape(array.shape)
    return Entry(name, tag, tuple(array.shape), little)


def header(tensors: Sequence[Tuple[str, str, Tuple[int, ...]]]) -> bytes:
    """Length and JSON for (name, tag, shape) one behind the other, padded to eight bytes."""
    said: Dict[str, Any] = {}
    offset = 0
    for name, tag, shape in tensors:
        size = _count(shape) * _TYPES[tag].itemsize
        said[name] = {"dtype": tag, "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    if len(said) != len(tensors) or "__metadata__" in said:
        raise SafetensorsError("names of tensors must differ, and none is __metadata__")
    text = json.dumps(said, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def encode(entries: Sequence[Entry]) -> List[Any]:
    """The file as a list of buffers, the header first; nothing is copied."""
    first = header([(e.name, e.tag, e.shape) for e in entries])
    return [first] + [_raw(e.data) for e in entries if memoryview(e.data).nbytes]


def write(path: str, entries: Sequence[Entry]) -> None:
    """Writes a file; readers see the old one or the whole new one."""
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "wb") as file:
            for piece in encode(entries):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        if os.path.exists(partial):
            os.unlink(partial)
        raise


def read(path: str) -> Dict[str, np.ndarray]:
    """The tensors of a safetensors file by name, such as a model that the daemon has exported.

    BF16 is widened to float32. Raises `SafetensorsError`, `OSError`.
    """
    with open(path, "rb") as file:
        return decode(file.read())


def decode(buffer: Any) -> Dict[str, np.ndarray]:
    """The tensors by name, in the file's order.

    - buffer: bytes, a memoryview, or a uint8 array (mapped files). The arrays are views of it,
      BF16 excepted.
    - Raises: `SafetensorsError`.
    """
    view = memoryview(buffer).cast("B")
    if len(view) < 8:
        raise SafetensorsError("shorter than eight bytes")
    length = int.from_bytes(view[:8], "little")
    if length > LONGEST_HEADER or length > len(view) - 8:
        raise SafetensorsError("the header is longer than the file or 100 MB")
    start, room = 8 + length, len(view) - 8 - length
    tensors = _parse(bytes(view[8:start]))
    _check_tiling(tensors, room)
    found: Dict[str, np.ndarray] = {}
    for name, tag, shape, begin, _ in tensors:
        array = np.frombuffer(view, _TYPES[tag], _count(shape), start + begin)
        if tag == "BF16":
            array = (array.astype(np.uint32) << np.uint32(16)).view(np.float32)
        found[name] = array.reshape(shape)
    return found


_Described = Tuple[str, str, Tuple[int, ...], int, int]


def _parse(text: bytes) -> List[_Described]:
    if not text.startswith(b"{"):
        raise SafetensorsError("the header does not begin with {")
    try:
        said = json.loads(
            text.decode("utf-8"), object_pairs_hook=_no_doubles, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise SafetensorsError(f"the header is not strict JSON ({fault})") from None
    metadata = said.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise SafetensorsError("__metadata__ is not a map of strings")
    return [_describe(name, value) for name, value in said.items()]


def _describe(name: str, value: Any) -> _Described:
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise SafetensorsError(f"tensor {name!r} needs dtype, shape and data_offsets, no more")
    tag, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(tag, str) or tag not in _TYPES:
        raise SafetensorsError(f"tensor {name!r} has an unknown dtype")
    if not _naturals(shape) or not _naturals(offsets) or len(offsets) != 2:
        raise SafetensorsError(f"tensor {name!r}: shape and offsets are lists of whole numbers")
    begin, end = offsets
    if end - begin != _count(shape) * _TYPES[tag].itemsize:
        raise SafetensorsError(f"tensor {name!r}: offsets do not fit its shape")
    return name, tag, tuple(shape), begin, end


def _check_tiling(tensors: Sequence[_Described], room: int) -> None:
    position = 0
    for _, _, _, begin, end in sorted(tensors, key=lambda tensor: tensor[3:]):
        if begin != position:
            raise SafetensorsError("tensors overlap or leave a gap")
        position = end
    if position != room:
        raise SafetensorsError("tensors do not cover the file's bytes")


def _naturals(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and 0 <= n < 2**62 for n in value)


def _no_doubles(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _count(shape: Sequence[int]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


def _raw(data: Any) -> memoryview:
    return (data.reshape(-1).data if isinstance(data, np.ndarray) else memoryview(data)).cast("B")
