"""The object that a training loop holds: `with starling.join(model) as federation: ...`."""

from __future__ import annotations

import contextlib
import logging
import os
import time
import weakref
from typing import Any, Callable, Dict, Iterator, Optional, Sequence

import numpy as np

from ._adapter import Adapter
from ._api import Daemon, WorkInfo
from ._ending import ENDED, TRAINED, Ending, deadline_of
from ._exchange import Exchange
from ._meeting import Meeting
from ._model_info import ModelInfo, Policy
from ._progress import Progress
from ._session import Session
from .errors import StarlingError

log = logging.getLogger("starling")


class Federation:
    """One model's part in a federation. Made by `starling.join`.

    Order of use: `step` after every optimiser step until `over`; then `finish`, or just leave the
    `with` block. All methods belong to the thread that trains. With several processes of one model
    (torch.distributed) every rank makes the same calls in the same order.
    """

    def __init__(
        self, adapter: Adapter, info: ModelInfo, exchange: Optional[Exchange],
        session: Optional[Session], daemon: Daemon, meeting: Optional[Meeting],
        steps: Optional[int], wait: bool, timeout: float, progress: Progress, now: WorkInfo,
    ) -> None:
        self._adapter, self._info = adapter, info
        self._exchange, self._session = exchange, session
        self._ending = (
            Ending(adapter, exchange, session, daemon) if exchange and session else None)
        self._meeting, self._progress = meeting, progress
        self._own_steps, self._wait, self._timeout = steps, wait, timeout
        self._now = now  # The daemon's word at the last look.
        self._over = now.state == "over"
        self._left = False
        self._evaluating = False
        self._pid = os.getpid()
        self._forsaken = weakref.finalize(self, _forsake, session, adapter)

    # What is known.

    @property
    def model(self) -> Any:
        """The model that was given to `join`."""
        return self._adapter.model

    @property
    def over(self) -> bool:
        """Whether the federation's training has ended; `step` does nothing any more then."""
        return self._over

    @property
    def round(self) -> int:
        """The round that the node is in."""
        return self._latest.round

    @property
    def rounds(self) -> int:
        """How many rounds the federation trains."""
        return self._latest.rounds or self._info.policy.rounds

    @property
    def steps(self) -> int:
        """Local steps in a round."""
        # With several processes: as told at the last meeting, since all must count the same.
        now = self._now if self._meeting else self._latest
        return self._own_steps or now.steps or self._info.policy.steps

    @property
    def rate_factor(self) -> float:
        """What the federation's schedule multiplies the learning rate by in this round."""
        return self._latest.rate_factor

    @property
    def links(self) -> int:
        """To how many peers the node is linked."""
        return self._latest.links

    @property
    def disagreement(self) -> Optional[float]:
        """How far the node is from its peers, as a share of the way from the start."""
        return self._latest.disagreement

    @property
    def policy(self) -> Policy:
        """The federation's plan: rounds, steps, batch, rate, correction."""
        return self._info.policy

    @property
    def name(self) -> str:
        """The federation's name."""
        return self._info.name

    @property
    def correction(self) -> Dict[str, np.ndarray]:
        """c by tensor name, float32, in units of the gradient: to be subtracted from it."""
        return self._adapter.correction()

    @property
    def _latest(self) -> WorkInfo:
        return self._session.latest if self._session else self._now

    # Training.

    def step(
        self, wait: Optional[bool] = None, samples: Optional[int] = None, loss: Any = None,
        corrected: Optional[bool] = None,
    ) -> bool:
        """Counts one local step; at the end of a round hands in and takes what has come.

        - wait: whether to wait at a round's end for the next parameters; None: as in `join`.
          Without it the call takes no longer than a copy of the parameters.
        - samples: rows of this step; None: the federation's batch.
        - loss: a number, or a tensor of one (which is not read before the round's end).
        - corrected: for models that cannot be looked into: c was subtracted in this step.
        - Returns: True if the model has just got new parameters.
        - Raises: `NotFinite` if training ran into NaN; what ended the session for good.
        """
        if self._over or self._left:
            return False
        if self._evaluating or os.getpid() != self._pid:
            raise StarlingError(
                "client.step", "step() inside evaluation() or in a forked process",
                "train outside, in the process that joined")
        self._adapter.after_step(corrected)
        wait = self._wait if wait is None else wait
        if self._meeting is not None:
            return self._step_together(wait, samples, loss)
        assert self._exchange is not None
        self._exchange.round.count(samples, loss)
        taken = self._exchange.take()
        if self._exchange.round.steps >= self.steps:
            taken = self._turn_over(wait) or taken
        self._look(taken)
        return taken

    def correct(self) -> None:
        """Subtracts c from the gradients now, instead of just before the optimiser's step.

        Call it after `backward` (with a GradScaler: after `unscale_`) and before gradients are
        clipped, so that what is clipped is what will be used.
        """
        if not self._over and not self._left:
            self._adapter.correct_now()

    def rows_are_sparse(self, sparse: bool) -> None:
        """scikit-learn: whether rows come as sparse matrices, whose intercept learns slower."""
        if hasattr(self._adapter, "sparse"):
            self._adapter.sparse = sparse

    def metrics(self, **numbers: Any) -> None:
        """Figures on the node's held-out data: loss=..., accuracy=..., and others by name.

        They are shown, not used; if the daemon is away they are lost.
        """
        if self._ending is not None and not self._left:
            self._ending.metrics({name: float(value) for name, value in numbers.items()})

    @contextlib.contextmanager
    def evaluation(self) -> Iterator[Any]:
        """Gives the model with the averaged parameters; afterwards the local ones are back.

        Private tensors stay the node's own. A PyTorch model is in evaluation mode inside.
        Raises `DaemonAway` if the averaged parameters cannot be had.
        """
        snapshot = self._adapter.snapshot()
        try:
            self._show_averaged()
            modes = self._adapter.evaluating()
            self._evaluating = True
            try:
                yield self._adapter.model
            finally:
                self._evaluating = False
                self._adapter.training(modes)
        finally:
            self._adapter.restore(snapshot)

    # The end.

    def wait_over(self, timeout: Optional[float] = None) -> bool:
        """Waits for the others' rounds without training; False: `timeout` seconds ran out."""
        over = self._wait_phase(TRAINED, deadline_of(timeout)) is not None
        self._over = self._over or over
        return over

    def finish(self, timeout: Optional[float] = None) -> bool:
        """Hands in what is open, tells that this node trains no more, and waits for the end.

        The model then holds the final parameters. Returns False if `timeout` seconds ran out or
        the federation failed; the model has the newest parameters that could be had.
        """
        deadline = deadline_of(timeout)
        self._on_root(lambda: self._root.tell_finish(deadline, self._timeout))
        self._over = True
        phase = self._wait_phase(ENDED, deadline)
        if phase == "failed":
            log.warning("the federation failed; see the daemon's log")
        self._on_root(lambda: self._root.load_newest())
        if self._meeting is not None:
            self._meeting.share_parameters()
        return phase == "finished"

    def leave(self) -> None:
        """What the end of a `with` block does: hands in, stores private tensors, loads the newest
        parameters, gives the place back. More than once does no harm."""
        if self._left or os.getpid() != self._pid:
            return
        try:
            self._on_root(lambda: self._root.square_up())
            if self._meeting is not None:
                self._meeting.share_parameters()
        finally:
            self._close()

    def __enter__(self) -> "Federation":
        return self

    def __exit__(self, kind: Any, fault: Any, trace: Any) -> None:
        if kind is None:
            self.leave()
        elif os.getpid() == self._pid:
            self._close()  # A model of unknown state: nothing of it is handed in.

    # Inside.

    def _turn_over(self, wait: bool) -> bool:
        """The end of a round, on the process that talks to the daemon."""
        assert self._exchange is not None and self._session is not None
        self._exchange.hand_in()
        if not wait:
            return False
        deadline, taken = time.monotonic() + self._timeout, False
        while not taken and not self._session.over:
            left = deadline - time.monotonic()
            if left <= 0 or not self._session.wait(Session.has_news, left):
                log.info("no new parameters in %.0f s; training goes on locally", self._timeout)
                break
            taken = self._exchange.take()
        return taken

    def _look(self, taken: bool) -> None:
        assert self._session is not None and self._exchange is not None
        if taken:
            self._progress.show(self._session.latest, self._exchange.last_loss)
        if self._session.over:
            self._over = True
            self._progress.show(self._session.latest, self._exchange.last_loss)
            log.info("the federation's training has ended")

    def _step_together(self, wait: bool, samples: Optional[int], loss: Any) -> bool:
        assert self._meeting is not None

        def root(rows: int, losses: int, loss_sum: float, steps: int) -> bool:
            assert self._exchange is not None
            self._exchange.round.add(steps, rows, losses, loss_sum)
            taken = self._exchange.take()
            taken = self._turn_over(wait) or taken
            self._look(taken)
            return taken

        self._meeting.count(samples, loss)
        if not self._meeting.due(self.steps):
            return False
        taken, self._over, self._now = self._meeting.meet(root, lambda: (self._over, self._latest))
        return taken

    def _wait_phase(self, phases: Sequence[str], deadline: float) -> Optional[str]:
        while True:
            phase, again = self._on_root(lambda: self._root.wait_phase(phases, deadline))
            if not again:
                return phase

    def _on_root(self, task: Callable[[], Any]) -> Any:
        return self._meeting.group.of_root(task) if self._meeting else task()

    def _show_averaged(self) -> None:
        self._on_root(lambda: self._root.show_averaged())
        if self._meeting is not None:
            self._meeting.share_parameters()

    @property
    def _root(self) -> Ending:
        assert self._ending is not None  # Only asked on the process that talks to the daemon.
        return self._ending

    def _close(self) -> None:
        if self._left:
            return
        self._left = True
        self._forsaken.detach()
        if self._session is not None:
            self._session.stop()
            self._session.leave()
        self._adapter.close()
        self._progress.close()


def _forsake(session: Optional[Session], adapter: Adapter) -> None:
    """The federation was dropped, or the program ends: the place is free at once for the next.

    In a forked child the session knows that it is the parent's, and does nothing.
    """
    if session is not None:
        session.stop(1.0)
        session.leave(1.0)
    adapter.close()
