"""scikit-learn: weights that begin, are set in place, and are corrected afterwards."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import starling
from starling import _sklearn_rates

pytest.importorskip("sklearn")
from sklearn.linear_model import LogisticRegression, SGDClassifier  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from sklearn.svm import SVC  # noqa: E402


def rows(count=12, classes=3, seed=0, features=4):
    random = np.random.default_rng(seed)
    return random.normal(size=(count, features)), np.arange(count) % classes


def weights(estimator):
    from starling._sklearn import named_arrays

    return {name: np.array(array) for name, array in named_arrays(estimator).items()}


def perceptron(**options):
    options = {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False, **options}
    made = MLPClassifier((5,), random_state=0, shuffle=False, **options)
    return starling.sklearn.initialise(made, 4, [0, 1, 2])


def linear(classes=3, **options):
    options = {"loss": "log_loss", "learning_rate": "constant", "eta0": 0.1, **options}
    made = SGDClassifier(random_state=0, shuffle=False, **options)
    return starling.sklearn.initialise(made, 4, range(classes))


def test_initialised_estimators_predict_and_go_on(tmp_path):
    X, y = rows()
    regression = starling.sklearn.initialise(
        LogisticRegression(warm_start=True), 4, ["b", "a"])
    assert regression.coef_.shape == (1, 4) and list(regression.classes_) == ["a", "b"]
    assert regression.fit(X, np.array(["a", "b"] * 6)).coef_.any()
    for make in (linear, perceptron):
        assert make().predict(X).shape == (12,)
        summary = starling.export_genesis(make(), str(tmp_path / "genesis"))
        assert summary.groups.shared == sorted(weights(make()))
        one_class = make()
        one_class.partial_fit(X[:2], [1, 1])  # A node may have never seen the others.
    assert linear(2).coef_.shape == (1, 4)
    first, second = perceptron(), perceptron()
    assert all(np.array_equal(a, b) for a, b in zip(first.coefs_, second.coefs_))
    other = starling.sklearn.initialise(MLPClassifier((5,)), 4, [0, 1, 2], seed=1)
    assert not np.array_equal(first.coefs_[0], other.coefs_[0])


def test_what_cannot_take_part_is_told_why(daemons, two):
    daemon = daemons(two)
    for estimator, words in (
            (SGDClassifier(), "has no weights yet"), (SVC(), "has no weights yet"),
            (starling.sklearn.initialise(SGDClassifier(average=True), 3, [0, 1]), "average=")):
        with pytest.raises(starling.ModelUnsupported, match=words):
            starling.join(estimator, daemon.socket)
    for estimator, words in (
            (LogisticRegression(), "warm_start=True"), (MLPClassifier(solver="lbfgs"), "solver="),
            (SVC(), "cannot be initialised")):
        with pytest.raises(starling.ModelUnsupported, match=words):
            starling.sklearn.initialise(estimator, 3, [0, 1])


def test_classes_in_another_order_are_an_error(daemons, caplog):
    estimator = starling.sklearn.initialise(SGDClassifier(), 4, ["ill", "well"])
    tensors = weights(estimator)
    with pytest.raises(starling.LayoutMismatch, match="same order"):
        starling.join(estimator, daemons(tensors, classes=("well", "ill")).socket)
    with starling.join(estimator, daemons(tensors, classes=("a", "b")).socket):
        assert "calls its classes" in caplog.text


@pytest.mark.parametrize("learning_rate", ["constant", "adaptive", "invscaling", "optimal"])
def test_the_sum_of_rates_is_scikit_learns_own(learning_rate):
    """Rows of zeros with hinge loss far from its margin move the intercept by each rate."""
    estimator = SGDClassifier(
        loss="perceptron", learning_rate=learning_rate, eta0=0.01, alpha=0.02, power_t=0.3)
    starling.sklearn.initialise(estimator, 2, [0, 1])
    for count in (3, 5):
        t, before = estimator.t_, float(estimator.intercept_[0]) if count != 3 else -100.0
        estimator.intercept_[...] = before
        estimator.partial_fit(np.zeros((count, 2)), np.ones(count, int))
        moved = float(estimator.intercept_[0]) - before
        assert moved == pytest.approx(_sklearn_rates.sgd_sum(estimator, t, count), rel=1e-9)
        estimator.intercept_[...] = -100.0


@pytest.mark.parametrize("classes", [2, 3])
def test_sgd_goes_on_from_what_the_federation_sets(daemons, classes):
    estimator, twin = linear(classes), linear(classes)
    daemon = daemons(
        weights(estimator), steps=1, drift=lambda x, round: x * np.float32(0.5) + 1)
    with starling.join(estimator, daemon.socket, wait=True) as federation:
        for step in range(4):
            X, y = rows(classes=classes, seed=step)
            estimator.partial_fit(X, y)
            assert federation.step(samples=len(y))
            twin.partial_fit(X, y)
            twin.coef_[...] = (twin.coef_.astype(np.float32) * np.float32(0.5) + 1)
            twin.intercept_[...] = (twin.intercept_.astype(np.float32) * np.float32(0.5) + 1)
            assert np.allclose(estimator.coef_, twin.coef_, atol=1e-6)
            assert np.allclose(estimator.intercept_, twin.intercept_, atol=1e-6)
    X, y = rows()
    scores = X @ daemon.named()["coef"].T + daemon.named()["intercept"]
    np.testing.assert_allclose(
        estimator.decision_function(X), scores[:, 0] if classes == 2 else scores, atol=1e-5)


@pytest.mark.parametrize("learning_rate", ["constant", "optimal", "invscaling"])
def test_sgd_is_corrected_by_its_rates_times_c(daemons, learning_rate):
    make = lambda: linear(3, learning_rate=learning_rate, alpha=0.01)  # noqa: E731
    estimator, twin = make(), make()
    tensors = weights(estimator)
    c = {n: np.full(a.shape, 0.25, np.float32) for n, a in tensors.items()}
    daemon = daemons(tensors, c=c, steps=3)
    with starling.join(estimator, daemon.socket, wait=True) as federation:
        total = 0.0
        for step in range(3):
            X, y = rows(seed=step)
            estimator.partial_fit(X, y)
            federation.step(samples=len(y))
            t = twin.t_
            twin.partial_fit(X, y)
            rate = _sklearn_rates.sgd_sum(twin, t, len(y))
            twin.coef_ += rate * 0.25
            twin.intercept_ += rate * 0.25
            total += rate
    told = daemon.hand_ins[0]
    expected = np.concatenate([twin.coef_.reshape(-1), twin.intercept_])
    np.testing.assert_allclose(told["delta"], expected, atol=1e-5)
    assert told["corrected"] == "true" and told["steps"] == "3" and told["samples"] == "36"
    assert float(told["rate"]) == pytest.approx(total / 3)
    raw = 0.25 - expected / total
    assert float(told["gradient_norm"]) == pytest.approx(float(np.linalg.norm(raw)), rel=1e-3)


def test_a_sparse_intercept_is_damped_as_scikit_learn_does(daemons):
    sparse = pytest.importorskip("scipy.sparse")
    estimator, twin = linear(2), linear(2)
    tensors = weights(estimator)
    daemon = daemons(tensors, c={n: np.ones(a.shape) for n, a in tensors.items()}, steps=1)
    X, y = rows(classes=2)
    starling.partial_fit(estimator, [(sparse.csr_matrix(X), y)], daemon.socket, wait=True)
    twin.partial_fit(sparse.csr_matrix(X), y)
    np.testing.assert_allclose(daemon.x[4], twin.intercept_[0] + 1.2 * 0.01, atol=1e-5)


@pytest.mark.filterwarnings("ignore:Got `batch_size`")  # scikit-learn's, at the first zeros.
@pytest.mark.parametrize("momentum, batch", [(0.0, "auto"), (0.9, "auto"), (0.5, 5)])
def test_a_perceptron_with_sgd_is_corrected(daemons, momentum, batch):
    make = lambda: perceptron(  # noqa: E731
        momentum=momentum, batch_size=batch, learning_rate_init=0.1)
    estimator, twin = make(), make()
    tensors = weights(estimator)
    c = {n: np.full(a.shape, 0.1, np.float32) for n, a in tensors.items()}
    daemon = daemons(tensors, c=c, steps=2)
    rate = (1 if batch == "auto" else 3) * 0.1 / (1 - momentum)
    with starling.join(estimator, daemon.socket, wait=True) as federation:
        for step in range(2):
            X, y = rows(seed=step)
            estimator.partial_fit(X, y)
            federation.step(samples=len(y), loss=estimator.loss_)
            twin.partial_fit(X, y)
            for array in twin.coefs_ + twin.intercepts_:
                array += rate * 0.1
    told = daemon.hand_ins[0]
    expected = np.concatenate([a.reshape(-1) for a in twin.coefs_ + twin.intercepts_])
    np.testing.assert_allclose(daemon.x, expected, atol=1e-5)
    assert told["corrected"] == "true" and float(told["rate"]) == pytest.approx(rate)


def test_a_perceptron_with_adam_keeps_its_state_and_its_arrays(daemons):
    estimator, twin = perceptron(solver="adam"), perceptron(solver="adam")
    daemon = daemons(weights(estimator), steps=1, drift=lambda x, round: x * np.float32(0.5))
    with starling.join(estimator, daemon.socket, wait=True) as federation:
        for step in range(4):
            X, y = rows(seed=step)
            estimator.partial_fit(X, y)
            assert federation.step()
            twin.partial_fit(X, y)
            for array in twin.coefs_ + twin.intercepts_:
                array[...] = array.astype(np.float32) * np.float32(0.5)
            for a, b in zip(estimator.coefs_, twin.coefs_):
                np.testing.assert_allclose(a, b, atol=1e-6)
        assert estimator._optimizer.t == 4
    assert daemon.hand_ins[0]["corrected"] == "false" and "rate" not in daemon.hand_ins[0]


def test_regression_goes_on_warm(daemons, caplog):
    caplog.set_level(logging.INFO, "starling")
    estimator = starling.sklearn.initialise(
        LogisticRegression(warm_start=True, max_iter=100), 4, [0, 1, 2])
    daemon = daemons(weights(estimator), steps=1, drift=lambda x, round: x * np.float32(0.5))
    X, y = rows(60)
    with starling.join(estimator, daemon.socket, wait=True) as federation:
        estimator.fit(X, y)
        solved, iterations = estimator.coef_.copy(), int(estimator.n_iter_[0])
        assert federation.step(samples=60)
        np.testing.assert_allclose(estimator.coef_, solved * 0.5, atol=1e-6)
        estimator.fit(X, y)
        assert int(estimator.n_iter_[0]) < iterations
        federation.step()
        estimator.coef_ = estimator.coef_[:1]
        with pytest.raises(starling.ModelUnsupported, match="has become"):
            federation.step()
        starling.sklearn.initialise(estimator, 4, [0, 1, 2])
    assert daemon.hand_ins[0]["corrected"] == "false" and "not corrected" in caplog.text


def test_the_loop_in_one_call(daemons):
    data = [rows(seed=step) for step in range(10)]
    daemon = daemons(weights(linear()), rounds=2)
    estimator = SGDClassifier(random_state=0)
    back = starling.partial_fit(
        estimator, iter(data * 100), daemon.socket, classes=[0, 1, 2], wait=True,
        loss=lambda e, X, y: 0.5)
    assert back is estimator and len(daemon.hand_ins) == 2
    assert daemon.hand_ins[0]["samples"] == "60" and daemon.hand_ins[0]["loss"] == "0.5"
    assert np.array_equal(estimator.coef_.reshape(-1), daemon.x[:12])
    with pytest.raises(starling.ModelUnsupported, match="classes are needed"):
        starling.partial_fit(SGDClassifier(), data, daemon.socket)
    assert starling.partial_fit(estimator, []) is estimator


def test_the_loop_with_a_federation_that_was_joined(daemons):
    estimator = perceptron()
    daemon = daemons(weights(estimator), steps=2)
    with starling.join(estimator, daemon.socket) as federation:
        starling.partial_fit(estimator, [rows(seed=s) for s in range(3)], federation, wait=True)
        assert daemon.session and len(daemon.hand_ins) == 1
    assert float(daemon.hand_ins[0]["loss"]) > 0 and len(daemon.hand_ins) == 2


def test_evaluation_gives_every_bit_back(daemons):
    estimator = linear()
    daemon = daemons(weights(estimator))
    with starling.join(estimator, daemon.socket) as federation:
        estimator.partial_fit(*rows())
        before = weights(estimator)
        with federation.evaluation() as shown:
            assert not shown.coef_.any()
        assert all(np.array_equal(a, before[n]) for n, a in weights(estimator).items())


def test_weights_that_cannot_be_written_are_replaced(daemons):
    estimator = linear()
    daemon = daemons({n: a + 1 for n, a in weights(estimator).items()})
    for array in (estimator.coef_, estimator.intercept_):
        array.flags.writeable = False
    with starling.join(estimator, daemon.socket):
        assert estimator.coef_[0, 0] == 1 and estimator.coef_.dtype == np.float64
