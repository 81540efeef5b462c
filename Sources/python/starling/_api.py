"""The daemon's interface for trainers, request by request (version 1).

Knows paths, query names and answers; knows nothing of models, threads or retries.
"""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

import numpy as np

from . import _safetensors
from ._http import Body, Client
from ._model_info import ModelInfo


class Place(NamedTuple):
    """The place of this trainer at the daemon."""

    session: str
    lease: float
    round: int
    rounds: int
    has_private: bool


class WorkInfo(NamedTuple):
    """What is to be done now: `state` is "train", "wait" or "over"."""

    state: str
    why: Optional[str] = None
    work: Optional[str] = None
    round: int = 0
    rounds: int = 0
    steps: Optional[int] = None
    rate_factor: float = 1.0
    phase: str = ""
    links: int = 0
    members: int = 0
    disagreement: Optional[float] = None
    files: Optional[Dict[str, str]] = None


class Handed(NamedTuple):
    """The daemon's receipt.

    - accepted: it was added; else the round had been closed meanwhile.
    - again: it had been handed in before; nothing was added twice.
    """

    accepted: bool
    again: bool
    round: int


class HandIn:
    """One round's local training on its way to the daemon.

    - delta: flat float32 `[d]`.
    - rate, gradient_norm: None where the trainer cannot tell.
    - file: the name inside the shared folder that holds the delta; None: sent as a body.
    - tries: how often it has been sent; with more than one, "again" is our own first try.
    """

    def __init__(
        self, work: str, delta: np.ndarray, steps: int, samples: int, losses: int = 0,
        loss: Optional[float] = None, rate: Optional[float] = None,
        gradient_norm: Optional[float] = None, corrected: bool = False,
        file: Optional[str] = None,
    ) -> None:
        self.work, self.delta, self.steps, self.samples = work, delta, steps, samples
        self.losses, self.loss, self.rate = losses, loss, rate
        self.gradient_norm, self.corrected, self.file = gradient_norm, corrected, file
        self.tries = 0


class Daemon:
    """Typed requests over one client. Each raises a `StarlingError` of the answer's code."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def model(self) -> ModelInfo:
        """What the federation shares."""
        return ModelInfo.read(self.client.ask("GET", "/v1/model", schema="starling.model/1"))

    def enter(self, name: str, info: ModelInfo) -> Place:
        """Takes the trainer's place."""
        layout = info.layout
        said = {
            "name": name, "pid": os.getpid(), "federation": info.federation,
            "tensors": [
                {"name": n, "shape": list(s)} for n, s in zip(layout.names, layout.shapes)]}
        answer = self.client.ask("POST", "/v1/trainer", body=said, schema="starling.trainer/1")
        return Place(
            str(answer["session"]), float(answer.get("lease_seconds", 10.0)),
            int(answer.get("round", 0)), int(answer.get("rounds", 0)),
            bool(answer.get("has_private", False)))

    def alive(self, session: str) -> None:
        """Renews the lease."""
        self.client.ask("POST", "/v1/trainer/alive", {"session": session})

    def leave(self, session: str, timeout: float = 5.0) -> None:
        """Gives the place back."""
        self.client.fetch("DELETE", "/v1/trainer", {"session": session}, timeout=timeout)

    def work(self, session: str, after: Optional[str], wait: int, files: bool) -> WorkInfo:
        """The next piece of work; waits up to `wait` seconds for one that is not `after`."""
        answer = self.client.ask(
            "GET", "/v1/work",
            {"session": session, "after": after, "wait": wait, "files": files or None},
            schema="starling.work/1", timeout=wait + 60.0)
        known = {key: answer[key] for key in WorkInfo._fields if answer.get(key) is not None}
        return WorkInfo(**{"state": "wait", **known})

    def vectors(self, which: str, session: str, work: str) -> Dict[str, np.ndarray]:
        """`which`: "parameters" (x) or "correction" (c) of this work."""
        return _safetensors.decode(
            self.client.fetch("GET", f"/v1/work/{which}", {"session": session, "work": work}))

    def hand_in(self, session: str, handed: HandIn, body: Body) -> Handed:
        """Hands in; safe to repeat with the same work."""
        answer = self.client.ask(
            "POST", "/v1/work",
            {
                "session": session, "work": handed.work, "steps": handed.steps,
                "samples": handed.samples, "loss": handed.loss, "rate": handed.rate,
                "gradient_norm": handed.gradient_norm, "corrected": handed.corrected,
                "as": "delta", "file": handed.file},
            raw=body or b"", schema="starling.handed/1")
        return Handed(
            bool(answer.get("accepted", True)), bool(answer.get("again", False)),
            int(answer.get("round", 0)))

    def store(self, session: str, body: List[Any]) -> None:
        """Has the node's own tensors kept."""
        self.client.ask("PUT", "/v1/private", {"session": session}, raw=body)

    def stored(self, session: str) -> Dict[str, np.ndarray]:
        """The node's own tensors. Raises `NotStored`."""
        return _safetensors.decode(self.client.fetch("GET", "/v1/private", {"session": session}))

    def metrics(self, session: str, numbers: Mapping[str, float]) -> None:
        """Figures on the node's held-out data."""
        self.client.ask("POST", "/v1/metrics", {"session": session}, body=dict(numbers))

    def finish(self, session: str) -> None:
        """Says that this node trains no more."""
        self.client.ask("POST", "/v1/finish", {"session": session})

    def averaged(self) -> Dict[str, np.ndarray]:
        """The gossiped model as it is now."""
        return _safetensors.decode(self.client.fetch("GET", "/v1/parameters"))

    def status(self) -> Dict[str, Any]:
        """Phase, round, links and so on."""
        return self.client.ask("GET", "/v1/status")
