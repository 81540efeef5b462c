"""`export_genesis`: the model that a federation begins with, as a safetensors file.

Give one seed of random numbers to all members, or let one member make the file: it is what every
node starts from.
"""

from __future__ import annotations

import logging
from typing import Any, Dict, List, NamedTuple, Sequence

import numpy as np

from . import _safetensors
from ._adapter import Groups
from ._flat import first
from ._join import _is_torch
from ._patterns import Patterns, listed, matches
from ._safetensors import Entry
from .errors import ModelUnsupported

log = logging.getLogger("starling")


class Summary(NamedTuple):
    """What went into the file and what did not.

    - parameters: entries of the shared tensors.
    - bytes: of their values in the file.
    """

    path: str
    groups: Groups
    parameters: int
    bytes: int

    def __str__(self) -> str:
        rows = zip(("shared", "private", "local", "frozen"), self.groups)
        lines = [f"{self.path}: {self.parameters} parameters, {self.bytes} bytes"]
        return "\n".join(lines + [f"  {w:<8}{len(n):>6}  {first(n)}".rstrip() for w, n in rows])


def export_genesis(
    model: Any, path: str, *, private: Patterns = (), average: Patterns = (),
) -> Summary:
    """Writes the tensors that are to be shared, in their dtypes (F32, F16, BF16).

    - model: as for `starling.join`; a scikit-learn estimator needs weights
      (`starling.sklearn.initialise`).
    - private: name patterns of tensors that each node keeps for itself, such as "head.*".
    - average: name patterns of buffers that are shared all the same, such as "*.running_mean";
      without it the statistics of BatchNorm stay private.
    - Returns: a summary; its `str` is a small table.
    - Raises: `ModelUnsupported` if nothing can be trained, or a tensor has float64 (PyTorch);
      float64 arrays of NumPy and scikit-learn are written as F32.
    """
    private, average = listed(private), listed(average)
    groups = Groups([], [], [], [])
    entries = (
        _torch_entries(model, private, average, groups) if _is_torch(model)
        else _array_entries(model, private, groups))
    if not entries:
        raise ModelUnsupported(
            "genesis.empty", "no tensor is left to be shared",
            "do the parameters require gradients? are the private patterns too wide?")
    _safetensors.write(path, entries)
    count = sum(int(np.prod(e.shape, dtype=np.int64)) for e in entries)
    return Summary(path, groups, count, sum(memoryview(e.data).nbytes for e in entries))


def _torch_entries(
    model: Any, private: Sequence[str], average: Sequence[str], groups: Groups,
) -> List[Entry]:
    import torch

    from . import _torch_names

    module = _torch_names.unwrapped(model)
    found = _torch_names.tensors(module)
    statistics = set(_torch_names.statistics(module))
    chosen = []
    for name, tensor in found.entries.items():
        trained = isinstance(tensor, torch.nn.Parameter)
        if matches(name, private):
            groups.private.append(name)
        elif trained and not tensor.requires_grad:
            groups.frozen.append(name)
        elif (trained or matches(name, average)) and tensor.is_floating_point():
            groups.shared.append(name)
            chosen.append(_torch_entry(name, tensor))
        elif tensor.is_floating_point() or name in statistics:
            groups.private.append(name)
        else:
            groups.local.append(name)
    if found.aliases:
        log.info("tied tensors go by their first name; aliases: %s", first(list(found.aliases)))
    return [entry for entry in chosen if entry.data.size]


def _torch_entry(name: str, tensor: Any) -> Entry:
    import torch

    plain = tensor.detach().cpu().contiguous()
    if plain.dtype == torch.bfloat16:
        return Entry(name, "BF16", tuple(plain.shape), plain.view(torch.int16).numpy())
    if plain.dtype not in (torch.float32, torch.float16):
        raise ModelUnsupported(
            "genesis.dtype", f"{name} is {plain.dtype}; shared are float32, float16, bfloat16",
            "model.float() makes float32 of it")
    return _safetensors.entry(name, plain.numpy())


def _array_entries(model: Any, private: Sequence[str], groups: Groups) -> List[Entry]:
    chosen, narrowed = [], []
    for name, array in _named_arrays(model).items():
        if matches(name, private):
            groups.private.append(name)
        elif not np.issubdtype(array.dtype, np.floating):
            groups.local.append(name)
        else:
            if array.dtype.itemsize > 4:
                narrowed.append(name)
                array = array.astype(np.float32)
            groups.shared.append(name)
            chosen.append(_safetensors.entry(name, array))
    if narrowed:
        log.info("written as float32, though the model holds more: %s", first(narrowed))
    return chosen


def _named_arrays(model: Any) -> Dict[str, np.ndarray]:
    if isinstance(model, dict):
        return model
    if hasattr(model, "get_params"):
        from ._sklearn import named_arrays

        return named_arrays(model)
    if callable(getattr(model, "get", None)):
        return {name: np.asarray(array) for name, array in model.get().items()}
    raise ModelUnsupported(
        "model.kind", f"a {type(model).__name__} is no model that can be exported")
