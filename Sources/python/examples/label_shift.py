"""Four sites of one disease whose label shares go from 5 % to 95 %: alone, all shared, and with a
private intercept (one line in the federation file: private = ["*.bias"]).

    python label_shift.py [--seed 1]

The data are generated: every site has the same 12 features, and within a class every site draws
from the same normal distribution, so one weight vector is right for all; what differs is how often
the label occurs. The model is the daemon's own logistic regression: no trainer outside.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from pathlib import Path

import numpy as np

from cluster import Cluster
from starling import read_safetensors

SHARES = [0.05, 0.35, 0.65, 0.95]
NAMES = ["north", "east", "south", "west"]
FEATURES = 12
ROWS = 60
TEST_ROWS = 4000


def site(share: float, rows: int, draw: np.random.Generator, way: np.ndarray):
    """[rows, FEATURES], [rows]."""
    labels = (draw.random(rows) < share).astype(int)
    features = draw.normal(size=(rows, FEATURES)) + np.outer(2 * labels - 1, way)
    return features, labels


def write(path: Path, features: np.ndarray, labels: np.ndarray) -> Path:
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([f"f{i}" for i in range(FEATURES)] + ["label"])
        for row, label in zip(features, labels):
            rows.writerow([f"{value:.6f}" for value in row] + [label])
    return path


def accuracy(model: dict[str, np.ndarray], features: np.ndarray, labels: np.ndarray) -> float:
    scores = features @ model["layer0.weight"] + model["layer0.bias"]
    return float((scores.argmax(axis=1) == labels).mean())


def train(names, files, folder: Path, private: bool) -> list[dict[str, np.ndarray]]:
    new = ["--name", "shift", "--sizes", f"{FEATURES},2", "--standardise", "none",
           "--rounds", "3000", "--rate", "0.1"]
    if private:
        new += ["--private", "*.bias"]
    settings = {"weight_decay": "0.01"}
    with Cluster(names, new, data=files, settings=settings) as cluster:
        cluster.finished()
        return [read_safetensors(cluster.export(name, personal=True)) for name in names]


def run(seed: int = 1) -> dict[str, list[float]]:
    draw = np.random.default_rng(seed)
    way = draw.normal(size=FEATURES)
    way *= 0.55 / np.linalg.norm(way)
    folder = Path(tempfile.mkdtemp(prefix="shift-"))
    files, tests = [], []
    for name, share in zip(NAMES, SHARES):
        files.append(write(folder / f"{name}.csv", *site(share, ROWS, draw, way)))
        tests.append(site(share, TEST_ROWS, draw, way))
    alone = [train([name], [file], folder, False)[0] for name, file in zip(NAMES, files)]
    models = {
        "alone": alone,
        "all shared": train(NAMES, files, folder, False),
        "private intercept": train(NAMES, files, folder, True),
    }
    return {
        how: [accuracy(model, *test) for model, test in zip(each, tests)]
        for how, each in models.items()
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=1)
    found = run(arguments.parse_args().seed)
    print(f"{'':18}" + "".join(f"{share:>8.0%}" for share in SHARES) + "    mean   worst")
    for how, values in found.items():
        cells = "".join(f"{100 * value:8.1f}" for value in values)
        print(f"{how:18}{cells}{100 * np.mean(values):8.1f}{100 * min(values):8.1f}")


if __name__ == "__main__":
    main()
