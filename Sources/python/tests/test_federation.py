"""Rounds, the end of training, evaluation, metrics, private tensors, progress, large models."""

from __future__ import annotations

import io
import logging
import os
import sys

import numpy as np
import pytest

import starling
from starling import _folder, _safetensors

ONE = np.float32(1.0)


def fresh(two):
    return {name: np.zeros_like(array) for name, array in two.items()}


def train(model, federation, steps, **options):
    for _ in range(steps):
        for array in model.values():
            if array.dtype == np.float32:
                array += ONE
        federation.step(**options)


def test_training_ends_after_the_last_round(daemons, two):
    daemon, model = daemons(two, rounds=3, drift=lambda x, round: x + 1), fresh(two)
    with starling.join(model, daemon.socket, wait=True) as federation:
        steps = 0
        while not federation.over:
            train(model, federation, 1)
            steps += 1
        assert steps == 15 and federation.round == 3
        before = {name: array.copy() for name, array in model.items()}
        assert federation.step() is False
        assert all(np.array_equal(model[n], before[n]) for n in model)
        daemon.phase = "finished"
        assert federation.finish(20)
        assert all(np.array_equal(model[n], a) for n, a in daemon.named().items())
    assert len(daemon.hand_ins) == 3


def test_an_end_by_others_is_heard_while_waiting(daemons, two):
    daemon, model = daemons(two, auto=False), fresh(two)
    with starling.join(model, daemon.socket, wait=True) as federation:
        train(model, federation, 4)
        daemon.drift = lambda x, round: (setattr(daemon, "over", True), x)[1]
        train(model, federation, 1)
        assert federation.over


def test_work_handed_in_after_the_end_is_not_an_error(daemons, two):
    daemon, model = daemons(two), fresh(two)
    with starling.join(model, daemon.socket, wait=True) as federation:
        daemon.end()
        train(model, federation, 5)
        assert federation.over
    assert not daemon.hand_ins


def test_finish_hands_in_and_takes_the_final_parameters(daemons, two):
    daemon, model = daemons(two, drift=lambda x, round: x + 10), fresh(two)
    with starling.join(model, daemon.socket) as federation:
        train(model, federation, 2)
        assert federation.finish(timeout=20)
        assert federation.over
        assert np.array_equal(model["b"], two["b"] + 12)
    assert "post_finish" in daemon.requests


def test_finish_with_a_bound_says_whether_it_came_to_the_end(daemons, two):
    daemon, model = daemons(two), fresh(two)
    daemon.finish_phase = "settling"
    with starling.join(model, daemon.socket) as federation:
        assert not federation.finish(timeout=0.1)
        daemon.finish_phase = "failed"
        assert not federation.finish(timeout=20)


def test_waiting_for_the_others(daemons, two):
    daemon = daemons(two)
    with starling.join(fresh(two), daemon.socket) as federation:
        assert not federation.wait_over(0.1) and not federation.over
        daemon.end()
        assert federation.wait_over(20) and federation.over


def test_waiting_for_parameters_has_a_bound(daemons, two, caplog):
    caplog.set_level(logging.INFO, "starling")
    daemon, model = daemons(two, auto=False), fresh(two)
    with starling.join(model, daemon.socket, wait=True, timeout=0.1) as federation:
        train(model, federation, 5)
        assert "training goes on locally" in caplog.text and not federation.over


def test_without_open_work_the_averaged_parameters_begin(daemons, two):
    daemon, model = daemons(two, auto=False), fresh(two)
    daemon.open = None
    with starling.join(model, daemon.socket, wait=True) as federation:
        assert np.array_equal(model["w"], two["w"])
        train(model, federation, 4)
        daemon.release()
        train(model, federation, 1)
        train(model, federation, 1, wait=False)
        daemon.wait(lambda d: d.hand_ins)
    assert daemon.hand_ins[0]["steps"] == "6"


def test_evaluation_shows_the_average_and_gives_back_the_local(daemons, two):
    daemon, model = daemons(two), fresh(two)
    with starling.join(model, daemon.socket) as federation:
        train(model, federation, 2)
        daemon.x = daemon.x * 3
        with federation.evaluation() as shown:
            assert shown is model and np.array_equal(model["w"], two["w"] * 3)
            with pytest.raises(starling.StarlingError, match="inside evaluation"):
                federation.step()
        assert np.array_equal(model["w"], two["w"] + 2)
        with pytest.raises(ZeroDivisionError), federation.evaluation():
            raise ZeroDivisionError
        assert np.array_equal(model["w"], two["w"] + 2)
        train(model, federation, 3, wait=True)
    assert np.array_equal(daemon.hand_ins[0]["delta"], np.full(8, 5))


def test_metrics_reach_the_daemon_and_are_lost_quietly_without_it(daemons, two):
    daemon = daemons(two)
    with starling.join(fresh(two), daemon.socket) as federation:
        federation.metrics(loss=np.float32(0.5), accuracy=1, f1=0.25, auc=float("nan"))
        federation.metrics(loss=float("inf"))
        assert daemon.metrics == [{"loss": 0.5, "accuracy": 1.0, "f1": 0.25}]
        daemon.stop()
        federation.metrics(loss=1.0)
        daemon.start()


def test_private_tensors_are_kept_and_come_back(daemons, two, caplog):
    caplog.set_level(logging.INFO, "starling")
    daemon = daemons(two, private=("head.*", "[?"))
    own = {"head.w": np.full(3, 7, np.float32), "[x": np.zeros(1), "n": np.array([5])}
    model = {**fresh(two), **own}
    with starling.join(model, daemon.socket, wait=True) as federation:
        train(model, federation, 5)
        daemon.wait(lambda d: d.private)
    stored = _safetensors.decode(daemon.private)
    assert sorted(stored) == ["[x", "head.w", "n"] and stored["n"].dtype == np.int64
    assert stored["head.w"].tolist() == [12, 12, 12]
    again = {**fresh(two), "head.w": np.zeros(3, np.float32), "[x": np.zeros(2), "n": np.array([0])}
    caplog.clear()
    with starling.join(again, daemon.socket):
        assert again["head.w"].tolist() == [12, 12, 12] and again["n"].tolist() == [5]
        assert again["[x"].tolist() == [0, 0]
    assert "stored private tensors do not fit the model's: [x" in caplog.text
    assert "3 private (head.w, [x, n)" in caplog.text


def test_private_tensors_are_stored_seldom_and_at_leave(daemons, two):
    daemon = daemons(two, private=("p",))
    model = {**fresh(two), "p": np.zeros(1, np.float32)}
    with starling.join(model, daemon.socket, steps=1, wait=True) as federation:
        train(model, federation, 8)
        daemon.wait(lambda d: "put_private" in d.requests)
        assert daemon.requests.count("put_private") == 1
    assert daemon.requests.count("put_private") == 2
    assert _safetensors.decode(daemon.private)["p"].tolist() == [8]


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("progress, terminal, shown", [
    (True, False, True), (None, True, True), (None, False, False), (False, True, False)])
def test_progress_is_shown_where_somebody_looks(
        daemons, two, monkeypatch, progress, terminal, shown):
    pytest.importorskip("tqdm")
    screen = _Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    daemon, model = daemons(two, rounds=4), fresh(two)
    with starling.join(model, daemon.socket, progress=progress, wait=True) as federation:
        train(model, federation, 20, loss=0.125)
    assert ("tumours" in screen.getvalue()) is shown
    if shown:
        assert "4/4" in screen.getvalue() and "loss=0.125" in screen.getvalue()


def test_progress_without_tqdm_is_a_warning(daemons, two, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with starling.join(fresh(two), daemons(two).socket, progress=True):
        pass
    assert "tqdm is not installed" in caplog.text


def test_large_models_go_through_files(daemons, two, monkeypatch):
    monkeypatch.setattr(_folder, "SMALLEST", 8)
    daemon = daemons(
        two, folder=True, drift=lambda x, round: x + 10,
        c={"w": np.full((2, 3), 0.5), "b": np.zeros(2)})
    model, marks = fresh(two), set()
    with starling.join(model, daemon.socket, steps=2, wait=True) as federation:
        for round in range(3):
            train(model, federation, 2)
            found = os.stat(os.path.join(daemon.folder, "delta.safetensors"))
            marks.add((found.st_ino, found.st_size, oct(found.st_mode & 0o777)))
            assert np.array_equal(model["b"], two["b"] + 12 * (round + 1))
            assert federation.correction["w"][0, 0] == 0.5
    assert len(marks) == 1 and next(iter(marks))[2] == "0o600"
    assert all(h["file"] == "delta.safetensors" for h in daemon.hand_ins)
    assert [h["delta"].tolist() for h in daemon.hand_ins] == [[2.0] * 8] * 3
    assert "get_work_parameters" not in daemon.requests


def test_a_delta_in_a_file_comes_back_when_it_is_stale(daemons, two, monkeypatch):
    monkeypatch.setattr(_folder, "SMALLEST", 8)
    daemon, model = daemons(two, folder=True), fresh(two)
    start = daemon.x.copy()
    with starling.join(model, daemon.socket, steps=2) as federation:
        daemon.die, daemon.once_dead = "before", lambda: daemon.begin_anew(start)
        train(model, federation, 2)
        federation._session.wait(lambda mail: mail._returned is not None, 20)
        train(model, federation, 4, wait=True)
    assert np.array_equal(daemon.x, start + 6)


def test_a_folder_out_of_reach_is_said_once(daemons, two, monkeypatch, caplog):
    monkeypatch.setattr(_folder, "SMALLEST", 8)
    daemon, model = daemons(two), fresh(two)
    daemon.folder = "/nowhere/at/all"
    with starling.join(model, daemon.socket, steps=1, wait=True) as federation:
        train(model, federation, 3)
    assert caplog.text.count("out of reach") == 1 and len(daemon.hand_ins) == 3


def test_a_file_outside_the_folder_is_not_opened(two):
    for name in ("../x", "/etc/passwd", "", ".."):
        with pytest.raises(starling.StarlingError, match="daemon.file"):
            _folder.Folder("/tmp", None).parts(name)
