"""What the daemon says of its federation's model: GET /v1/model."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ._flat import Layout
from .errors import BadAnswer


class Policy(NamedTuple):
    """The federation's plan of training."""

    rounds: int
    steps: int
    batch: int
    rate: float
    correction: bool


class ModelInfo(NamedTuple):
    """The shared tensors, the private patterns and the policy.

    - dtypes: of the shared tensors, in the layout's order.
    - folder: where tensors may be exchanged as files, or None.
    - longest_body, longest_private: in bytes; None: no limit is told.
    """

    federation: str
    short: str
    name: str
    node: str
    trainer: str
    layout: Layout
    dtypes: List[str]
    private: Tuple[str, ...]
    policy: Policy
    classes: List[str]
    folder: Optional[str]
    longest_body: Optional[int]
    longest_private: Optional[int]

    @staticmethod
    def read(answer: Mapping[str, Any]) -> "ModelInfo":
        """From the JSON answer. Raises `BadAnswer` if something needed is not there."""
        try:
            return _read(answer)
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise BadAnswer(
                "daemon.answer", f"the daemon's description of the model lacks {fault}") from None

    def to_json(self) -> Dict[str, Any]:
        """The same as a JSON answer, so that one process can hand it to others."""
        return {
            "federation": {"id": self.federation, "short": self.short, "name": self.name},
            "node": {"name": self.node}, "trainer": self.trainer,
            "tensors": [
                {"name": n, "shape": list(s), "dtype": d}
                for n, s, d in zip(self.layout.names, self.layout.shapes, self.dtypes)],
            "private": list(self.private), "policy": self.policy._asdict(),
            "classes": self.classes, "folder": self.folder,
            "limits": {"body": self.longest_body, "private": self.longest_private},
        }


def _read(answer: Mapping[str, Any]) -> ModelInfo:
    federation, policy = answer["federation"], answer["policy"]
    tensors = [
        (str(tensor["name"]), tuple(int(side) for side in tensor["shape"]))
        for tensor in answer["tensors"]]
    limits = answer.get("limits") or {}
    return ModelInfo(
        federation=str(federation["id"]), short=str(federation.get("short", "")),
        name=str(federation.get("name", "")),
        node=str((answer.get("node") or {}).get("name", "")),
        trainer=str(answer.get("trainer", "outside")), layout=Layout(tensors),
        dtypes=[str(tensor.get("dtype", "F32")) for tensor in answer["tensors"]],
        private=tuple(str(pattern) for pattern in answer.get("private") or ()),
        policy=Policy(
            rounds=int(policy["rounds"]), steps=max(1, int(policy["steps"])),
            batch=int(policy["batch"]), rate=float(policy["rate"]),
            correction=bool(policy.get("correction", True))),
        classes=[str(name) for name in answer.get("classes") or ()],
        folder=answer.get("folder"), longest_body=limits.get("body"),
        longest_private=limits.get("private"))
