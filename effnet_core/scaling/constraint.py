"""The constraint α·β²·γ² = 2: its surface, and a grid of candidates near it."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..architecture import compound, growth
from ..cost import cost_of

GRID_STEP = 20  # steps of the grid between two whole numbers: 0.05


class Candidate(NamedTuple):
    """One point of the search's grid: its product α·β²·γ², and the MACs of its network at φ = 1."""

    alpha: float
    beta: float
    gamma: float
    product: float
    macs: int


def search_grid(tolerance: float, *, target: float = 2.0) -> tuple[Candidate, ...]:
    """All α, β, γ >= 1 in steps of 0.05 whose product is within `tolerance` of the target, nearest first."""
    numbers = [1 + count / GRID_STEP for count in range(GRID_STEP + 1)]
    points = ((a, b, c) for a in numbers for b in numbers for c in numbers)
    near = [point for point in points if abs(growth(*point) - target) <= tolerance + 1e-9]
    near.sort(key=lambda point: abs(growth(*point) - target))
    return tuple(Candidate(*point, growth(*point), _macs_of_one_step(*point)) for point in near)


def _macs_of_one_step(alpha: float, beta: float, gamma: float) -> int:
    return cost_of(compound(1, alpha=alpha, beta=beta, gamma=gamma)).macs


def gamma_on_surface(alpha: float, beta: float, *, target: float = 2.0) -> float:
    """The γ with α·β²·γ² = target; below 1 the paper does not look."""
    return math.sqrt(target / (alpha * beta**2))


def surface(steps: int, *, target: float = 2.0) -> list[list[tuple[float, float, float]]]:
    """All (α, β, γ) >= 1 with α·β²·γ² = target, as a net of rows: α grows from row to row, β along each row."""
    shares = [count / steps for count in range(steps + 1)]
    rows = []
    for alpha in (target**share for share in shares):
        betas = [(target / alpha) ** (share / 2) for share in shares]
        rows.append([(alpha, beta, gamma_on_surface(alpha, beta, target=target)) for beta in betas])
    return rows
