"""Which tensors of a PyTorch model are shared, private, left local or frozen.

In this order: in the federation's list: shared. Fits a private pattern: private. Running
statistics of BatchNorm: private (FedBN, Li et al. 2021). Whole numbers and truth values: private,
kept with the statistics they count. Without gradient: frozen, never sent and never stored. Other
floating buffers: private. A trainable parameter that is none of these is an error, since it would
drift apart silently.

Tied parameters: one storage under several names is one tensor. It goes by the name that the
federation lists, else by the first in `state_dict` order; the other names are aliases.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from ._adapter import Groups
from ._flat import Layout, first
from ._patterns import matches
from .errors import LayoutMismatch, ModelUnsupported

_STATISTICS = ("running_mean", "running_var")


class Tensors(NamedTuple):
    """A model's tensors by name, each storage once.

    - aliases: other names of the same storage, to the name it goes by.
    """

    entries: Dict[str, Any]
    aliases: Dict[str, str]


def unwrapped(model: Any) -> Any:
    """The module inside DataParallel, DistributedDataParallel and compiled modules."""
    import torch
    from torch.nn.parallel import DataParallel, DistributedDataParallel

    while True:
        if isinstance(model, (DataParallel, DistributedDataParallel)):
            model = model.module
        elif isinstance(getattr(model, "_orig_mod", None), torch.nn.Module):
            model = model._orig_mod
        else:
            return model


def tensors(model: Any, listed: Sequence[str] = ()) -> Tensors:
    """Parameters and persistent buffers of an unwrapped module."""
    import torch

    listed_names = set(listed)
    by_storage: Dict[Tuple[Any, ...], List[str]] = {}
    found: Dict[str, Any] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if not isinstance(tensor, torch.Tensor):
            continue  # Extra state of a module: not a tensor, stays where it is.
        if isinstance(tensor, torch.nn.parameter.UninitializedTensorMixin):
            raise ModelUnsupported(
                "model.lazy", f"{name} has no shape yet", "run one batch through the model first")
        found[name] = tensor
        by_storage.setdefault(_storage(name, tensor), []).append(name)
    aliases: Dict[str, str] = {}
    for names in by_storage.values():
        chosen = [name for name in names if name in listed_names] or names
        if len(chosen) > 1 and chosen is not names:
            raise LayoutMismatch(
                "trainer.layout", f"the federation lists {first(chosen)}, here one tied tensor",
                "make the genesis with starling.export_genesis: it writes tied tensors once")
        aliases.update({name: chosen[0] for name in names if name != chosen[0]})
    return Tensors({n: t for n, t in found.items() if n not in aliases}, aliases)


def _storage(name: str, tensor: Any) -> Tuple[Any, ...]:
    if tensor.numel() == 0 or tensor.device.type == "meta":
        return (name,)
    return (str(tensor.device), tensor.data_ptr(), tuple(tensor.shape), tensor.stride(),
            tensor.dtype)


def statistics(model: Any) -> List[str]:
    """Names of the running statistics of BatchNorm and its kin."""
    found = []
    for name, module in model.named_modules():
        if getattr(module, "track_running_stats", False):
            found += [f"{name}.{s}" if name else s for s in _STATISTICS]
    return found


def classify(model: Any, layout: Layout, private: Sequence[str]) -> Groups:
    """Sorts the tensors of an unwrapped module. Raises `LayoutMismatch`, `ModelUnsupported`."""
    import torch

    entries = tensors(model, layout.names).entries
    shared = set(layout.names)
    batch_norm = set(statistics(model))
    groups = Groups([], [], [], [])
    stray: List[str] = []
    for name, tensor in entries.items():
        floating = tensor.is_floating_point()
        trained = isinstance(tensor, torch.nn.Parameter)
        if name in shared:
            if not floating:
                raise ModelUnsupported(
                    "model.dtype", f"{name} is shared, but holds {tensor.dtype}",
                    "only floating-point tensors can be averaged")
            groups.shared.append(name)
        elif matches(name, tuple(private)) or name in batch_norm:
            groups.private.append(name)
        elif trained and not tensor.requires_grad:
            groups.frozen.append(name)
        elif tensor.is_complex():
            groups.local.append(name)
        elif not trained:
            groups.private.append(name)
        else:
            stray.append(name)
    shapes = {name: tuple(entries[name].shape) for name in groups.shared}
    shapes.update({name: tuple(entries[name].shape) for name in stray})
    layout.check(shapes, "the model")
    return groups
