"""Four daemons and four training processes learn the digits; the second one is killed on the way.

    python digits_cluster.py
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

import starling
from cluster import Cluster
from digits_alone import accuracy, build

HERE = Path(__file__).parent
NAMES = ["alice", "bob", "carol", "dave"]
ROUNDS = 1000


def script(name: str, *options: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, str(HERE / name), *options], stdout=subprocess.PIPE, text=True,
        env=environment)


def said(process: subprocess.Popen[str]) -> float:
    output, _ = process.communicate(timeout=600)
    if process.returncode != 0:
        raise RuntimeError(f"{process.args} ended with {process.returncode}")
    return float(re.search(r"accuracy ([0-9.]+)", output).group(1))


def run(kill: bool = True) -> dict[str, object]:
    """Accuracies: pooled, alone (a site each), together (each node's own model)."""
    folder = Path(tempfile.mkdtemp(prefix="digits-"))
    genesis = folder / "genesis.safetensors"
    starling.export_genesis(build(), str(genesis))
    pooled = script("digits_alone.py", "--epochs", "150")
    found: dict[str, object] = {"pooled": said(pooled)}
    alone = [script("digits_alone.py", "--site", str(i), "--epochs", "150") for i in range(4)]
    found["alone"] = [said(each) for each in alone]
    new = ["--name", "digits", "--genesis", str(genesis), "--rounds", str(ROUNDS)]
    with Cluster(NAMES, new) as cluster:
        def trainer(i: int) -> subprocess.Popen[str]:
            return script("digits.py", "--site", str(i), "--socket", cluster.socket(NAMES[i]))

        running = [trainer(i) for i in range(4)]
        if kill:
            cluster.wait_for("bob", lambda s: s["round"] >= ROUNDS // 5, "a fifth of the rounds")
            running[1].send_signal(signal.SIGKILL)
            running[1].wait()
            found["killed at round"] = cluster.status("bob")["round"]
            running[1] = trainer(1)
        found["together"] = [said(each) for each in running]
        cluster.finished()
        found["bytes sent"] = [cluster.status(name)["bytes"]["sent"] for name in NAMES]
        model = build()
        model.load_state_dict({
            name: torch.tensor(array) for name, array in
            starling.read_safetensors(cluster.export("alice")).items()})
        found["exported"] = accuracy(model)
        found["rounds"] = [cluster.status(name)["round"] for name in NAMES]
    return found


if __name__ == "__main__":
    for key, value in run().items():
        print(f"{key:16} {value}")
