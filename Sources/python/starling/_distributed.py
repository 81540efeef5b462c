"""Several processes of one model (torch.distributed): rank 0 talks to the daemon for all.

Nothing is exchanged at most steps. At the end of a round every rank takes part in one sum (rows
and losses) and one broadcast of a few numbers; new parameters follow only if that says so. The
parameters of all ranks are assumed to be equal, as DistributedDataParallel keeps them.
"""

from __future__ import annotations

import json
from typing import Any, Callable, List, Optional, Sequence

from .errors import StarlingError


class Group:
    """The ranks of the default process group. All methods are collective: every rank calls them.

    - device: of the tensors that are exchanged; that of the parameters, since NCCL takes no other.
    """

    def __init__(self, device: Any) -> None:
        import torch.distributed as distributed

        self._distributed = distributed
        self._device = device
        self.root = distributed.get_rank() == 0

    def numbers(self, values: Sequence[float]) -> List[float]:
        """Rank 0's numbers on every rank."""
        import torch

        tensor = torch.tensor(list(values), dtype=torch.float64, device=self._device)
        self._distributed.broadcast(tensor, 0)
        return [float(value) for value in tensor.cpu()]

    def sums(self, values: Sequence[float]) -> List[float]:
        """The sums over ranks."""
        import torch

        tensor = torch.tensor(list(values), dtype=torch.float64, device=self._device)
        self._distributed.all_reduce(tensor)
        return [float(value) for value in tensor.cpu()]

    def tensors(self, tensors: Sequence[Any]) -> None:
        """Rank 0's values into every rank's tensors, in place."""
        import torch

        with torch.no_grad():
            for tensor in tensors:
                whole = tensor.detach().to(self._device).contiguous()
                if whole.dtype == torch.bool:
                    whole = whole.to(torch.uint8)
                self._distributed.broadcast(whole, 0)
                if not self.root:
                    tensor.copy_(whole)

    def object(self, value: Any) -> Any:
        """Rank 0's JSON value on every rank."""
        import torch

        text = json.dumps(value).encode() if self.root else b""
        length = int(self.numbers([len(text)])[0])
        tensor = torch.zeros(length, dtype=torch.uint8, device=self._device)
        if self.root:
            tensor.copy_(torch.tensor(list(text), dtype=torch.uint8))
        self._distributed.broadcast(tensor, 0)
        return json.loads(bytes(tensor.cpu().tolist()))

    def of_root(self, task: Callable[[], Any]) -> Any:
        """Runs a task on rank 0; its JSON result, or its fault, comes to every rank."""
        fault: Optional[BaseException] = None
        result: Any = None
        if self.root:
            try:
                result = task()
            except BaseException as caught:  # The others wait and must hear of it.
                fault = caught
        said = self.object({"fault": _fault(fault), "result": result})
        if fault is not None:
            raise fault
        if said["fault"] is not None:
            raise StarlingError(*said["fault"])
        return said["result"]


def find(model: Any) -> Optional[Group]:
    """The group, if this process is one of several that train a PyTorch module together."""
    import torch
    import torch.distributed as distributed

    if not (distributed.is_available() and distributed.is_initialized()):
        return None
    if distributed.get_world_size() < 2:
        return None
    first = next(model.parameters(), torch.empty(0))
    return Group(first.device)


def _fault(fault: Optional[BaseException]) -> Optional[List[Any]]:
    if fault is None:
        return None
    if isinstance(fault, StarlingError):
        return [fault.code, f"rank 0: {fault.message}", fault.hint]
    return ["distributed.rank", f"rank 0 failed: {type(fault).__name__}", None]
