"""Steps, deltas and shifts against a plain NumPy reference."""

from __future__ import annotations

import numpy as np
import pytest

import starling
from starling._mailbox import Mailbox
from starling.errors import NotFinite


class Reference:
    """The algorithm in its plainest form: base, model, and x at the daemon."""

    def __init__(self, x):
        self.base, self.model = x.copy(), x.copy()

    def hand_in(self):
        delta = self.model - self.base
        self.base = self.model.copy()
        return delta

    def take(self, x):
        self.model = x + (self.model - self.base)
        self.base = x.copy()


def flat(model):
    return np.concatenate([model["w"].reshape(-1), model["b"]]).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_steps_made_while_the_answer_is_pending_survive(daemons, two, seed):
    random = np.random.default_rng(seed)
    daemon = daemons(two, auto=False, drift=lambda x, round: x * np.float32(0.9) + round)
    model = {name: np.zeros_like(array) for name, array in two.items()}
    reference, x, pending, count = Reference(daemon.x), daemon.x.copy(), False, 0
    with starling.join(model, daemon.socket) as federation:
        for _ in range(60):
            move = random.normal(size=8).astype(np.float32)
            model["w"] += move[:6].reshape(2, 3)
            model["b"] += move[6:]
            reference.model += move
            count += 1
            arrives = pending and random.random() < 0.3
            if arrives:
                daemon.release()
                assert federation._session.wait(Mailbox.has_news, 20)
            assert federation.step() is arrives
            if arrives:
                reference.take(x)
                pending = False
            if count >= 5 and not pending:
                delta = reference.hand_in()
                daemon.wait(lambda d: d.hand_ins and int(d.hand_ins[-1]["steps"]) == count
                            and np.array_equal(d.hand_ins[-1]["delta"], delta))
                x, pending, count = daemon.x.copy(), True, 0
            assert np.array_equal(flat(model), reference.model)
        daemon.release()
    assert np.array_equal(flat(model), daemon.x)


def test_without_local_steps_the_model_is_x_to_the_bit(daemons, two):
    random = np.random.default_rng(0)
    daemon = daemons(two, drift=lambda x, round: random.normal(size=8) * 10.0**round, steps=1)
    model = {name: np.zeros_like(array) for name, array in two.items()}
    with starling.join(model, daemon.socket, wait=True) as federation:
        for _ in range(9):
            assert federation.step()
            assert np.array_equal(flat(model), daemon.x)


def test_half_precision_does_not_hand_its_rounding_in(daemons):
    """A peer moves x by less than the model can hold: our delta must not undo it."""
    start = {"w": np.full(4, 1.0, np.float32)}
    daemon = daemons(start, drift=lambda x, round: x + np.float32(1e-4), steps=1)
    model = {"w": np.zeros(4, np.float16)}
    with starling.join(model, daemon.socket, wait=True) as federation:
        for round in range(1, 31):
            assert federation.step()
            assert np.array_equal(daemon.hand_ins[-1]["delta"], np.zeros(4))
            assert np.abs(model["w"] - (1 + round * 1e-4)).max() <= 1e-3
        assert model["w"][0] > 1.002  # The small moves have added up.
        model["w"] += np.float16(0.5)
        federation.step()
        assert np.array_equal(daemon.hand_ins[-1]["delta"], np.full(4, 0.5, np.float32))


def test_float64_arrays_keep_their_type(daemons, two):
    daemon = daemons(two)
    model = {name: np.zeros(array.shape) for name, array in two.items()}
    with starling.join(model, daemon.socket):
        assert model["w"].dtype == np.float64 and np.array_equal(model["w"], two["w"])


def test_nan_is_not_handed_in_and_can_be_mended(daemons, two):
    daemon = daemons(two)
    model = {name: np.zeros_like(array) for name, array in two.items()}
    with starling.join(model, daemon.socket, steps=1, wait=True) as federation:
        good = {name: array.copy() for name, array in model.items()}
        model["w"] += 1
        model["b"][1] = np.nan
        with pytest.raises(NotFinite, match="made b NaN"):
            federation.step()
        for name in model:
            model[name][...] = good[name] + 2
        federation.step()
    assert np.allclose(daemon.hand_ins[0]["delta"], 2) and len(daemon.hand_ins) == 1


def test_samples_losses_and_correction_are_told(daemons, two):
    daemon = daemons(two, batch=16, c={"w": np.full((2, 3), 0.5), "b": np.zeros(2)})
    model = {name: np.zeros_like(array) for name, array in two.items()}
    with starling.join(model, daemon.socket, steps=2, wait=True) as federation:
        c = federation.correction
        assert c["w"].shape == (2, 3) and c["w"][0, 0] == 0.5
        federation.step(samples=10, loss=1.0, corrected=True)
        federation.step(loss=np.float64(2.0), corrected=True)
        federation.step(corrected=True)
        federation.step()
    first, second = daemon.hand_ins
    assert (first["steps"], first["samples"], first["loss"], first["corrected"]) == (
        "2", "26", "1.5", "true")
    assert (second["samples"], second["corrected"]) == ("32", "false")
    assert "loss" not in second and "rate" not in second and first["as"] == "delta"


def test_get_and_set(daemons, two):
    class Model:
        def __init__(self):
            self.w, self.b = np.zeros((2, 3)), np.zeros(2, np.float32)

        def get(self):
            return {"w": self.w, "b": self.b}

        def set(self, tensors):
            for name, array in tensors.items():
                assert array.dtype == getattr(self, name).dtype
                setattr(self, name, array)

    daemon, model = daemons(two, drift=lambda x, round: x * 2), Model()
    with starling.join(model, daemon.socket, steps=1, wait=True) as federation:
        model.w = model.w + 1
        assert federation.step()
        assert np.array_equal(model.w, (two["w"] + 1) * 2) and np.array_equal(model.b, two["b"] * 2)
        with federation.evaluation() as shown:
            assert shown is model
    assert np.array_equal(model.w.reshape(-1), daemon.x[:6])


def test_something_else_is_refused(daemons, two):
    with pytest.raises(starling.ModelUnsupported, match="a list is no model"):
        starling.join([1, 2], daemons(two).socket)
