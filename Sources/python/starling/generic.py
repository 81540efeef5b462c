"""Any model at all: an object with `get()` and `set(tensors)`."""

from __future__ import annotations

from typing import Dict, Iterable, Mapping

import numpy as np

from ._arrays import ArrayAdapter


class GetSet:
    """What the object needs to offer; it need not inherit from this class."""

    def get(self) -> Dict[str, np.ndarray]:
        """All tensors by name, always the same names and shapes."""
        raise NotImplementedError

    def set(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Takes new values for the named tensors, in the dtypes that `get` gave."""
        raise NotImplementedError


class GenericAdapter(ArrayAdapter):
    """Reads by `get`, writes by `set`; each is called once a round."""

    model: GetSet

    def arrays(self) -> Dict[str, np.ndarray]:
        return {name: np.asarray(array) for name, array in self.model.get().items()}

    def write(self, parts: Iterable[np.ndarray]) -> None:
        self.model.set({
            name: part.astype(dtype, copy=False).reshape(shape)
            for name, shape, dtype, part in zip(
                self.layout.names, self.layout.shapes, self._dtypes, parts)})

    def set_private(self, tensors: Mapping[str, np.ndarray]) -> None:
        if tensors:
            known = self.arrays()
            self.model.set({
                name: np.array(array, known[name].dtype) for name, array in tensors.items()})
