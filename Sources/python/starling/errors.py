"""What can go wrong, as exceptions: each knows a stable code, one sentence, and how to mend it.

The codes of the daemon's answers (`trainer.occupied`, `work.stale`, ...) are kept. Faults that the
client finds itself carry codes of the same form.
"""

from __future__ import annotations

from typing import Dict, Optional, Type


class StarlingError(Exception):
    """A fault with a stable `code`, a `message` of one sentence, and a `hint` or None."""

    def __init__(self, code: str, message: str, hint: Optional[str] = None) -> None:
        super().__init__(code, message, hint)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.message} ({self.code})"
        return f"{text}\nhint: {self.hint}" if self.hint else text


class DaemonAway(StarlingError):
    """Nobody answers at the socket: the daemon is down, restarting, or may not be reached."""


class BadAnswer(StarlingError):
    """The daemon's answer is not what version 1 of the interface promises."""


class NotAllowed(StarlingError):
    """The token is missing or wrong."""


class Occupied(StarlingError):
    """Another trainer has the place at this daemon."""


class OtherFederation(StarlingError):
    """The daemon belongs to another federation than before."""


class BuiltInTrainer(StarlingError):
    """The daemon trains by itself and takes no trainer from outside."""


class LayoutMismatch(StarlingError):
    """The model's tensors are not those that the federation shares."""


class SessionLost(StarlingError):
    """The place was lost: the lease ran out, or the daemon began anew."""


class WorkStale(StarlingError):
    """What was handed in is not the open piece of work; nothing was added."""


class WorkOver(StarlingError):
    """The federation's training has ended; nothing was added."""


class WorkRefused(StarlingError):
    """What was handed in cannot be used: malformed, of another shape, or not finite."""


class NotFinite(WorkRefused):
    """Local training ran into NaN or infinity; nothing of it was sent."""


class NotStored(StarlingError):
    """The daemon holds no private tensors of this node."""


class TooLarge(StarlingError):
    """A body is longer than the daemon takes."""


class ModelUnsupported(StarlingError):
    """The model, or how it trains, cannot take part; the message says why."""


_BY_CODE: Dict[str, Type[StarlingError]] = {
    "trainer.occupied": Occupied,
    "trainer.federation": OtherFederation,
    "trainer.layout": LayoutMismatch,
    "trainer.built-in": BuiltInTrainer,
    "trainer.session": SessionLost,
    "work.stale": WorkStale,
    "work.over": WorkOver,
    "work.malformed": WorkRefused,
    "work.shape": WorkRefused,
    "work.not-finite": NotFinite,
    "private.none": NotStored,
}

_BY_STATUS: Dict[int, Type[StarlingError]] = {401: NotAllowed, 403: NotAllowed, 413: TooLarge}


def from_answer(status: int, code: str, message: str, hint: Optional[str]) -> StarlingError:
    """The exception for a daemon's failure answer; unknown codes stay plain `StarlingError`."""
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status) or StarlingError
    return kind(code, message, hint)
