"""The arithmetic of local steps: what was taken, what was done since, what is handed in.

`base` is what the model held when it was last squared with the daemon. The model is base plus the
own local steps since, always: new parameters are added as a shift, never set, so that steps made
while an answer was under way survive.

Modification of the plain rule for models coarser than float32: what rounding cuts off is kept in
`residue` and counts as part of the model. Without it the next delta would hand the rounding in as
if it were training, and would undo whatever the others moved by less than the model can hold.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Sequence

import numpy as np

from ._adapter import Adapter
from .errors import NotFinite


class Book:
    """The base of one model; all vectors flat float32 in the layout's order."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._layout = adapter.layout
        self._base = self._layout.zeros()
        self._residue: Optional[np.ndarray] = self._layout.zeros() if adapter.coarse else None

    def load(self, x: Sequence[np.ndarray]) -> None:
        """Sets the model and the base to `x`: local steps are forgotten."""
        self._adapter.write(self._fresh(x, keep=False))

    def take(self, x: Sequence[np.ndarray]) -> None:
        """Moves model and base to `x`; local steps since the last `delta` stay."""
        self._adapter.write(self._fresh(x, keep=True))

    def delta(self, out: Optional[np.ndarray] = None) -> np.ndarray:
        """The local steps since the base; the base is then the model as it is.

        - out: where to write them; None: a new vector.
        - Raises: `NotFinite`; the base is as before (within a rounding).
        """
        out = np.empty(self._base.shape, np.float32) if out is None else out
        done: List[slice] = []
        layout = self._layout
        for name, part, current in zip(layout.names, layout.slices, self._adapter.read()):
            if self._residue is not None:
                current = current + self._residue[part]
            np.subtract(current, self._base[part], out=out[part])
            if not np.isfinite(out[part]).all():
                for earlier in done:
                    self._base[earlier] -= out[earlier]
                raise NotFinite(
                    "work.not-finite", f"local training made {name} NaN or infinite",
                    "nothing of this round was sent; a smaller learning rate or clipped gradients "
                    "may help")
            self._base[part] = current
            done.append(part)
        return out

    def give_back(self, delta: np.ndarray) -> None:
        """A delta was not taken: it counts as local steps again."""
        self._base -= delta

    def _fresh(self, x: Sequence[np.ndarray], keep: bool) -> Iterator[np.ndarray]:
        # x + (current - base), not current + (x - base): without local steps it is x to the bit.
        current = self._adapter.read() if keep else iter(x)
        for index, (part, now, new) in enumerate(zip(self._layout.slices, current, x)):
            target = np.array(new, np.float32)
            if keep:
                if self._residue is not None:
                    now = now + self._residue[part]
                target += now - self._base[part]
            if self._residue is not None:
                np.subtract(target, self._adapter.rounded(index, target), out=self._residue[part])
            self._base[part] = new
            yield target
