"""Tensors as files in a folder that daemon and trainer share: large models without copying.

The daemon's files keep their size and place, so they are mapped once and read where they lie. The
delta goes the other way in a mapped file of its own, which also keeps its size.
"""

from __future__ import annotations

import logging
import os
from typing import Dict, List, Optional, Tuple

import numpy as np

from . import _safetensors
from ._flat import Layout
from ._model_info import ModelInfo
from .errors import BadAnswer

log = logging.getLogger("starling")

SMALLEST = 1_000_000
"""From how many parameters on files are used. Our guess: below, HTTP takes under 10 ms."""

DELTA = "delta.safetensors"


class Folder:
    """The shared folder, with what is mapped of it."""

    def __init__(self, path: str, layout: Layout) -> None:
        self._path = path
        self._layout = layout
        self._mapped: Dict[str, Tuple[Tuple[int, int], List[np.ndarray]]] = {}
        self._delta: Optional[np.ndarray] = None
        self._delta_inode: Optional[int] = None

    def parts(self, name: str) -> List[np.ndarray]:
        """The tensors of a file as read-only one-dimensional float32 parts in layout order.

        They show what the daemon writes there next: use them before the work is handed in.
        """
        path = os.path.join(self._path, _inside(name))
        found = os.stat(path)
        mark = (found.st_ino, found.st_size)
        known = self._mapped.get(name)
        if known is None or known[0] != mark:
            file = np.memmap(path, np.uint8, "r")
            known = (mark, self._layout.arrange(_safetensors.decode(file)))
            self._mapped[name] = known
        return known[1]

    def delta(self) -> np.ndarray:
        """The flat float32 `[d]` vector that lies in the delta's file, to be written in place.

        The daemon removes the file when a trainer joins: one that was suspended and wakes late
        writes into a file that nobody reads.
        """
        path = os.path.join(self._path, DELTA)
        if self._delta is None or _inode(path) != self._delta_inode:
            head = self._layout.header()
            size = len(head) + 4 * self._layout.length
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(path, flags, 0o600)
            with open(descriptor, "r+b") as file:
                owner = os.stat(self._path)
                if owner.st_uid != os.getuid():
                    # We are root, and the daemon is not: it must be able to read.
                    os.fchown(descriptor, owner.st_uid, owner.st_gid)
                file.truncate(size)
                if hasattr(os, "posix_fallocate"):
                    # A full disk is to be an error here, not a killed process at a later write.
                    os.posix_fallocate(descriptor, 0, size)
                file.write(head)
                self._delta_inode = os.fstat(descriptor).st_ino
            self._delta = np.memmap(path, "<f4", "r+", len(head), (self._layout.length,))
        return self._delta


def _inode(path: str) -> Optional[int]:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return None


def find(info: ModelInfo) -> Optional[Folder]:
    """The folder, if the daemon has one, the model is large, and we may read and write there."""
    if info.folder is None or info.layout.length < SMALLEST:
        return None
    if not os.path.isdir(info.folder) or not os.access(
            info.folder, os.R_OK | os.W_OK | os.X_OK):
        log.warning(
            "the daemon's folder for large models is out of reach here; "
            "tensors go over HTTP, which takes longer")
        return None
    return Folder(info.folder, info.layout)


def _inside(name: str) -> str:
    if not name or name != os.path.basename(name) or name in (".", ".."):
        raise BadAnswer("daemon.file", f"the daemon names a file outside its folder: {name!r}")
    return name
