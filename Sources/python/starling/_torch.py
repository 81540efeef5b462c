"""PyTorch models."""

from __future__ import annotations

import logging
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence

import numpy as np

from . import _torch_names
from ._adapter import Adapter, Estimate
from ._model_info import ModelInfo
from ._patterns import matches
from ._torch_correction import Correction
from .errors import LayoutMismatch

log = logging.getLogger("starling")


class TorchAdapter(Adapter):
    """A `torch.nn.Module`; parameters are changed in place, dtype and device stay.

    The optimiser's own state (momentum and the like) is never touched.
    """

    def __init__(
        self, model: Any, info: ModelInfo, optimizer: Any = None, correction: bool = True,
        average: Sequence[str] = (), sums: bool = True,
    ) -> None:
        import torch

        self.model = model
        self.layout = info.layout
        self._module = _torch_names.unwrapped(model)
        self.groups = _torch_names.classify(self._module, info.layout, info.private)
        self._entries = _torch_names.tensors(self._module, info.layout.names).entries
        self._check_averages(average)
        if set(self.groups.private).intersection(_torch_names.statistics(self._module)):
            self.note = "; statistics of BatchNorm stay private"
        self._shared = [self._entries[name] for name in info.layout.names]
        self.coarse = any(
            t.dtype not in (torch.float32, torch.float64) for t in self._shared)
        self._trained = [
            k for k, tensor in enumerate(self._shared)
            if isinstance(tensor, torch.nn.Parameter) and tensor.requires_grad]
        trained = [
            (info.layout.names[k], info.layout.slices[k], self._shared[k]) for k in self._trained]
        self._correction: Optional[Correction] = None
        if correction and trained:
            made = Correction(trained, optimizer, sums)
            self._correction = made if made.installed else None

    def _check_averages(self, average: Sequence[str]) -> None:
        asked = [
            name for name in self.groups.private + self.groups.local
            if average and matches(name, average)]
        if asked:
            raise LayoutMismatch(
                "trainer.layout", f"{asked[0]} is to be averaged, but the federation does not",
                "what is averaged is settled by the genesis: export_genesis(average=...)")

    @property
    def tensors(self) -> List[Any]:
        """The shared tensors, in the layout's order."""
        return self._shared

    @property
    def private_tensors(self) -> List[Any]:
        """The private tensors, in the model's order."""
        return [self._entries[name] for name in self.groups.private]

    @property
    def corrections(self) -> List[Any]:
        """The correction's tensors, for sharing them with other processes."""
        return self._correction.c if self._correction else []

    # The shared tensors.

    def read(self) -> Iterator[np.ndarray]:
        for tensor in self._shared:
            yield _floats(tensor)

    def write(self, parts: Iterable[np.ndarray]) -> None:
        import torch

        with torch.no_grad():
            for tensor, part in zip(self._shared, parts):
                tensor.copy_(torch.from_numpy(part).view(tensor.shape))
        self.written()

    def written(self) -> None:
        """The shared tensors were set from outside training."""
        if self._correction:
            self._correction.squared()

    def rounded(self, index: int, part: np.ndarray) -> np.ndarray:
        import torch

        return torch.from_numpy(part).to(self._shared[index].dtype).to(torch.float32).numpy()

    def snapshot(self) -> Any:
        return [tensor.detach().clone() for tensor in self._shared]

    def restore(self, snapshot: Any) -> None:
        import torch

        with torch.no_grad():
            for tensor, kept in zip(self._shared, snapshot):
                tensor.copy_(kept)
        self.written()

    # The private tensors.

    def private(self) -> Dict[str, np.ndarray]:
        return {name: _array(self._entries[name]) for name in self.groups.private}

    def set_private(self, tensors: Mapping[str, np.ndarray]) -> None:
        import torch

        with torch.no_grad():
            for name, array in tensors.items():
                tensor = self._entries[name]
                tensor.copy_(torch.from_numpy(np.array(array)).view(tensor.shape))

    # Training.

    def set_correction(self, c: Sequence[np.ndarray]) -> None:
        if self._correction:
            self._correction.set([c[k] for k in self._trained])

    def correction(self) -> Dict[str, np.ndarray]:
        if not self._correction or not self._correction.c:
            return {}
        names = [self.layout.names[k] for k in self._trained]
        return {n: np.array(_array(t)) for n, t in zip(names, self._correction.c)}

    def correct_now(self) -> None:
        if self._correction:
            self._correction.correct_now()

    def after_step(self, corrected: Optional[bool]) -> None:
        if self._correction:
            self._correction.after_step()

    def estimate(self, delta: np.ndarray, steps: int) -> Estimate:
        c = self._correction
        if c is None:
            return Estimate()
        sums, gradient = c.norms()
        moved = float(np.sqrt(sum(float(np.vdot(delta[p], delta[p])) for p in c.slices)))
        corrected = not c.missed
        c.begin()
        rate = moved / sums if sums > 0 else 0.0
        return Estimate(_usable(rate), _usable(gradient), corrected)

    def evaluating(self) -> Any:
        modes = [(module, module.training) for module in self.model.modules()]
        self.model.eval()
        return modes

    def training(self, modes: Any) -> None:
        for module, mode in modes:
            module.training = mode

    def close(self) -> None:
        if self._correction:
            self._correction.remove()


def _floats(tensor: Any) -> np.ndarray:
    """One-dimensional float32 on the processor: a view of the tensor where it is that already."""
    import torch

    return tensor.detach().to(device="cpu", dtype=torch.float32).reshape(-1).numpy()


def _array(tensor: Any) -> np.ndarray:
    """A copy as an array; what NumPy has no type for (bfloat16) is widened to float32."""
    import torch

    plain = tensor.detach().cpu()
    if plain.is_floating_point() and plain.dtype not in (
            torch.float16, torch.float32, torch.float64):
        plain = plain.to(torch.float32)
    return np.array(plain.numpy())


def _usable(number: float) -> Optional[float]:
    return number if np.isfinite(number) and number > 0 else None
