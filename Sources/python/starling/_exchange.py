"""The trainer's half of a round: counts steps, takes what has come, hands in what was done."""

from __future__ import annotations

import logging
import time
from typing import Any, List, Mapping, Optional

import numpy as np

from . import _safetensors
from ._adapter import Adapter
from ._api import HandIn
from ._book import Book
from ._flat import first
from ._folder import DELTA, Folder
from ._mailbox import Mailbox, Work
from ._model_info import ModelInfo
from ._round import Round
from ._session import Session

log = logging.getLogger("starling")


class Exchange:
    """Joins the model's book with the session. Only the trainer's thread calls."""

    def __init__(
        self, adapter: Adapter, info: ModelInfo, session: Session, folder: Optional[Folder],
    ) -> None:
        self._adapter = adapter
        self._session = session
        self._folder = folder
        self._book = Book(adapter)
        self.round = Round(info.policy.batch)
        self.last_loss: Optional[float] = None

    def begin(self, work: Optional[Work], averaged: Mapping[str, np.ndarray]) -> None:
        """Sets the model to the first work, or to the averaged parameters if there is none yet."""
        layout = self._adapter.layout
        self._book.load(work.x if work else layout.arrange(averaged))
        self._adapter.set_correction(work.c if work else layout.split(layout.zeros()))

    def load(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Sets the model to named tensors; local steps are forgotten."""
        self._book.load(self._adapter.layout.arrange(tensors))
        self.round.clear()

    def take(self) -> bool:
        """Takes what has arrived, if something has; True: new parameters."""
        returned, work = self._session.collect()
        if returned is not None:
            log.info("round's work was not taken; its steps go with the next")
            self._book.give_back(returned.delta)
            self.round.give_back(returned)
        if work is None:
            return False
        self._book.take(work.x)
        self._adapter.set_correction(work.c)
        return True

    def hand_in(self) -> bool:
        """Hands in the steps since the last time; False: there are none, or no work is open."""
        work = self._session.open_work
        if work is None or self._session.in_flight or self.round.steps == 0:
            return False
        count = self.round
        delta = self._book.delta(self._folder.delta() if self._folder else None)
        known = self._adapter.estimate(delta, count.steps)
        handed = HandIn(
            work, delta, count.steps, count.samples, count.losses, count.mean_loss,
            None if count.merged else known.rate, None if count.merged else known.gradient_norm,
            known.corrected and count.corrected, DELTA if self._folder else None)
        if not self._session.hand_in(handed):
            # The place was lost just now and other work has come: after it has been taken.
            self._book.give_back(delta)
            count.merged, count.corrected = True, handed.corrected
            return False
        self.last_loss = handed.loss
        count.clear()
        if self._adapter.groups.private:
            self._session.store_private(self.private_body)
        return True

    def flush(self, timeout: float) -> None:
        """Hands in what is open and waits until it is settled, or until time runs out."""
        session, deadline = self._session, time.monotonic() + timeout
        while not session.over:
            self.take()
            self.hand_in()
            if self.round.steps == 0 and not session.in_flight:
                break
            left = deadline - time.monotonic()
            if left <= 0 or not session.wait(self._can_go_on, left):
                break
        if self.round.steps and not session.over:
            log.info("%d local steps were not handed in: no work is open", self.round.steps)
        session.wait(Session.is_quiet, max(0.0, deadline - time.monotonic()))

    def _can_go_on(self, mail: Mailbox) -> bool:
        idle = not mail.in_flight
        return Mailbox.has_news(mail) or (
            idle and (self.round.steps == 0 or mail.open_work is not None))

    # Private tensors.

    def private_body(self) -> List[Any]:
        """The private tensors as a safetensors file; tensors without entries are left out."""
        return _safetensors.encode([
            _safetensors.entry(name, array)
            for name, array in self._adapter.private().items() if array.size])

    def restore_private(self, stored: Mapping[str, np.ndarray]) -> None:
        """Sets those private tensors of which the daemon has one of the same name and shape."""
        own = {n: a for n, a in self._adapter.private().items() if a.size}
        fits = {n: stored[n] for n in own if n in stored and stored[n].shape == own[n].shape}
        others = [n for n in own if n not in fits] + [n for n in stored if n not in own]
        if others:
            log.warning("stored private tensors do not fit the model's: %s", first(others))
        self._adapter.set_private(fits)
        if fits:
            log.info("%d private tensors restored", len(fits))
