"""The digits of scikit-learn as four hospitals might have them: each sees mostly its own classes."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

SITES = 4


def test() -> tuple[np.ndarray, np.ndarray]:
    """[449, 1, 8, 8] in 0..1, [449]: every fourth image, of all classes."""
    images, labels = _all()
    return images[::4], labels[::4]


def part(site: int | None) -> tuple[np.ndarray, np.ndarray]:
    """A site's training images; None: all, pooled.

    Three of four images of a class are at the site that it belongs to (`label % SITES`), the
    others anywhere.
    """
    images, labels = _all()
    train = np.arange(len(labels)) % 4 != 0
    if site is not None:
        draw = np.random.default_rng(1)
        strays = draw.random(len(labels)) < 0.25
        train &= np.where(strays, draw.integers(SITES, size=len(labels)), labels % SITES) == site
    return images[train], labels[train]


def _all() -> tuple[np.ndarray, np.ndarray]:
    data = load_digits()
    images = (data.images / 16).astype(np.float32)[:, None]
    order = np.random.default_rng(0).permutation(len(images))
    return images[order], data.target[order].astype(np.int64)
