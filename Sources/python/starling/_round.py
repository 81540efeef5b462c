"""Counts of the local steps since the last hand-in."""

from __future__ import annotations

from typing import Any, Optional

from ._api import HandIn


class Round:
    """Steps, rows and losses of a round.

    A loss that lies on an accelerator is summed there: reading it at every step would make the
    processor wait for the device each time.
    """

    def __init__(self, batch: int) -> None:
        self._batch = batch  # Rows of a step that does not say how many.
        self.clear()

    def clear(self) -> None:
        """Begins anew."""
        self.steps = 0
        self.samples = 0
        self.losses = 0
        self._loss: Any = 0.0
        self.merged = False
        self.corrected = True

    def count(self, samples: Optional[int], loss: Any) -> None:
        """One step more."""
        self.steps += 1
        self.samples += self._batch if samples is None else int(samples)
        if loss is not None:
            self._loss = self._loss + (loss.detach() if hasattr(loss, "detach") else float(loss))
            self.losses += 1

    def add(self, steps: int, samples: int, losses: int, loss_sum: float) -> None:
        """Steps that were counted elsewhere."""
        self.steps += steps
        self.samples += samples
        self.losses += losses
        self._loss = self._loss + loss_sum

    @property
    def loss_sum(self) -> float:
        """The sum of the losses; waits for the device if they lie there."""
        return float(self._loss)

    @property
    def mean_loss(self) -> Optional[float]:
        """None if no step said its loss, or if it is not finite."""
        mean = self.loss_sum / self.losses if self.losses else None
        return mean if mean is not None and abs(mean) < float("inf") else None

    def give_back(self, handed: HandIn) -> None:
        """A hand-in was not taken: its steps count again, with the next one."""
        self.steps += handed.steps
        self.samples += handed.samples
        if handed.loss is not None:
            self._loss = self._loss + handed.loss * handed.losses
            self.losses += handed.losses
        self.merged = True  # The gradient sums of both are not known together any more.
        self.corrected = self.corrected and handed.corrected
