"""How far one call of scikit-learn's `partial_fit` moves along a gradient.

scikit-learn computes gradients inside, so c can only be added afterwards: each of its steps is
`w -= rate * gradient`, and with c it would have been `w -= rate * (gradient - c)`; what is missing
is the sum of the rates times c.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

SPARSE_INTERCEPT = 0.01
"""scikit-learn's own damping of SGD's intercept on sparse rows (SPARSE_INTERCEPT_DECAY)."""


def sgd_sum(estimator: Any, before: float, rows: int) -> float:
    """The sum of the rates of `rows` samples of an SGDClassifier, from step counter `before` on.

    Source: scikit-learn's `_sgd_fast`, `_plain_sgd`. "optimal" starts at typw, since the gradient
    of every loss there at (y = 1, p = -typw) is negative and the larger of 1 and it is 1.
    """
    t = before + np.arange(rows, dtype=np.float64)
    kind = estimator.learning_rate
    if kind in ("constant", "adaptive"):
        return float(rows * estimator.eta0)
    if kind == "invscaling":
        return float(np.sum(estimator.eta0 / t**estimator.power_t))
    alpha = estimator.alpha
    start = 1.0 / (math.sqrt(1.0 / math.sqrt(alpha)) * alpha)
    return float(np.sum(1.0 / (alpha * (start + t - 1.0))))


def sgd_can(estimator: Any) -> bool:
    """Whether the rates are known beforehand; those of pa1 and pa2 depend on the row."""
    return estimator.learning_rate in ("constant", "adaptive", "invscaling", "optimal")


def perceptron_sum(estimator: Any, rate: float, rows: int) -> float:
    """The sum of the rates of one call of an MLPClassifier with solver "sgd".

    A gradient goes on through the momentum: in the end it has counted 1 / (1 - momentum) times.
    """
    batch = min(200, rows) if estimator.batch_size == "auto" else min(estimator.batch_size, rows)
    return math.ceil(rows / max(1, batch)) * rate / (1.0 - estimator.momentum)


def perceptron_rate(estimator: Any) -> float:
    """The learning rate that the next call begins with."""
    optimizer = getattr(estimator, "_optimizer", None)
    return float(optimizer.learning_rate if optimizer else estimator.learning_rate_init)
