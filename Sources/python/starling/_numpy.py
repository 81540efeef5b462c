"""A dictionary of NumPy arrays, written in place."""

from __future__ import annotations

from typing import Dict, Iterable, Mapping

import numpy as np

from ._arrays import ArrayAdapter
from ._model_info import ModelInfo
from .errors import ModelUnsupported


class NumpyAdapter(ArrayAdapter):
    """`{"name": array, ...}`; the arrays stay the same objects, their entries change."""

    def __init__(self, model: Dict[str, np.ndarray], info: ModelInfo) -> None:
        for name, array in model.items():
            if not isinstance(array, np.ndarray) or not array.flags.writeable:
                raise ModelUnsupported(
                    "model.array", f"{name!r} is not an array that can be written in place")
        super().__init__(model, info)

    def arrays(self) -> Dict[str, np.ndarray]:
        return self.model

    def write(self, parts: Iterable[np.ndarray]) -> None:
        for name, shape, part in zip(self.layout.names, self.layout.shapes, parts):
            self.model[name][...] = part.reshape(shape)

    def set_private(self, tensors: Mapping[str, np.ndarray]) -> None:
        for name, array in tensors.items():
            self.model[name][...] = array
