"""One budget of compute, spent four ways: depth, width, resolution, or all three."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from ..architecture import FACTOR_RANGE, PHI_RANGE, RESOLUTION_RANGE, Architecture, compound, scaled
from ..cost import cost_of

TOLERANCE = 0.01
BUDGET_RANGE_G = (0.05, 60.0)
WIDTH_RANGE = (FACTOR_RANGE[0], 16.0)  # wider, a network would have more parameters than the app counts
FINEST = 1e-9  # relative precision of a factor: steps of the staircase are farther apart than this


class Way(NamedTuple):
    """One way to scale: what its number is called, its limits, and the network it gives."""

    name: str
    sign: str
    limits: tuple[float, float]
    build: Callable[[float], Architecture]


def _pixels(resolution: float) -> Architecture:
    return scaled(f"{resolution:g} px", resolution=int(resolution))


WAYS = {
    "depth": Way("Depth alone", "×", FACTOR_RANGE, lambda factor: scaled(f"depth × {factor:g}", depth=factor)),
    "width": Way("Width alone", "×", WIDTH_RANGE, lambda factor: scaled(f"width × {factor:g}", width=factor)),
    "resolution": Way("Resolution alone", "px", RESOLUTION_RANGE, _pixels),
    "compound": Way("All three", "φ", PHI_RANGE, compound),
}


class Solution(NamedTuple):
    """The network of one way that comes nearest to the budget, and how far off it is; `limit` says what stopped it."""

    way: str
    factor: float
    architecture: Architecture
    macs: int
    off: float
    limit: str | None

    @property
    def is_exact(self) -> bool:
        """Within 1 %; otherwise it is the nearest step that rounding allows, or a limit."""
        return abs(self.off) <= TOLERANCE


def solve(way: str, budget: int) -> Solution:
    """The factor whose network costs nearest to `budget` MACs.

    >>> solution = solve("width", budget=2 * cost_of(released("b0")).macs)
    >>> round(solution.factor, 1), f"{solution.off:+.1%}"
    (1.4, '+0.1%')
    """
    build, (low, high) = WAYS[way].build, WAYS[way].limits
    if budget <= cost_of(build(low)).macs:
        return _solution(way, low, budget, limit=f"{_called(way, low)} is the least that the app builds")
    if budget >= cost_of(build(high)).macs:
        return _solution(way, high, budget, limit=f"{_called(way, high)} is the most that the app builds")
    below, above = _step_around(way, budget, low, high)
    candidates = [_solution(way, _shortest(way, factor), budget) for factor in (below, above)]
    return min(candidates, key=lambda solution: abs(solution.off))


def _step_around(way: str, budget: int, low: float, high: float) -> tuple[float, float]:
    """Bisect: the last factor whose network costs at most the budget, the first whose network costs more."""
    build, whole = WAYS[way].build, way == "resolution"
    while high - low > (1 if whole else FINEST * max(1.0, abs(high))):
        middle = (low + high) // 2 if whole else (low + high) / 2
        if cost_of(build(middle)).macs <= budget:
            low = middle
        else:
            high = middle
    return low, high


def _shortest(way: str, factor: float) -> float:
    """The factor with the fewest decimals that gives the same network."""
    build, (low, high) = WAYS[way].build, WAYS[way].limits
    wanted = _parts(build(factor))
    for unit in (10**digits for digits in range(9)):
        candidates = [math.floor(factor * unit) / unit, math.ceil(factor * unit) / unit]
        for rounded in sorted(candidates, key=lambda candidate: abs(candidate - factor)):
            if low <= rounded <= high and _parts(build(rounded)) == wanted:
                return rounded + 0.0  # no minus before a zero
    return factor


def _parts(architecture: Architecture) -> tuple:
    return architecture.blocks, architecture.resolution


def _solution(way: str, factor: float, budget: int, *, limit: str | None = None) -> Solution:
    architecture = WAYS[way].build(factor)
    macs = cost_of(architecture).macs
    return Solution(way, factor, architecture, macs, macs / budget - 1, limit)


def _called(way: str, factor: float) -> str:
    return {"px": f"{factor:g} px", "φ": f"φ = {factor:g}", "×": f"{way} × {factor:g}"}[WAYS[way].sign]


def setting(solution: Solution) -> str:
    """The solution's number in words: "depth × 4.33", "480 px", "φ = 2"."""
    return _called(solution.way, solution.factor)
