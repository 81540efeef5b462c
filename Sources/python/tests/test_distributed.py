"""Two processes of one model: rank 0 talks, both train alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
    pytest.skip("no gloo", allow_module_level=True)

import two_ranks  # noqa: E402

HERE = os.path.dirname(__file__)


def run(task, socket, folder):
    """Both ranks to their end; what they wrote."""
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(HERE), "OMP_NUM_THREADS": "1"}
    results = [str(folder / f"{rank}.json") for rank in range(2)]
    ranks = [
        subprocess.Popen(
            [sys.executable, os.path.join(HERE, "two_ranks.py"), task, str(rank),
             str(folder / "meeting"), socket, results[rank]], env=environment,
            stderr=subprocess.PIPE)
        for rank in range(2)]
    try:
        for process in ranks:
            _, said = process.communicate(timeout=120)
            assert process.returncode == 0, said.decode()
    finally:
        for process in ranks:
            process.kill()
    return [json.load(open(result)) for result in results]


def by_hand(c, rounds, drift):
    """One process with the rows of both, c subtracted in plain sight."""
    model = two_ranks.model()
    parts = [two_ranks.model() for _ in range(2)]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for round in range(1, rounds + 1):
        for step in range(5 * (round - 1), 5 * round):
            for rank, part in enumerate(parts):  # BatchNorm sees each shard by itself.
                part.load_state_dict(model.state_dict())
                part.zero_grad()
                rows, labels = two_ranks.shard(step, rank)
                torch.nn.functional.cross_entropy(part(rows), labels).backward()
            for name, p in model.named_parameters():
                grads = [dict(part.named_parameters())[name].grad for part in parts]
                p.grad = (grads[0] + grads[1]) / 2 - torch.from_numpy(c[name])
            optimizer.step()
        if round < rounds:
            with torch.no_grad():
                for p in model.parameters():
                    p.copy_(torch.from_numpy(drift(p.numpy(), round)))
    return {n: drift(p.detach().numpy(), rounds).reshape(-1) for n, p in model.named_parameters()}


def test_two_ranks_train_as_one(daemons, tmp_path):
    start = {n: p.detach().numpy().copy() for n, p in two_ranks.model().named_parameters()}
    c = {n: np.full(a.shape, 0.01, np.float32) for n, a in start.items()}
    drift = lambda x, round: (x * np.float32(0.9)).astype(np.float32)  # noqa: E731
    daemon = daemons(start, c=c, rounds=3, drift=drift)
    first, second = run("main", daemon.socket, tmp_path)
    assert first == second
    assert first["taken"] == ([False] * 4 + [True]) * 2 + [False] * 5
    assert first["round"] == 3 and first["links"] == 3
    assert daemon.sessions == 1 and len(daemon.hand_ins) == 3
    for told in daemon.hand_ins:
        assert told["steps"] == "5" and told["samples"] == "80" and told["corrected"] == "true"
    assert first["shown"] == pytest.approx(float(daemon.x.astype(np.float64).sum()), abs=1e-4)
    expected = by_hand(c, 3, drift)
    for name, values in expected.items():
        np.testing.assert_allclose(first["parameters"][name], values, atol=1e-5, err_msg=name)


def test_both_ranks_hear_that_joining_failed(daemons, tmp_path, two):
    assert run("fail", daemons(two).socket, tmp_path) == ["daemon.away", "daemon.away"]
