"""A callback for the Trainer of Hugging Face's transformers.

    trainer = Trainer(..., callbacks=[StarlingCallback()])
"""

from __future__ import annotations

from typing import Any, Optional

import transformers

from ._join import join
from .federation import Federation


class StarlingCallback(transformers.TrainerCallback):
    """Joins when training begins, steps after each optimiser step, stops when rounds are through.

    Arguments are those of `starling.join`. Set the trainer's `max_steps` high enough: the
    federation ends the training.
    """

    def __init__(self, socket: Optional[str] = None, **options: Any) -> None:
        self._socket = socket
        self._options = options
        self.federation: Optional[Federation] = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Takes the place and loads the federation's parameters."""
        options = {"optimizer": given.get("optimizer"), **self._options}
        self.federation = join(given["model"], self._socket, **options)

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """An optimiser step was made."""
        if self.federation is None:
            return
        self.federation.step(
            samples=args.train_batch_size * args.gradient_accumulation_steps)
        if self.federation.over:
            control.should_training_stop = True

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Hands in what is open and leaves."""
        if self.federation is not None:
            self.federation.leave()
            self.federation = None
