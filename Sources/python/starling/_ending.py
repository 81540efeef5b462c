"""Requests that the trainer's own thread makes, and the ways to end: finishing and leaving.

They wait for the daemon by their nature, unlike `step`, whose requests the session's thread makes.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Callable, List, Mapping, Optional, Sequence, TypeVar

import numpy as np

from ._adapter import Adapter
from ._api import Daemon
from ._exchange import Exchange
from ._session import Session
from .errors import DaemonAway, SessionLost, StarlingError

log = logging.getLogger("starling")

LEAVE_SECONDS = 5.0
"""How long leaving waits for work to be open, so that the last steps can be handed in."""
FINISH_SECONDS = 30.0
LOOK_SECONDS = 0.25
SLICE_SECONDS = 60.0
ENDED = ("finished", "failed")
TRAINED = ("settling", *ENDED)
_Result = TypeVar("_Result")


class Ending:
    """On the process that talks to the daemon."""

    def __init__(
        self, adapter: Adapter, exchange: Exchange, session: Session, daemon: Daemon,
    ) -> None:
        self._adapter, self._exchange = adapter, exchange
        self._session, self._daemon = session, daemon

    def metrics(self, numbers: Mapping[str, float]) -> None:
        """Tells figures, those that are finite; if the daemon is away they are lost."""
        said = {name: value for name, value in numbers.items() if np.isfinite(value)}
        if not said:
            return
        try:
            self._in_session(lambda token: self._daemon.metrics(token, said), 0.0)
        except (DaemonAway, SessionLost) as fault:
            log.info("metrics were not told: %s", fault.message)

    def show_averaged(self) -> None:
        """Writes the averaged parameters into the model; the book does not change."""
        parts = self._adapter.layout.arrange(self._daemon.averaged())
        self._adapter.write(np.array(part) for part in parts)

    def tell_finish(self, deadline: float, patience: float) -> None:
        """Hands in what is open and tells the daemon that this node trains no more."""
        self._exchange.flush(min(FINISH_SECONDS, max(0.0, deadline - time.monotonic())))
        self._in_session(self._daemon.finish, max(FINISH_SECONDS, patience))

    def square_up(self) -> None:
        """Hands in, stores private tensors, loads the newest parameters; not after a failure."""
        if self._session.failed:
            return
        self._exchange.flush(LEAVE_SECONDS)
        if self._adapter.groups.private:
            body = self._exchange.private_body()
            try:
                self._in_session(lambda token: self._daemon.store(token, body), 1.0)
            except StarlingError as fault:
                log.warning("private tensors were not stored: %s", fault.message)
        self.load_newest()

    def wait_phase(self, phases: Sequence[str], deadline: float) -> List[Any]:
        """Asks for the daemon's phase until it is one of these: the phase, and False.

        If none came: None, and whether there is time left to ask again. A call takes at most
        `SLICE_SECONDS`, so that other processes which wait for it do not give up.
        """
        end = min(deadline, time.monotonic() + SLICE_SECONDS)
        while True:
            try:
                phase = str(self._daemon.status().get("phase"))
                if phase in phases:
                    return [phase, False]
            except DaemonAway as fault:
                log.debug("%s", fault.message)
            left = end - time.monotonic()
            if left <= 0:
                return [None, time.monotonic() < deadline]
            self._session.pause(min(LOOK_SECONDS, left))

    def _in_session(self, task: Callable[[str], _Result], timeout: float) -> _Result:
        """A request with the session; tried again while the place is being taken anew."""
        deadline = time.monotonic() + timeout
        while True:
            token = self._session.token
            try:
                if token is None:
                    raise SessionLost("trainer.session", "the place at the daemon is lost")
                return task(token)
            except (DaemonAway, SessionLost):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise
                self._session.pause(min(LOOK_SECONDS, left))

    def load_newest(self) -> None:
        """Sets the model to the averaged parameters; local steps are forgotten."""
        try:
            self._exchange.load(self._daemon.averaged())
        except DaemonAway as fault:
            log.warning("the newest parameters were not loaded: %s", fault.message)


def deadline_of(timeout: Optional[float]) -> float:
    """When `timeout` seconds from now are over; None: never."""
    return time.monotonic() + (float("inf") if timeout is None else timeout)
