"""Fixtures: daemons that end with their test, and a log that is looked at."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
import pytest
from fake_daemon import FakeDaemon

import starling


@pytest.fixture(autouse=True)
def found_by_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training scripts that a test starts find the package that is tested."""
    monkeypatch.setenv("PYTHONPATH", str(Path(starling.__file__).parents[1]))


@pytest.fixture
def daemons() -> Iterator[Callable[..., FakeDaemon]]:
    """Makes running fake daemons."""
    made = []

    def make(tensors: Any, **options: Any) -> FakeDaemon:
        daemon = FakeDaemon(tensors, **options)
        daemon.start()
        made.append(daemon)
        return daemon

    yield make
    for daemon in made:
        daemon.stop()
        shutil.rmtree(daemon.dir, ignore_errors=True)


@pytest.fixture
def two() -> dict:
    """The tensors of a small model."""
    return {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(2, np.float32)}
