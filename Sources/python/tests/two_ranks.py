"""One of two processes that train a model together; run by test_distributed.

Arguments: rank, folder for the meeting, socket, where to write what came of it.
"""

from __future__ import annotations

import json
import sys

import torch
import torch.distributed as distributed
import torch.optim.optimizer as optimisers

import starling


def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 3))


def shard(step: int, rank: int):
    random = torch.Generator().manual_seed(1000 * rank + step)
    return (torch.randn(8, 4, generator=random), torch.randint(0, 3, (8,), generator=random))


def main(rank: int, meeting: str, socket: str, result: str) -> None:
    distributed.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=2)
    wrapped = torch.nn.parallel.DistributedDataParallel(model())
    optimizer = torch.optim.SGD(wrapped.parameters(), lr=0.1, momentum=0.9)
    hooks = hasattr(optimisers, "register_optimizer_step_pre_hook")
    only = None if hooks else optimizer  # PyTorch before 2.0 has to be told.
    taken = []
    with starling.join(wrapped, socket, optimizer=only, wait=True, timeout=20) as federation:
        for step in range(100):
            optimizer.zero_grad()
            rows, labels = shard(step, rank)
            loss = torch.nn.functional.cross_entropy(wrapped(rows), labels)
            loss.backward()
            optimizer.step()
            taken.append(federation.step(samples=len(rows), loss=loss))
            if federation.over:
                break
        with federation.evaluation() as shown:
            shown_sum = float(sum(p.double().sum() for p in shown.parameters()))
    parameters = {n: p.detach().reshape(-1).tolist() for n, p in wrapped.module.named_parameters()}
    with open(result, "w") as file:
        json.dump({"taken": taken, "parameters": parameters, "round": federation.round,
                   "links": federation.links, "shown": shown_sum}, file)
    distributed.barrier()
    distributed.destroy_process_group()


def fail(rank: int, meeting: str, socket: str, result: str) -> None:
    """Rank 0 cannot join: both hear of it."""
    distributed.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=2)
    said = "joined"
    try:
        starling.join(model(), socket + ".none")
    except starling.StarlingError as fault:
        said = fault.code
    with open(result, "w") as file:
        json.dump(said, file)
    distributed.barrier()
    distributed.destroy_process_group()


if __name__ == "__main__":
    task = {"main": main, "fail": fail}[sys.argv[1]]
    task(int(sys.argv[2]), *sys.argv[3:])
