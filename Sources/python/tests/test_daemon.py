"""The client and the real daemon: NumPy and scikit-learn, a few seconds each.

Needs the binary (STARLING_BINARY).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import starling

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

from cluster import Cluster, free_ports  # noqa: E402

pytestmark = pytest.mark.skipif(
    "STARLING_BINARY" not in os.environ, reason="STARLING_BINARY names no daemon")

EXACT = {"values": '"f32"', "fraction": "1.0"}


def federation_of(tmp_path, tensors, *options):
    genesis = tmp_path / "genesis.safetensors"
    starling.export_genesis(tensors, str(genesis))
    return ["--name", "test", "--genesis", str(genesis), *options]


def together(tasks):
    """Each on a thread of its own; the first fault of any is raised."""
    faults: list[BaseException] = []

    def guarded(task):
        try:
            task()
        except BaseException as fault:  # noqa: BLE001  (told below)
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if faults:
        raise faults[0]
    assert not any(thread.is_alive() for thread in threads)


def quadratic(socket, target, finish=True):
    """Steps towards a target of one's own; what a node has in the end."""
    model = {"w": np.zeros(6, np.float32)}
    with starling.join(model, socket, wait=True, progress=False) as federation:
        while not federation.over:
            # Far from zero and in small steps: else the guard keeps the correction off.
            gradient = model["w"] - target
            corrected = gradient - federation.correction["w"]
            model["w"] -= 0.02 * corrected
            federation.step(samples=1, loss=float(gradient @ gradient), corrected=True)
        if finish:
            federation.finish(60)
    return model["w"]


def test_nodes_that_want_different_things_meet_in_the_middle(tmp_path):
    """With the correction the mean of the targets is reached, not only the mean of the ways."""
    targets = [np.full(6, 21.0, np.float32), np.full(6, 17.0, np.float32)]
    found = {}
    new = federation_of(tmp_path, {"w": np.full(6, 20, np.float32)}, "--rounds", "400",
                        "--rate", "0.02")
    with Cluster(["alice", "bob"], new, settings=EXACT) as cluster:
        together([
            lambda i=i, name=name: found.update(
                {name: quadratic(cluster.socket(name), targets[i])})
            for i, name in enumerate(cluster.names)])
        cluster.finished()
        exported = starling.read_safetensors(cluster.export("alice"))["w"]
    for values in [*found.values(), exported]:
        np.testing.assert_allclose(values, 19.0, atol=0.1)


def test_a_daemon_that_is_killed_comes_back_and_training_goes_on(tmp_path):
    new = federation_of(tmp_path, {"w": np.zeros(6, np.float32)}, "--rounds", "1000000")
    target = np.full(6, 5.0, np.float32)
    with Cluster(["alice"], new, settings=EXACT) as cluster:
        model = {"w": np.zeros(6, np.float32)}
        federation = starling.join(model, cluster.socket("alice"), progress=False)

        def steps(until):
            end = time.monotonic() + 60
            while time.monotonic() < end:
                model["w"] -= 0.05 * (model["w"] - target)
                federation.step(samples=1)
                if until():
                    return
            raise AssertionError("training does not get on")

        steps(lambda: federation.round > 20)
        cluster.wait_for("alice", lambda s: (s["checkpoint"]["round"] or 0) > 0, "a checkpoint")
        cluster.kill("alice")
        held = model["w"].copy()
        for _ in range(50):  # Nobody is there; the model goes on.
            model["w"] -= 0.05 * (model["w"] - target)
            federation.step(samples=1)
        assert np.abs(model["w"] - target).max() <= np.abs(held - target).max()
        cluster.start("alice")
        before = cluster.status("alice")["round"]
        done = threading.Event()
        watcher = threading.Thread(
            target=lambda: (cluster.wait_for(
                "alice", lambda s: s["round"] > before + 5, "more rounds"), done.set()))
        watcher.start()
        while not done.is_set() and watcher.is_alive():
            model["w"] -= 0.05 * (model["w"] - target)
            federation.step(wait=False, samples=1)
        watcher.join()
        assert done.is_set()
        federation.leave()
        np.testing.assert_allclose(model["w"], target, atol=0.1)


def test_a_trainer_that_was_killed_is_noticed_and_its_place_is_free_at_once(tmp_path):
    new = federation_of(tmp_path, {"w": np.zeros(6, np.float32)}, "--rounds", "1000000")
    script = (
        "import sys, time, numpy, starling; "
        "kept = starling.join({'w': numpy.zeros(6, numpy.float32)}, sys.argv[1], progress=False); "
        "print('joined', flush=True); time.sleep(600)")
    with Cluster(["alice"], new) as cluster:
        socket = cluster.socket("alice")
        for notices in (True, False):
            trainer = subprocess.Popen(
                [sys.executable, "-c", script, socket], stdout=subprocess.PIPE, text=True)
            assert trainer.stdout.readline() == "joined\n"
            assert cluster.status("alice")["trainer"]["pid"] == trainer.pid
            trainer.kill()
            trainer.wait()
            if notices:  # Well below its lease.
                cluster.wait_for(
                    "alice", lambda s: not s["trainer"]["present"], "noticing", 5)
        with starling.join({"w": np.zeros(6, np.float32)}, socket, timeout=0, progress=False):
            assert cluster.status("alice")["trainer"]["present"]
        assert cluster.log("alice").count("trainer-lost") == 2


def test_a_trainer_that_returns_has_its_own_tensors_again(tmp_path):
    new = federation_of(
        tmp_path, {"w": np.zeros(3, np.float32)}, "--private", "head.*", "--rounds", "1000000")
    with Cluster(["alice", "bob"], new) as cluster:
        # Other shapes at each node.
        for name, size in (("alice", 4), ("bob", 7)):
            model = {"w": np.zeros(3, np.float32), "head.w": np.arange(size, dtype=np.float32),
                     "head.count": np.array([size], np.int64)}
            with starling.join(model, cluster.socket(name), progress=False):
                pass
            fresh = {"w": np.ones(3, np.float32), "head.w": np.zeros(size, np.float32),
                     "head.count": np.array([0], np.int64)}
            with starling.join(fresh, cluster.socket(name), progress=False):
                np.testing.assert_array_equal(fresh["head.w"], np.arange(size))
                assert fresh["head.count"] == size
            own = starling.read_safetensors(cluster.export(name, personal=True))
            assert set(own) == {"w", "head.w", "head.count"}
            assert set(starling.read_safetensors(cluster.export(name))) == {"w"}


def test_large_models_go_through_files(tmp_path):
    size = 1_500_000
    new = federation_of(tmp_path, {"w": np.zeros(size, np.float32)}, "--rounds", "3")
    with Cluster(["alice"], new) as cluster:
        model = {"w": np.zeros(size, np.float32)}
        with starling.join(
                model, cluster.socket("alice"), wait=True, progress=False) as federation:
            while not federation.over:
                model["w"] += 1
                federation.step(samples=1)
        folder = cluster.folder / "alice" / "trainer"
        assert {path.name for path in folder.iterdir()} == {
            "parameters.safetensors", "correction.safetensors", "delta.safetensors"}
        got = starling.read_safetensors(cluster.export("alice"))["w"]
        # Three rounds of five steps; a first one may have waited for the daemon's first work.
        assert 15 <= got[0] <= 18
        np.testing.assert_array_equal(got, got[0])
        np.testing.assert_array_equal(model["w"], got)


def test_half_precision_is_handed_out_as_it_came(tmp_path):
    new = federation_of(tmp_path, {"w": np.zeros(6, np.float16)}, "--rounds", "20")
    with Cluster(["alice"], new) as cluster:
        model = {"w": np.zeros(6, np.float16)}
        with starling.join(
                model, cluster.socket("alice"), wait=True, progress=False) as federation:
            while not federation.over:
                model["w"] += np.float16(0.01)
                federation.step(samples=1)
        got = starling.read_safetensors(cluster.export("alice"))["w"]
        assert got.dtype == np.float16 and model["w"].dtype == np.float16
        np.testing.assert_allclose(got, 1.0, atol=0.02)


def test_a_second_trainer_another_federation_and_another_model_are_refused(tmp_path):
    new = federation_of(tmp_path, {"w": np.zeros(6, np.float32)})
    with Cluster(["alice"], new) as cluster:
        socket = cluster.socket("alice")
        with starling.join({"w": np.zeros(6, np.float32)}, socket, progress=False):
            with pytest.raises(starling.Occupied, match="another trainer"):
                starling.join({"w": np.zeros(6, np.float32)}, socket, timeout=0)
        with pytest.raises(starling.LayoutMismatch, match=r"w \(\[5\] instead of \[6\]\)"):
            starling.join({"w": np.zeros(5, np.float32)}, socket)
        with pytest.raises(starling.LayoutMismatch, match="too much: v"):
            starling.join(
                {"w": np.zeros(6, np.float32), "v": np.zeros(1, np.float32)}, socket)


def test_a_script_under_another_user_takes_the_port_and_the_token(tmp_path):
    (port,) = free_ports(1)
    new = federation_of(tmp_path, {"w": np.zeros(6, np.float32)}, "--rounds", "20")
    with Cluster(
            ["alice"], new, configuration=f'[interface]\nlisten = "127.0.0.1:{port}"') as cluster:
        place = {"url": f"http://127.0.0.1:{port}", "progress": False}
        with pytest.raises(starling.StarlingError, match="token"):
            starling.join({"w": np.zeros(6, np.float32)}, token="wrong", **place)
        token = (cluster.folder / "alice" / "interface.token").read_text().strip()
        model = {"w": np.zeros(6, np.float32)}
        with starling.join(model, token=token, wait=True, **place) as federation:
            while not federation.over:
                model["w"] += 1
                federation.step(samples=1)
        assert model["w"][0] >= 100


def test_a_node_that_trains_itself_says_so(tmp_path):
    import label_shift

    draw = np.random.default_rng(1)
    rows = label_shift.site(0.5, 40, draw, np.ones(label_shift.FEATURES))
    file = label_shift.write(tmp_path / "rows.csv", *rows)
    new = ["--name", "own", "--sizes", f"{label_shift.FEATURES},2", "--standardise", "none"]
    with Cluster(["alice"], new, data=[file]) as cluster:
        with pytest.raises(starling.BuiltInTrainer):
            starling.join({"w": np.zeros(1, np.float32)}, cluster.socket("alice"))


# The examples.


def test_example_label_shift():
    import label_shift

    found = label_shift.run(seed=1)
    means = {how: np.mean(values) for how, values in found.items()}
    worst = {how: min(values) for how, values in found.items()}
    assert means["private intercept"] > means["alone"] > means["all shared"]
    assert worst["private intercept"] > worst["alone"]


def test_example_tumours():
    pytest.importorskip("sklearn")
    import tumours

    found = tumours.run()
    assert np.mean(found["together"]) > np.mean(found["alone"])
    assert min(found["together"]) > 0.95
