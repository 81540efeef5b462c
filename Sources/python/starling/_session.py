"""The place at the daemon and the one background thread that keeps it.

The thread does all HTTP of the rounds: it hands in, waits for the next work, fetches it, says
"alive", and takes the place anew when the daemon was away. The trainer's thread only puts a
hand-in down and picks work up (`Mailbox`); both are moves of a pointer under a lock.

Order of use: `enter`, `first_work`, `start`, then the mailbox, at last `stop` and `leave`.

Exactly once: a hand-in is sent again with the same work id after every doubt. If the daemon does
not know that work any more, the hand-in goes back to the trainer, whose delta then goes with the
next one.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any, List, Optional

from ._api import Daemon, HandIn, Place, WorkInfo
from ._folder import Folder
from ._mailbox import Mailbox, Work
from ._model_info import ModelInfo
from .errors import (
    DaemonAway, Occupied, SessionLost, StarlingError, WorkOver, WorkStale)

log = logging.getLogger("starling")

SLOWEST_RETRY = 5.0


class Session(Mailbox):
    """One trainer's place, and the thread that keeps it."""

    def __init__(
        self, daemon: Daemon, info: ModelInfo, name: str, folder: Optional[Folder],
    ) -> None:
        super().__init__(info.policy.rounds)
        self._daemon = daemon
        self._info = info
        self._name = name
        self._folder = folder
        self._pid = os.getpid()
        self._place: Optional[Place] = None
        self._handed: Optional[str] = None  # The last work that was taken from us.
        self._look = False  # After a new start: look whether the open work still stands.
        self._retry = 0.0
        self._away_said = False
        self._thread: Optional[threading.Thread] = None

    @property
    def token(self) -> Optional[str]:
        """The session at the daemon, None while the place is lost."""
        place = self._place
        return place.session if place else None

    # Entering, in the caller's thread.

    def enter(self, timeout: float) -> Place:
        """Takes the place; waits up to `timeout` seconds for another trainer to leave it."""
        deadline, said = time.monotonic() + timeout, False
        while True:
            try:
                self._place = self._daemon.enter(self._name, self._info)
                return self._place
            except Occupied as fault:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise
                if not said:
                    log.info("%s; trying for %.0f s", fault.message, timeout)
                    said = True
                with self._news:
                    self._news.wait(min(0.5, left))

    def first_work(self) -> Optional[Work]:
        """The work that is open already, to begin with. Before `start`."""
        info = self._ask(0)
        if info.work is None or self._over:
            return None
        work = self._fetch(info)
        self._open = info.work if work else None
        return work

    def start(self) -> None:
        """Starts the background thread."""
        self._thread = threading.Thread(target=self._run, name="starling", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Ends the thread; a request that runs is broken off."""
        if os.getpid() != self._pid:
            return  # A forked child: the thread and the place are the parent's.
        with self._news:
            self._stopping = True
            self._news.notify_all()
        self._daemon.client.abort()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def leave(self, timeout: float = 5.0) -> None:
        """Gives the place back, after `stop`; a daemon that is away needs no goodbye."""
        if os.getpid() != self._pid or self._place is None:
            return
        place, self._place = self._place, None
        try:
            Daemon(self._daemon.client.twin()).leave(place.session, timeout)
        except StarlingError as fault:
            log.debug("leaving: %s", fault.message)

    # The thread.

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._turn()
                if self._away_said:
                    log.info("the daemon answers again")
                self._retry, self._away_said = 0.0, False
            except SessionLost as fault:
                log.info("%s; taking the place anew", fault.message)
                # A daemon that began anew may offer again what it had taken: ask without memory.
                self._place, self._handed = None, None
            except (DaemonAway, Occupied) as fault:
                self._pause(fault)
            except StarlingError as fault:
                if not self._stopping:
                    self._end(fault)
                return
            except Exception as fault:  # Our own mistake must not pass for a quiet network.
                log.exception("starling's background thread failed")
                self._end(StarlingError("client.thread", f"the background thread failed: {fault}"))
                return

    def _turn(self) -> None:
        if self._place is None:
            self._place = self._daemon.enter(self._name, self._info)
            self._look = not self._over
            with self._news:
                self._news.notify_all()
        elif self._outbox is not None:
            self._send(self._outbox)
        elif self._private is not None:
            self._send_private(self._private)
        elif self._wants_work():
            self._poll()
        else:
            self._rest(self._place)

    def _wants_work(self) -> bool:
        with self._news:
            idle = self._open is None and self._inbox is None
            return not self._over and (idle or self._look)

    def _rest(self, place: Place) -> None:
        """The trainer is at work: only say that it lives, and be there for its hand-in."""
        with self._news:
            busy = self._news.wait_for(
                lambda: self._stopping or self._outbox is not None or self._private is not None,
                place.lease / 3)
        if not busy:
            self._daemon.alive(place.session)

    def _poll(self) -> None:
        looking, self._look = self._look, False
        began = time.monotonic()
        lease = self._place.lease if self._place else 0.0
        info = self._ask(0 if looking else int(lease / 3))
        if info.state == "train" and info.work is not None and info.work != self._open:
            work = self._fetch(info)
            if work is not None:
                self._deliver(work)
                return
        if not looking and not self._over and time.monotonic() - began < 0.05:
            # A daemon that does not wait must not make us ask without a pause.
            with self._news:
                self._news.wait_for(lambda: self._stopping, 0.2)

    def _ask(self, wait: int) -> WorkInfo:
        info = self._daemon.work(self._session(), self._handed, wait, self._folder is not None)
        self._heard(info)
        return info

    def _fetch(self, info: WorkInfo) -> Optional[Work]:
        assert info.work is not None
        layout = self._info.layout
        if self._folder is not None and info.files:
            x, c = (self._folder.parts(info.files[w]) for w in ("parameters", "correction"))
            return Work(info, x, c)
        try:
            x, c = (
                layout.arrange(self._daemon.vectors(which, self._session(), info.work))
                for which in ("parameters", "correction"))
        except WorkStale:
            return None  # Another has taken its place meanwhile; the next question tells.
        return Work(info, x, c)

    def _send(self, handed: HandIn) -> None:
        body = b"" if handed.file else self._info.layout.body(handed.delta)
        handed.tries += 1
        try:
            receipt = self._daemon.hand_in(self._session(), handed, body)
        except WorkStale:
            self._handed = None
            self._settle(handed, back=True)
        except WorkOver:
            self._end()
            self._settle(handed, back=False)
        else:
            # "again" at the first try: somebody else's, so ours was not added.
            self._handed = handed.work
            lost = not receipt.accepted or receipt.again and handed.tries == 1
            self._settle(handed, back=lost, round=receipt.round)

    def _send_private(self, body: List[Any]) -> None:
        try:
            self._daemon.store(self._session(), body)
        except (DaemonAway, SessionLost):
            raise
        except StarlingError as fault:  # Too large, or no room: training does not hang on it.
            log.warning("private tensors were not stored: %s", fault)
        self._stored(body)

    def _session(self) -> str:
        if self._place is None:
            raise SessionLost("trainer.session", "the place at the daemon is lost")
        return self._place.session

    def _pause(self, fault: StarlingError) -> None:
        if not self._away_said and not self._stopping:
            level = logging.DEBUG if self._over else logging.WARNING
            log.log(level, "%s; training goes on locally", fault.message)
            self._away_said = True
        # The place is kept: if the daemon only stumbled it still holds, and if it began anew it
        # says so (SessionLost).
        self._retry = min(SLOWEST_RETRY, max(0.1, self._retry * 2))
        with self._news:
            self._news.notify_all()
            self._news.wait_for(lambda: self._stopping, self._retry)
