"""The ends of rounds with several processes: when they meet, and what they tell each other."""

from __future__ import annotations

from typing import Any, Callable, Optional, Tuple

from ._api import WorkInfo
from ._distributed import Group
from ._round import Round
from .errors import StarlingError


class Meeting:
    """Counts the same on every rank, so that all come to the same meetings without asking.

    - batch: rows of a step that does not say how many, on one rank.
    """

    def __init__(self, group: Group, adapter: Any, batch: int) -> None:
        self.group = group
        self._adapter = adapter
        self._round = Round(batch)

    def count(self, samples: Optional[int], loss: Any) -> None:
        """One local step on this rank."""
        self._round.count(samples, loss)

    def due(self, steps: int) -> bool:
        """Whether the ranks meet now; `steps` is the same on all, from the last meeting."""
        return self._round.steps >= steps

    def meet(
        self, root: Callable[[int, int, float, int], bool],
        now: Callable[[], Tuple[bool, WorkInfo]],
    ) -> Tuple[bool, bool, WorkInfo]:
        """Every rank: sums, rank 0's exchange with the daemon, and what came of it.

        - root: called on rank 0 with rows, losses, their sum, and steps; says whether new
          parameters were taken.
        - Returns: taken, over, the daemon's word.
        """
        count = self._round
        rows, losses, loss = self.group.sums([count.samples, count.losses, count.loss_sum])
        fault: Optional[BaseException] = None
        taken = False
        if self.group.root:
            try:
                taken = root(int(rows), int(losses), loss, count.steps)
            except BaseException as caught:  # The others wait and must hear of it.
                fault = caught
        count.clear()
        taken, over, word = self._tell(taken, fault is not None, now)
        if fault is not None:
            raise fault
        if taken:
            self.share_parameters()
        return taken, over, word

    def _tell(
        self, taken: bool, failed: bool, now: Callable[[], Tuple[bool, WorkInfo]],
    ) -> Tuple[bool, bool, WorkInfo]:
        over, word = now()
        apart = float("nan") if word.disagreement is None else word.disagreement
        said = self.group.numbers([
            taken, failed, over, word.round, word.rounds, word.steps or 0, word.rate_factor,
            word.links, word.members, apart])
        if said[1] and not self.group.root:
            raise StarlingError("distributed.rank", "rank 0 failed; its own error says why")
        heard = word._replace(
            round=int(said[3]), rounds=int(said[4]), steps=int(said[5]) or None,
            rate_factor=said[6], links=int(said[7]), members=int(said[8]),
            disagreement=None if said[9] != said[9] else said[9])
        return bool(said[0]), bool(said[2]), heard

    def share_parameters(self) -> None:
        """Rank 0's shared tensors and correction on every rank."""
        self.group.tensors(self._adapter.tensors)
        self.group.tensors(self._adapter.corrections)
        self._adapter.written()
