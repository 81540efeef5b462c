"""scikit-learn on tumours: three clinics, SGDClassifier, one call in place of a loop.

    python tumours.py
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import SGDClassifier

import starling
from cluster import Cluster, last_words

SITES = 3
ROUNDS = 150
# Malignant tumours are a quarter, a half and most of what a clinic sees.
SHARES = [0.15, 0.37, 0.85]


def rows(site: int | None) -> tuple[np.ndarray, np.ndarray]:
    """A clinic's training rows; None: the test rows. Standardised by numbers that all know."""
    data = load_breast_cancer()
    features = ((data.data - data.data.mean(0)) / data.data.std(0)).astype(np.float64)
    labels = data.target
    order = np.random.default_rng(0).permutation(len(labels))
    features, labels = features[order], labels[order]
    if site is None:
        return features[::5], labels[::5]
    train = np.arange(len(labels)) % 5 != 0
    features, labels = features[train], labels[train]
    draw = np.random.default_rng(1)
    sick = np.where(labels == 0)[0]
    well = np.where(labels == 1)[0]
    part = 40
    count = round(SHARES[site] * part)
    chosen = np.concatenate([
        draw.permutation(sick)[:count * SITES][site::SITES],
        draw.permutation(well)[:(part - count) * SITES][site::SITES]])
    return features[chosen], labels[chosen]


def build() -> SGDClassifier:
    model = SGDClassifier(
        loss="log_loss", learning_rate="constant", eta0=0.01, alpha=1e-3, random_state=0)
    return starling.sklearn.initialise(model, features=30, classes=[0, 1])


def batches(site: int):
    """Rows in the order of chance, 10 at a time, without end."""
    features, labels = rows(site)
    draw = np.random.default_rng(site)
    while True:
        chosen = draw.integers(len(labels), size=10)
        yield features[chosen], labels[chosen]


def trainer(site: int, socket: str) -> None:
    model = build()
    starling.partial_fit(model, batches(site), socket, classes=[0, 1], wait=True, progress=False)
    print(json.dumps(model.score(*rows(None))))


def alone(site: int) -> float:
    model = build()
    for _, batch in zip(range(ROUNDS * 5), batches(site)):
        model.partial_fit(*batch)
    return float(model.score(*rows(None)))


def run() -> dict[str, list[float]]:
    folder = Path(tempfile.mkdtemp(prefix="tumours-"))
    genesis = folder / "genesis.safetensors"
    starling.export_genesis(build(), str(genesis))
    names = ["clinic0", "clinic1", "clinic2"]
    with Cluster(
            names, ["--name", "tumours", "--genesis", str(genesis), "--rounds", str(ROUNDS)],
    ) as cluster:
        together = last_words(
            [__file__, str(site), cluster.socket(name)] for site, name in enumerate(names))
    return {"alone": [alone(site) for site in range(SITES)], "together": together}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        trainer(int(sys.argv[1]), sys.argv[2])
    else:
        for how, values in run().items():
            print(f"{how:10}" + "".join(f"{100 * value:8.1f}" for value in values))
