"""As with LoRA: a trunk that all have is frozen and never sent; small adapters are shared.

    python adapters.py

The trunk is trained on other data first (the digits 0 to 4), as a foundation model would be, and
frozen. Every linear layer gets a low-rank addition B·A of rank 4; only these and the new output
layer are trained, exported as the genesis and gossiped. Four sites then learn the digits 5 to 9,
each of which sees two of them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

import digits_data
import starling
from cluster import Cluster, last_words

NAMES = ["alice", "bob", "carol", "dave"]
WIDTH, RANK, ROUNDS = 128, 4, 400


class Adapted(nn.Module):
    """A frozen linear layer with a low-rank addition that starts as nothing."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_a = nn.Parameter(torch.randn(RANK, base.in_features) / base.in_features ** 0.5)
        self.lora_b = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.base(rows) + rows @ self.lora_a.T @ self.lora_b.T


def rows(site: int | None, new: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """[n, 64], [n]: digits from 5 on, or below it; None: all sites' test rows."""
    images, labels = digits_data.test() if site is None else digits_data.part(None)
    keep = (labels >= 5) == new
    if site is not None and new:
        keep &= np.isin(labels % 5, [site, site + 1])
    return torch.from_numpy(images[keep]).flatten(1), torch.from_numpy(labels[keep] % 5)


def fit(model: nn.Module, site: int | None, steps: int, federation=None) -> None:
    images, labels = rows(0 if federation is None and site is None else site, site is not None)
    trained = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=0.1)
    while steps > 0 if federation is None else not federation.over:
        chosen = torch.randint(len(labels), (32,))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images[chosen]), labels[chosen])
        loss.backward()
        optimizer.step()
        steps -= 1
        if federation is not None:
            federation.step(samples=32, loss=loss)


def build() -> nn.Sequential:
    """The same frozen trunk and the same adapters everywhere."""
    torch.manual_seed(0)
    trunk = nn.Sequential(
        nn.Linear(64, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 5))
    fit(trunk, None, 500)
    torch.manual_seed(1)
    return nn.Sequential(
        Adapted(trunk[0]), nn.ReLU(), Adapted(trunk[2]), nn.ReLU(), nn.Linear(WIDTH, 5))


def accuracy(model: nn.Module) -> float:
    images, labels = rows(None, True)
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


def trainer(site: int, socket: str) -> None:
    model = build()
    torch.manual_seed(site)
    with starling.join(model, socket, wait=True, progress=False) as federation:
        fit(model, site, 0, federation)
        federation.finish()
    print(json.dumps(accuracy(model)))


def run() -> dict[str, object]:
    folder = Path(tempfile.mkdtemp(prefix="adapters-"))
    genesis = folder / "genesis.safetensors"
    summary = starling.export_genesis(build(), str(genesis))
    alone = []
    for site in range(len(NAMES)):
        model = build()
        fit(model, site, 5 * ROUNDS)
        alone.append(accuracy(model))
    new = ["--name", "adapters", "--genesis", str(genesis), "--rounds", str(ROUNDS)]
    with Cluster(NAMES, new) as cluster:
        together = last_words(
            [__file__, str(site), cluster.socket(name)] for site, name in enumerate(NAMES))
        gossiped = set(starling.read_safetensors(cluster.export("alice")))
    return {"alone": alone, "together": together, "gossiped": sorted(gossiped),
            "summary": str(summary)}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        trainer(int(sys.argv[1]), sys.argv[2])
    else:
        for key, value in run().items():
            print(f"{key:10} {value}")
