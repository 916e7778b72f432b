"""Spearman's rank correlation in numpy alone, since explaining must run without scipy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def rank_correlation(one: Sequence[float] | np.ndarray, other: Sequence[float] | np.ndarray) -> float | None:
    """Of two sequences or arrays of equal size, in -1..1; None where one of them is constant."""
    first, second = _ranks(one), _ranks(other)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Ranks by size; equal values share their mean rank."""
    _, place, counts = np.unique(np.ravel(values).astype(np.float64), return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts + 1) / 2)[place]
