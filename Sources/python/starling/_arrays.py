"""What models made of NumPy arrays have in common (NumPy dictionaries, scikit-learn, get/set)."""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from ._adapter import Adapter, Estimate, Groups
from ._model_info import ModelInfo
from ._patterns import matches
from .errors import ModelUnsupported


def classify(arrays: Mapping[str, np.ndarray], info: ModelInfo) -> Groups:
    """Shared: in the federation's list. Private: fits a pattern, or holds whole numbers.

    Raises `LayoutMismatch`, `ModelUnsupported`.
    """
    shared = set(info.layout.names)
    groups = Groups([], [], [], [])
    shapes: Dict[str, Tuple[int, ...]] = {}
    for name, array in arrays.items():
        floating = np.issubdtype(array.dtype, np.floating)
        if name in shared and not floating:
            raise ModelUnsupported("model.dtype", f"{name} is shared, but holds {array.dtype}")
        if name in shared:
            groups.shared.append(name)
        elif matches(name, info.private) or not floating:
            groups.private.append(name)
        if name in shared or name not in groups.private:
            shapes[name] = tuple(array.shape)
    info.layout.check(shapes, "the model")
    return groups


class ArrayAdapter(Adapter):
    """A model whose tensors are NumPy arrays; subclasses say where they are.

    The user's own loop subtracts c, and says so: `federation.step(corrected=True)`.
    """

    def __init__(self, model: object, info: ModelInfo) -> None:
        self.model = model
        self.layout = info.layout
        arrays = self.arrays()
        self.groups = classify(arrays, info)
        self.coarse = any(arrays[name].dtype.itemsize < 4 for name in info.layout.names)
        self._dtypes = [arrays[name].dtype for name in info.layout.names]
        self._c: List[np.ndarray] = []
        self._corrected = True

    def arrays(self) -> Dict[str, np.ndarray]:
        """The model's arrays by name, as they are now."""
        raise NotImplementedError

    def read(self) -> Iterator[np.ndarray]:
        arrays = self.arrays()
        for name, shape in zip(self.layout.names, self.layout.shapes):
            array = arrays[name]
            if tuple(array.shape) != shape:
                raise ModelUnsupported(
                    "model.shape",
                    f"{name} has become {list(array.shape)}, it was {list(shape)}")
            yield array.astype(np.float32, copy=False).reshape(-1)

    def rounded(self, index: int, part: np.ndarray) -> np.ndarray:
        return part.astype(self._dtypes[index]).astype(np.float32)

    def snapshot(self) -> Dict[str, np.ndarray]:
        arrays = self.arrays()
        return {name: np.array(arrays[name]) for name in self.layout.names}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        self.set_private(snapshot)

    def private(self) -> Dict[str, np.ndarray]:
        arrays = self.arrays()
        return {name: np.array(arrays[name]) for name in self.groups.private}

    def set_correction(self, c: Sequence[np.ndarray]) -> None:
        self._c = [np.array(part, np.float32) for part in c]

    def correction(self) -> Dict[str, np.ndarray]:
        return self.layout.named(self._c) if self._c else {}

    def after_step(self, corrected: Optional[bool]) -> None:
        self._corrected = self._corrected and bool(corrected)

    def estimate(self, delta: np.ndarray, steps: int) -> Estimate:
        corrected, self._corrected = self._corrected, True
        return Estimate(corrected=corrected)
