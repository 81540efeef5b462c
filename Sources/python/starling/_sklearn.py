"""scikit-learn's estimators: SGDClassifier, LogisticRegression and MLPClassifier."""

from __future__ import annotations

import logging
from typing import Any, Dict, Iterable, List, Mapping, Optional

import numpy as np

from . import _sklearn_rates as rates
from ._adapter import Estimate
from ._arrays import ArrayAdapter
from ._model_info import ModelInfo
from .errors import LayoutMismatch, ModelUnsupported

log = logging.getLogger("starling")


def named_arrays(estimator: Any) -> Dict[str, np.ndarray]:
    """"coef" and "intercept", or "coefs.0", ... and "intercepts.0", ... as they are now.

    scikit-learn replaces some of these arrays when it trains: never keep them.
    Raises `ModelUnsupported`.
    """
    name = type(estimator).__name__
    if getattr(estimator, "average", False):
        raise ModelUnsupported(
            "model.averaged", f"{name}(average=...) keeps two sets of weights",
            "use average=False: the federation averages already")
    if getattr(estimator, "coefs_", None) is not None:
        found = {f"coefs.{k}": array for k, array in enumerate(estimator.coefs_)}
        found.update({f"intercepts.{k}": a for k, a in enumerate(estimator.intercepts_)})
        return found
    if getattr(estimator, "coef_", None) is not None:
        found = {"coef": estimator.coef_}
        if getattr(estimator, "fit_intercept", True):
            found["intercept"] = estimator.intercept_
        return found
    raise ModelUnsupported(
        "model.empty", f"this {name} has no weights yet",
        "call starling.sklearn.initialise(estimator, features, classes) first")


class SklearnAdapter(ArrayAdapter):
    """An estimator that has weights. Weights are written in place, so that optimisers inside the
    estimator which hold the same arrays go on with them.

    - sparse: set while rows come as sparse matrices.
    """

    sparse = False

    def __init__(self, model: Any, info: ModelInfo, correction: bool = True) -> None:
        super().__init__(model, info)
        self._check_classes(info.classes)
        self._kind = self._how() if correction else "none"
        self._remember()
        self._rate_sum = 0.0
        self._steps = 0

    def _how(self) -> str:
        """Which rule gives the rates: "sgd", "perceptron" or "none"."""
        names = {kind.__name__ for kind in type(self.model).__mro__}
        if "SGDClassifier" in names and rates.sgd_can(self.model):
            return "sgd"
        if "MLPClassifier" in names and self.model.solver == "sgd" and self.model.momentum < 1:
            return "perceptron"
        log.info("%s trains in a way that c cannot be added to: not corrected",
                 type(self.model).__name__)
        return "none"

    def _check_classes(self, expected: List[str]) -> None:
        found = [str(name) for name in getattr(self.model, "classes_", ())]
        if not expected or not found or found == expected:
            return
        if len(found) != len(expected) or sorted(found) == sorted(expected):
            raise LayoutMismatch(
                "trainer.classes",
                f"the estimator has the classes {found}, the federation {expected}",
                "same classes, same order: initialise(estimator, features, classes)")
        log.warning("the estimator calls its classes %s, the federation %s", found, expected)

    def arrays(self) -> Dict[str, np.ndarray]:
        return named_arrays(self.model)

    def write(self, parts: Iterable[np.ndarray]) -> None:
        shaped = (part.reshape(shape) for part, shape in zip(parts, self.layout.shapes))
        for name, part in zip(self.layout.names, shaped):
            self._set(name, part)

    def set_private(self, tensors: Mapping[str, np.ndarray]) -> None:
        for name, array in tensors.items():
            self._set(name, array)

    def _set(self, name: str, values: np.ndarray) -> None:
        array = self.arrays()[name]
        if array.flags.writeable:
            array[...] = values
            return
        # A model that was loaded from a mapped file: its arrays have to be replaced.
        kept = np.array(values, array.dtype)
        if "." in name:
            which, index = name.split(".")
            getattr(self.model, f"{which}_")[int(index)] = kept
        else:
            setattr(self.model, f"{name}_", kept)

    # Training.

    def _remember(self) -> None:
        self._t = self._counter()
        self._rate = rates.perceptron_rate(self.model) if self._kind == "perceptron" else 0.0

    def _counter(self) -> float:
        """The estimator's own count of rows; SGD begins at 1."""
        return float(getattr(self.model, "t_", 1.0 if self._kind == "sgd" else 0.0))

    def after_step(self, corrected: Optional[bool]) -> None:
        """Adds `sum of rates * c` for the call of `partial_fit` that has just been made."""
        if self._kind == "none":
            self._corrected = self._corrected and bool(corrected)
            return
        rows = int(round(self._counter() - self._t))
        if rows < 0:  # `fit` begins to count anew: how it got here is not known.
            self._corrected = False
        elif rows > 0:
            total = (
                rates.sgd_sum(self.model, self._t, rows) if self._kind == "sgd"
                else rates.perceptron_sum(self.model, self._rate, rows))
            self._add(total)
            self._rate_sum += total
        self._steps += 1
        self._remember()

    def _add(self, total: float) -> None:
        arrays = self.arrays()
        for name, shape, c in zip(self.layout.names, self.layout.shapes, self._c):
            damped = self.sparse and self._kind == "sgd" and name == "intercept"
            step = total * (rates.SPARSE_INTERCEPT if damped else 1.0)
            self._set(name, arrays[name] + np.asarray(step * c).reshape(shape))

    def estimate(self, delta: np.ndarray, steps: int) -> Estimate:
        corrected, self._corrected = self._corrected, True
        rate = self._rate_sum / self._steps if self._steps else 0.0
        self._rate_sum, self._steps = 0.0, 0
        if rate <= 0 or not self._c:
            return Estimate(corrected=corrected and self._kind != "none")
        # delta = -rate * (sum of raw gradients - steps * c)
        square = 0.0
        for part, c in zip(self.layout.split(delta), self._c):
            gradient = c - part / np.float32(rate * max(1, steps))
            square += float(np.vdot(gradient, gradient))
        norm = float(np.sqrt(square))
        return Estimate(rate, norm if np.isfinite(norm) else None, corrected)
