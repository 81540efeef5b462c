"""scikit-learn made easy: `initialise` gives an estimator weights, `partial_fit` is the loop."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Optional, Sequence, Tuple, Union

import numpy as np

from ._join import join
from .errors import ModelUnsupported
from .federation import Federation

__all__ = ["initialise", "partial_fit"]


def initialise(
    estimator: Any, features: Union[int, Sequence[str]], classes: Sequence[Any], seed: int = 0,
) -> Any:
    """Gives an untrained estimator the weights that training begins with.

    - estimator: SGDClassifier, LogisticRegression (with warm_start=True), or MLPClassifier with
      solver "sgd" or "adam".
    - features: how many columns rows have, or their names (for data frames).
    - classes: all labels of the federation, also those that this node has never seen.
    - seed: of a perceptron's weights (Glorot and Bengio 2010); linear models begin at 0.
    - Returns: the estimator itself; `partial_fit` or `fit` goes on from there.
    - Raises: `ModelUnsupported`.
    """
    count = features if isinstance(features, int) else len(features)
    labels = np.unique(np.asarray(classes))
    if len(labels) < 2:
        raise ModelUnsupported("model.classes", "at least two classes are needed")
    kind = {base.__name__ for base in type(estimator).__mro__}
    if "LogisticRegression" in kind:
        _start_regression(estimator, count, labels)
    elif "SGDClassifier" in kind:
        estimator.partial_fit(np.zeros((len(labels), count)), labels, classes=labels)
        estimator.coef_[...] = 0.0
        estimator.intercept_[...] = 0.0
        estimator.t_ = 1.0
    elif "MLPClassifier" in kind:
        _start_perceptron(estimator, count, labels, seed)
    else:
        raise ModelUnsupported(
            "model.kind", f"{type(estimator).__name__} cannot be initialised",
            "SGDClassifier, LogisticRegression and MLPClassifier can")
    if not isinstance(features, int):
        estimator.feature_names_in_ = np.asarray(features, dtype=object)
    return estimator


def _start_regression(estimator: Any, count: int, labels: np.ndarray) -> None:
    if not estimator.warm_start or estimator.solver == "liblinear":
        raise ModelUnsupported(
            "model.warm-start", "LogisticRegression has to go on from the weights it is given",
            'use LogisticRegression(warm_start=True, solver="lbfgs", max_iter=5)')
    rows = 1 if len(labels) == 2 else len(labels)
    estimator.classes_ = labels
    estimator.n_features_in_ = count
    estimator.coef_ = np.zeros((rows, count))
    estimator.intercept_ = np.zeros(rows)
    estimator.n_iter_ = np.zeros(1, np.int32)


def _start_perceptron(estimator: Any, count: int, labels: np.ndarray, seed: int) -> None:
    if estimator.solver not in ("sgd", "adam"):
        raise ModelUnsupported(
            "model.solver", f"MLPClassifier(solver={estimator.solver!r}) has no partial_fit",
            'use solver="sgd" or "adam"')
    # One call on rows of zeros makes all that the estimator needs; what it learnt is undone.
    estimator.partial_fit(np.zeros((len(labels), count)), labels, classes=labels)
    random = np.random.default_rng(seed)
    factor = 2.0 if estimator.activation == "logistic" else 6.0
    for weights, biases in zip(estimator.coefs_, estimator.intercepts_):
        bound = np.sqrt(factor / sum(weights.shape))
        weights[...] = random.uniform(-bound, bound, weights.shape)
        biases[...] = random.uniform(-bound, bound, biases.shape)
    del estimator._optimizer
    estimator.t_, estimator.n_iter_ = 0, 0
    estimator.loss_curve_, estimator.best_loss_ = [], np.inf
    estimator._no_improvement_count = 0


def partial_fit(
    estimator: Any, batches: Iterable[Tuple[Any, Any]],
    federation: Union[Federation, str, None] = None, classes: Optional[Sequence[Any]] = None, *,
    loss: Optional[Callable[[Any, Any, Any], float]] = None, wait: Optional[bool] = None,
    **options: Any,
) -> Any:
    """Trains in the federation: a batch is a local step, until batches or rounds are through.

    - batches: pairs (X, y); may be endless.
    - federation: one that was joined, else a socket as for `starling.join`.
    - classes: needed if the estimator has no weights yet.
    - loss: called with (estimator, X, y) after a batch; None: a perceptron's own loss.
    - options: for `starling.join`.
    - Returns: the estimator; after joining here it holds the newest parameters.
    """
    stream = iter(batches)
    try:
        head = next(stream)
    except StopIteration:
        return estimator
    if not hasattr(estimator, "coef_") and not hasattr(estimator, "coefs_"):
        if classes is None:
            raise ModelUnsupported(
                "model.classes", "classes are needed for an estimator without weights")
        columns = getattr(head[0], "columns", None)
        features = head[0].shape[1] if columns is None else [str(c) for c in columns]
        initialise(estimator, features, classes)
    if isinstance(federation, Federation):
        _train(estimator, head, stream, federation, loss, wait)
        return estimator
    with join(estimator, federation, wait=bool(wait), **options) as joined:
        _train(estimator, head, stream, joined, loss, wait)
    return estimator


def _train(
    estimator: Any, head: Tuple[Any, Any], stream: Iterable[Tuple[Any, Any]],
    federation: Federation, loss: Optional[Callable[[Any, Any, Any], float]],
    wait: Optional[bool],
) -> None:
    batch: Optional[Tuple[Any, Any]] = head
    stream = iter(stream)
    while batch is not None and not federation.over:
        X, y = batch
        federation.rows_are_sparse(hasattr(X, "tocsr"))
        (estimator.partial_fit if hasattr(estimator, "partial_fit") else estimator.fit)(X, y)
        said = loss(estimator, X, y) if loss else getattr(estimator, "loss_", None)
        federation.step(wait=wait, samples=len(y), loss=said)
        batch = next(stream, None)
