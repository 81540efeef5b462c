"""Train your own model in a Starling federation, through the daemon on this machine.

    import starling

    with starling.join(model) as federation:
        for rows, labels in batches:
            loss = train_step(model, optimizer, rows, labels)
            federation.step(samples=len(rows), loss=loss)
            if federation.over:
                break
"""

from __future__ import annotations

from typing import Any

from . import errors
from ._join import join
from ._safetensors import read as read_safetensors
from .errors import (
    BuiltInTrainer, DaemonAway, LayoutMismatch, ModelUnsupported, NotFinite, Occupied,
    OtherFederation, SessionLost, StarlingError)
from .federation import Federation
from .genesis import export_genesis

__version__ = "0.1.0"
__all__ = [
    "BuiltInTrainer", "DaemonAway", "Federation", "LayoutMismatch", "ModelUnsupported",
    "NotFinite", "Occupied", "OtherFederation", "SessionLost", "StarlingError", "errors",
    "export_genesis", "join", "partial_fit", "read_safetensors", "sklearn",
]


def __getattr__(name: str) -> Any:
    # scikit-learn's part is loaded on use.
    if name in ("sklearn", "partial_fit"):
        import importlib

        module = importlib.import_module(".sklearn", __name__)
        return module if name == "sklearn" else module.partial_fit
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
