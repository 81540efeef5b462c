"""A progress bar over the federation's rounds, if tqdm is there and somebody looks."""

from __future__ import annotations

import logging
import sys
from typing import Any, Optional

from ._api import WorkInfo

log = logging.getLogger("starling")


class Progress:
    """wanted: True: always; None: only on a terminal; False: never."""

    def __init__(self, wanted: Optional[bool], label: str, now: WorkInfo) -> None:
        self._bar: Any = None
        if wanted is False or (wanted is None and not _terminal()):
            return
        try:
            from tqdm import tqdm
        except ImportError:
            if wanted:
                log.warning("no progress bar: tqdm is not installed")
            return
        self._bar = tqdm(
            total=now.rounds or None, initial=now.round, desc=label or "starling", unit="round",
            dynamic_ncols=True)

    def show(self, now: WorkInfo, loss: Optional[float] = None) -> None:
        """Moves the bar to the round of `now`."""
        if self._bar is None:
            return
        said = {"links": str(now.links)}
        if loss is not None:
            said["loss"] = f"{loss:.4g}"
        if now.disagreement is not None:
            said["disagreement"] = f"{now.disagreement:.2%}"
        self._bar.set_postfix(said, refresh=False)
        self._bar.update(max(0, now.round - self._bar.n))

    def close(self) -> None:
        """Leaves the bar where it is."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False
