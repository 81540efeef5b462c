"""What lies between the training thread and the session's thread: the mailbox.

At most one hand-in is under way, at most one piece of work waits to be picked up. Exactly once: a
hand-in stays in `_outbox` until the daemon has said what became of it, and work that came later is
not given out before that is known.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, List, NamedTuple, Optional

import numpy as np

from ._api import HandIn, WorkInfo
from .errors import StarlingError

PRIVATE_EVERY = 10.0
"""Seconds between two storings of the private tensors."""


class Work(NamedTuple):
    """A piece of work with its vectors, as one-dimensional float32 parts in layout order."""

    info: WorkInfo
    x: List[np.ndarray]
    c: List[np.ndarray]


class Collected(NamedTuple):
    """What the thread has brought since the last look. Handle `returned` before `work`."""

    returned: Optional[HandIn]
    work: Optional[Work]


class Mailbox:
    """State that both threads share. Fields with an underscore are guarded by `_news`."""

    def __init__(self, rounds: int) -> None:
        self._news = threading.Condition()
        self._latest = WorkInfo("wait", rounds=rounds)
        self._open: Optional[str] = None  # The work that the trainer holds.
        self._inbox: Optional[Work] = None
        self._outbox: Optional[HandIn] = None
        self._returned: Optional[HandIn] = None
        self._private: Optional[List[Any]] = None
        self._private_due = 0.0
        self._over = False
        self._failure: Optional[StarlingError] = None
        self._stopping = False

    # Getters: what is known now.

    @property
    def latest(self) -> WorkInfo:
        """The newest word of the daemon about round, links and so on."""
        return self._latest

    @property
    def over(self) -> bool:
        """Whether the federation's training has ended."""
        return self._over

    @property
    def failed(self) -> bool:
        """Whether the session has ended for good."""
        return self._failure is not None

    @property
    def open_work(self) -> Optional[str]:
        """The work that waits for the trainer's hand-in."""
        return self._open

    @property
    def in_flight(self) -> bool:
        """Whether a hand-in is on its way."""
        return self._outbox is not None

    # Commands of the trainer's thread.

    def hand_in(self, handed: HandIn) -> bool:
        """Puts a hand-in down. False: its work is not open any more; nothing has changed."""
        with self._news:
            if self._open != handed.work or self._outbox is not None or self._inbox is not None:
                return False
            self._open, self._outbox = None, handed
            self._news.notify_all()
            return True

    def collect(self) -> Collected:
        """Picks up what has arrived. Raises what ended the session for good."""
        with self._news:
            if self._failure is not None:
                raise self._failure
            returned, self._returned = self._returned, None
            work = None
            # While a hand-in is under way it may yet come back, and it must be seen first.
            if self._outbox is None and self._inbox is not None:
                work, self._inbox = self._inbox, None
                self._open = work.info.work
            return Collected(returned, work)

    def store_private(self, body: Callable[[], List[Any]]) -> None:
        """Has private tensors stored soon; `body` is only called if it is time again."""
        now = time.monotonic()
        if now < self._private_due or self._over:
            return
        self._private_due = now + PRIVATE_EVERY
        entries = body()
        with self._news:
            self._private = entries
            self._news.notify_all()

    def wait(self, until: Callable[["Mailbox"], bool], timeout: float) -> bool:
        """Waits until `until` holds, training is over or has failed; False: time ran out.

        `until` may only look at fields.
        """
        with self._news:
            return self._news.wait_for(
                lambda: until(self) or self._over or self._failure is not None, timeout)

    def pause(self, seconds: float) -> None:
        """Waits a moment, less if the session has news."""
        with self._news:
            self._news.wait(seconds)

    @staticmethod
    def has_news(mail: "Mailbox") -> bool:
        """For `wait`: `collect` would bring something."""
        return mail._returned is not None or (
            mail._inbox is not None and mail._outbox is None)

    @staticmethod
    def is_quiet(mail: "Mailbox") -> bool:
        """For `wait`: nothing is on its way to the daemon."""
        return mail._outbox is None and mail._private is None

    # Moves of the session's thread.

    def _heard(self, info: WorkInfo) -> None:
        with self._news:
            self._latest = info
            if info.state == "over":
                self._over = True
            self._news.notify_all()

    def _deliver(self, work: Work) -> None:
        with self._news:
            self._open, self._inbox = None, work
            self._news.notify_all()

    def _settle(self, handed: HandIn, back: bool, round: Optional[int] = None) -> None:
        """The daemon has spoken. back: it was not taken; the trainer gets it again."""
        with self._news:
            self._outbox = None
            if back:
                self._returned = handed
            if round is not None:
                self._latest = self._latest._replace(round=round)
            self._news.notify_all()

    def _stored(self, body: List[Any]) -> None:
        with self._news:
            if self._private is body:  # Else newer ones have been put down meanwhile.
                self._private = None
            self._news.notify_all()

    def _end(self, failure: Optional[StarlingError] = None) -> None:
        """Training is over, or the session has failed for good."""
        with self._news:
            self._over = self._over or failure is None
            self._failure = failure
            self._news.notify_all()
