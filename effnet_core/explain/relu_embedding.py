"""What a ReLU in a narrow space destroys: a plane curve, embedded by a random matrix, cut by ReLU, mapped back.

Source of the experiment: Sandler et al., MobileNetV2, arXiv:1801.04381v4, Fig. 1. Numpy alone; seeded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

POINTS, TURNS = 240, 2.5
MATRICES = 25  # the losses are medians over these
DIMENSIONS = (2, 30)  # the paper shows 2 to 30


@dataclass(frozen=True)
class Embedding:
    """`curve`, `back`: (POINTS, 2), before and after; `active`: (POINTS,) coordinates that ReLU left above zero."""

    dimensions: int
    seed: int
    curve: np.ndarray
    back: np.ndarray
    active: np.ndarray

    @property
    def collapsed(self) -> np.ndarray:
        """(POINTS,) whether fewer than two coordinates are left: then a whole line or region maps to one value."""
        return self.active < 2

    @property
    def shrinkage(self) -> float:
        """The factor on `back` that fits it best to the curve: ReLU shrinks it, which is no loss."""
        return float((self.curve * self.back).sum() / max((self.back**2).sum(), 1e-12))

    @property
    def error(self) -> float:
        """Root mean square distance to the curve after that factor, over the curve's radius (the same mean): 0 to 1."""
        return float(np.sqrt(((self.shrinkage * self.back - self.curve) ** 2).sum() / (self.curve**2).sum()))


def spiral() -> np.ndarray:
    """(POINTS, 2): from the middle outwards to radius 1, evenly spread along its length."""
    turned = np.sqrt(np.linspace(0.01, 1, POINTS))  # a spiral's length grows with the square of its angle
    angles = 2 * np.pi * TURNS * turned
    return np.stack([turned * np.cos(angles), turned * np.sin(angles)], 1)


def embed(dimensions: int, *, seed: int, rectify: bool = True) -> Embedding:
    """The spiral through a random matrix into so many dimensions, ReLU, and back by the matrix's pseudo-inverse.

    With rectify=False the space stays linear. Raises ValueError outside the allowed dimensions.
    """
    low, high = DIMENSIONS
    if not low <= dimensions <= high:
        raise ValueError(f"the space has {dimensions} dimensions; allowed is {low} to {high}")
    curve = spiral()
    matrix = np.random.default_rng(seed).standard_normal((2, dimensions))
    wide = curve @ matrix
    kept = np.maximum(wide, 0) if rectify else wide
    active = (wide > 0).sum(1) if rectify else np.full(len(curve), dimensions)
    return Embedding(dimensions, seed, curve, kept @ np.linalg.pinv(matrix), active)


class Loss(NamedTuple):
    """Medians over MATRICES random matrices: `error` as Embedding's, `collapsed` as a share of the points."""

    dimensions: int
    error: float
    collapsed: float


@cache
def losses() -> tuple[Loss, ...]:
    """What a ReLU loses in spaces of more and more dimensions; a single matrix would be a matter of luck."""
    rows = []
    for dimensions in range(DIMENSIONS[0], DIMENSIONS[1] + 1):
        embeddings = [embed(dimensions, seed=seed) for seed in range(MATRICES)]
        errors, shares = [one.error for one in embeddings], [one.collapsed.mean() for one in embeddings]
        rows.append(Loss(dimensions, float(np.median(errors)), float(np.median(shares))))
    return tuple(rows)


def whole_from(seed: int | None) -> int:
    """The dimensions from which on no point collapses, by one matrix a dimension, or (None) by the median of many."""
    low, high = DIMENSIONS
    if seed is None:
        collapsed = {row.dimensions: row.collapsed for row in losses()}
    else:
        collapsed = {n: embed(n, seed=seed).collapsed.mean() for n in range(low, high + 1)}
    return 1 + max((n for n, share in collapsed.items() if share), default=low - 1)
