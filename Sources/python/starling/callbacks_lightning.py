"""A callback for Lightning (`lightning` or `pytorch_lightning`).

    trainer = Trainer(callbacks=[StarlingCallback()])
"""

from __future__ import annotations

from typing import Any, Optional

try:
    from lightning.pytorch import Callback
except ImportError:
    from pytorch_lightning import Callback

from ._join import join
from .federation import Federation


class StarlingCallback(Callback):
    """Joins when training begins, steps after each optimiser step, stops when rounds are through.

    Arguments are those of `starling.join`.
    """

    def __init__(self, socket: Optional[str] = None, **options: Any) -> None:
        self._socket = socket
        self._options = options
        self._steps = 0
        self.federation: Optional[Federation] = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Takes the place and loads the federation's parameters."""
        self.federation = join(pl_module, self._socket, **self._options)
        self._steps = trainer.global_step

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Gradients are ready and not clipped yet."""
        if self.federation is not None:
            self.federation.correct()

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int,
    ) -> None:
        """Counts a step if the optimiser has made one: batches may be accumulated."""
        if self.federation is None or trainer.global_step == self._steps:
            return
        self._steps = trainer.global_step
        loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
        self.federation.step(loss=loss)
        if self.federation.over:
            trainer.should_stop = True

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Hands in what is open and leaves."""
        if self.federation is not None:
            self.federation.leave()
            self.federation = None

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Leaves the place, hands in nothing."""
        if self.federation is not None:
            self.federation.__exit__(type(exception), exception, None)
            self.federation = None
