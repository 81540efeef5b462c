"""Ten companies, each with assays of its own: a shared trunk and private heads of other sizes.

    python melloddy.py [--seed 1]

The data are generated as drug discovery has them: every company knows some molecules, described by
256 bits, and for each of its own assays (3 to 12) a label with noise. What the assays have in
common is that all depend on the same 6 hidden properties of a molecule, saturating functions of
its bits. No company has enough molecules to learn these well; together they have. Nobody shares a
molecule, an assay, a label or the number of its assays: the head is private, one line in the
federation file (--private 'head.*').
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

import starling
from cluster import Cluster, last_words

COMPANIES = 10
BITS, HIDDEN, WIDTH = 256, 6, 48
ROUNDS, STEPS, BATCH = 400, 5, 32


def assays(company: int) -> int:
    return 3 + company


def molecules(company: int) -> int:
    """Training molecules: 150 to 420."""
    return 150 + 30 * company


def world(seed: int) -> np.ndarray:
    """How properties depend on bits: [BITS, HIDDEN]."""
    return np.random.default_rng(seed).normal(size=(BITS, HIDDEN)) / np.sqrt(BITS / 4)


def company_data(seed: int, company: int, count: int, part: int):
    """[count, BITS] float32 of 0 and 1, [count, assays] of 0 and 1."""
    draw = np.random.default_rng([seed, company, part])
    bits = (draw.random((count, BITS)) < 0.25).astype(np.float32)
    properties = np.tanh(2 * (bits - 0.25) @ world(seed))
    weights = np.random.default_rng([seed, company]).normal(size=(HIDDEN, assays(company)))
    scores = properties @ weights
    scores += 0.3 * scores.std(axis=0) * draw.normal(size=scores.shape)
    return bits, (scores > np.median(scores, axis=0)).astype(np.float32)


class Net(nn.Module):
    def __init__(self, tasks: int) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(BITS, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU())
        self.head = nn.Linear(WIDTH, tasks)

    def forward(self, bits: torch.Tensor) -> torch.Tensor:
        return self.head(self.trunk(bits))


def build(company: int) -> Net:
    torch.manual_seed(0)  # The trunk is drawn first: the same for all.
    return Net(assays(company))


def score(model: nn.Module, seed: int, company: int) -> float:
    """Mean accuracy over the company's assays, on molecules that nobody has seen."""
    bits, labels = (torch.from_numpy(a) for a in company_data(seed, company, 2000, part=1))
    with torch.no_grad():
        return ((model(bits) > 0).float() == labels).float().mean().item()


def train(company: int, seed: int, socket: str | None) -> float:
    bits, labels = (
        torch.from_numpy(a) for a in company_data(seed, company, molecules(company), part=0))
    model = build(company)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, weight_decay=1e-3)
    federation = starling.join(model, socket, wait=True, progress=False) if socket else None
    best, steps, draw = 0.0, 0, torch.Generator().manual_seed(company)
    while steps < ROUNDS * STEPS if federation is None else not federation.over:
        rows = torch.randint(len(bits), (BATCH,), generator=draw)
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(model(bits[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        steps += 1
        if federation is not None:
            federation.step(samples=BATCH, loss=loss)
        elif steps % 100 == 0:
            # Alone a company overfits: it may stop at its best, which is more than fair to it.
            best = max(best, score(model, seed, company))
    if federation is not None:
        federation.leave()
        return score(model, seed, company)
    return best


def pooled(seed: int) -> list[float]:
    """What nobody may do: one trunk on all companies' data in one place, a head each."""
    nets = [build(company) for company in range(COMPANIES)]
    for net in nets:
        net.trunk = nets[0].trunk
    data = [
        tuple(torch.from_numpy(a) for a in company_data(seed, i, molecules(i), part=0))
        for i in range(COMPANIES)]
    optimizer = torch.optim.SGD(
        [*nets[0].trunk.parameters(), *(p for net in nets for p in net.head.parameters())],
        lr=0.3, weight_decay=1e-3)
    draw = torch.Generator().manual_seed(0)
    for _ in range(ROUNDS * STEPS):
        optimizer.zero_grad()
        for net, (bits, labels) in zip(nets, data):
            rows = torch.randint(len(bits), (BATCH,), generator=draw)
            nn.functional.binary_cross_entropy_with_logits(net(bits[rows]), labels[rows]).backward()
        for parameter in nets[0].trunk.parameters():
            parameter.grad /= COMPANIES  # Heads see one company each, the trunk the mean of all.
        optimizer.step()
    return [score(net, seed, company) for company, net in enumerate(nets)]


def run(seed: int = 1) -> dict[str, list[float]]:
    """Accuracy of each company: alone, with the shared trunk, and were all data in one place."""
    commands = [["--seed", str(seed), "--company", str(i)] for i in range(COMPANIES)]
    alone = last_words([__file__, *command] for command in commands)
    names = [f"company{i}" for i in range(COMPANIES)]
    folder = Path(tempfile.mkdtemp(prefix="melloddy-"))
    genesis = folder / "genesis.safetensors"
    starling.export_genesis(build(0), str(genesis), private=["head.*"])
    new = ["--name", "melloddy", "--genesis", str(genesis), "--private", "head.*",
           "--rounds", str(ROUNDS), "--steps", str(STEPS)]
    with Cluster(names, new) as cluster:
        shared = last_words(
            [__file__, *command, "--socket", cluster.socket(name)]
            for command, name in zip(commands, names))
        own = starling.read_safetensors(cluster.export(names[3], personal=True))
        assert own["head.weight"].shape == (assays(3), WIDTH)
    return {"alone": alone, "shared trunk": shared, "pooled": pooled(seed)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--company", type=int)
    arguments.add_argument("--socket")
    given = arguments.parse_args()
    if given.company is not None:
        print(json.dumps(train(given.company, given.seed, given.socket)))
        return
    found = run(given.seed)
    print("company       " + "".join(f"{i:7}" for i in range(COMPANIES)) + "   mean  worst")
    print("assays        " + "".join(f"{assays(i):7}" for i in range(COMPANIES)))
    print("molecules     " + "".join(f"{molecules(i):7}" for i in range(COMPANIES)))
    for how, values in found.items():
        cells = "".join(f"{100 * value:7.1f}" for value in values)
        print(f"{how:14}{cells}{100 * np.mean(values):7.1f}{100 * min(values):7.1f}")


if __name__ == "__main__":
    main()
