"""Compute over φ: the formula's promise beside what rounded networks really cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..architecture import compound, growth, released
from ..cost import cost_of


class Growth(NamedTuple):
    """MACs at one φ: if each step doubled, if it multiplied by α·β²·γ², and what rounding gives (None: no network)."""

    phi: float
    doubling: float
    promised: float
    rounded: int | None


def growth_over(phis: Iterable[float], *, alpha: float, beta: float, gamma: float) -> tuple[Growth, ...]:
    base, times = cost_of(released("b0")).macs, growth(alpha, beta, gamma)
    rows = []
    for phi in phis:
        try:
            rounded = cost_of(compound(phi, alpha=alpha, beta=beta, gamma=gamma)).macs
        except ValueError:  # outside the app's limits: the line ends there
            rounded = None
        rows.append(Growth(phi, base * 2**phi, base * times**phi, rounded))
    return tuple(rows)
