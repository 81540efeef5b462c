"""The layout of the shared tensors: which named tensor lies where in one flat float32 vector."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Tuple

import numpy as np

from . import _safetensors
from .errors import LayoutMismatch

SHOWN = 3
"""How many tensors a message names; the first are nearly always enough."""


class Layout:
    """Names, shapes and offsets; tensors lie one behind the other, without gaps.

    - names, shapes: in the federation's order.
    - length: entries of the flat vector, `d`.
    """

    def __init__(self, tensors: Sequence[Tuple[str, Tuple[int, ...]]]) -> None:
        self.names: List[str] = [name for name, _ in tensors]
        self.shapes: List[Tuple[int, ...]] = [tuple(shape) for _, shape in tensors]
        self.slices: List[slice] = []
        offset = 0
        for shape in self.shapes:
            size = int(np.prod(shape, dtype=np.int64))
            self.slices.append(slice(offset, offset + size))
            offset += size
        self.length = offset

    def __len__(self) -> int:
        return len(self.names)

    def zeros(self) -> np.ndarray:
        """A flat float32 vector of `d` zeros."""
        return np.zeros(self.length, np.float32)

    def split(self, vector: np.ndarray) -> List[np.ndarray]:
        """Views of a flat `[d]` vector, one a tensor, each one-dimensional."""
        return [vector[part] for part in self.slices]

    def named(self, parts: Sequence[np.ndarray]) -> Dict[str, np.ndarray]:
        """One-dimensional parts by name and in their shapes (views where possible)."""
        return {n: p.reshape(s) for n, p, s in zip(self.names, parts, self.shapes)}

    def arrange(self, tensors: Mapping[str, np.ndarray]) -> List[np.ndarray]:
        """Named tensors as one-dimensional float32 parts in this order, widened exactly.

        Raises `LayoutMismatch` if a tensor is missing, too much, or of another shape.
        """
        self.check({name: tuple(array.shape) for name, array in tensors.items()}, "the file")
        return [tensors[n].astype(np.float32, copy=False).reshape(-1) for n in self.names]

    def check(self, shapes: Mapping[str, Tuple[int, ...]], holder: str) -> None:
        """Raises `LayoutMismatch` unless `shapes` has exactly these names and shapes."""
        missing = [name for name in self.names if name not in shapes]
        known = set(self.names)
        surplus = [name for name in shapes if name not in known]
        other = [
            f"{name} ({list(shapes[name])} instead of {list(shape)})"
            for name, shape in zip(self.names, self.shapes)
            if name in shapes and tuple(shapes[name]) != shape]
        complaints = [
            f"{word}: {first(names)}"
            for word, names in (
                ("missing", missing), ("too much", surplus), ("of another shape", other))
            if names]
        if complaints:
            raise LayoutMismatch(
                "trainer.layout",
                f"{holder} does not have the federation's tensors; " + "; ".join(complaints),
                "build the model as the federation's genesis was built")

    def header(self) -> bytes:
        """The safetensors header of a flat float32 vector in this layout."""
        return _safetensors.header([(n, "F32", s) for n, s in zip(self.names, self.shapes)])

    def body(self, vector: np.ndarray) -> List[Any]:
        """A flat `[d]` float32 vector as the buffers of a safetensors file."""
        little = np.ascontiguousarray(vector, "<f4")
        return [self.header(), little.data.cast("B")] if self.length else [self.header()]


def first(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
