"""What every kind of model looks like to the rest of the package."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence

import numpy as np

from ._flat import Layout, first


class Estimate(NamedTuple):
    """What a round's training tells about itself.

    - rate: |delta| = rate * |sum of corrected gradients|; None: unknown.
    - gradient_norm: of the mean raw gradient; None: unknown.
    - corrected: whether c was subtracted in every step.
    """

    rate: Optional[float] = None
    gradient_norm: Optional[float] = None
    corrected: bool = False


class Groups(NamedTuple):
    """Which tensors of the model go where, by name."""

    shared: List[str]
    private: List[str]
    local: List[str]
    frozen: List[str]

    def __str__(self) -> str:
        said = [
            f"{len(names)} {word} ({first(names)})" if names else f"none {word}"
            for word, names in zip(("shared", "private", "left local", "frozen"), self)]
        return ", ".join(said)


class Adapter:
    """One model: shared tensors in the layout's order, private ones by name.

    Parts are one-dimensional float32 arrays. Those of `read` may be views of the model's memory:
    they are good until the part is written or the model is trained on.
    """

    model: Any
    layout: Layout
    groups: Groups
    note = ""
    """What else is to be said of the groups, for the log."""
    coarse = False
    """Whether a shared tensor holds less than float32; then `rounded` says what it keeps."""

    # The shared tensors.

    def read(self) -> Iterator[np.ndarray]:
        """The shared tensors, part by part."""
        raise NotImplementedError

    def write(self, parts: Iterable[np.ndarray]) -> None:
        """Sets the shared tensors in place. A part is drawn just before it is written."""
        raise NotImplementedError

    def rounded(self, index: int, part: np.ndarray) -> np.ndarray:
        """What remains of a part after `write`, as float32; only asked if `coarse`."""
        return part

    def snapshot(self) -> Any:
        """An exact copy of the shared tensors, for `restore`."""
        return [np.array(part) for part in self.read()]

    def restore(self, snapshot: Any) -> None:
        """Puts a snapshot back, bit for bit."""
        self.write(snapshot)

    # The private tensors.

    def private(self) -> Dict[str, np.ndarray]:
        """Copies of the private tensors by name."""
        return {}

    def set_private(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Sets private tensors in place; names and shapes have been checked."""

    # Training.

    def set_correction(self, c: Sequence[np.ndarray]) -> None:
        """Takes a new correction, a copy of it."""

    def correction(self) -> Dict[str, np.ndarray]:
        """The correction by name, in the tensors' shapes."""
        return {}

    def correct_now(self) -> None:
        """Subtracts c from gradients that lie ready."""
        raise NotImplementedError("only PyTorch models hold gradients that can be corrected")

    def after_step(self, corrected: Optional[bool]) -> None:
        """One local step was made; `corrected` is the user's word, None: as seen."""

    def estimate(self, delta: np.ndarray, steps: int) -> Estimate:
        """What is known of the round that moved the shared tensors by the flat `delta`; asked
        once a round, and what was summed up begins anew."""
        return Estimate()

    def evaluating(self) -> Any:
        """Switches to evaluation; what it returns goes to `training`."""
        return None

    def training(self, modes: Any) -> None:
        """Switches back."""

    def close(self) -> None:
        """Removes what was attached to the model or its optimiser."""
