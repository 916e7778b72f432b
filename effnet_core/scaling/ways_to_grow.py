"""Depth, width, resolution or all three for the same compute: what each gains, costs, and where it stops. Pure Python.

Costs are counted on B0 and on the network that each way makes of it; gains are the paper's Fig. 8, where the way
stops is the end of its curve in Fig. 3 (Fig. 8 for all three). MACs at batch 1; top-1 in percent.
"""

from __future__ import annotations

from typing import NamedTuple

from ..architecture import Architecture, released
from ..cost import cost_of, layers_of
from ..published import scaling_curves, tables
from ..units import FLOAT32_BYTES
from .equal_compute import Solution, solve
from .memory import kept_for_backward

MOST_DOUBLINGS = 3  # as far as the shortest curve of Fig. 8 reaches


class Costs(NamedTuple):
    """Counts of one network; `activation_bytes` is what training keeps of one picture, in float32."""

    macs: int
    params: int
    activation_bytes: int

    def times(self, other: Costs) -> Costs:
        """Each as a multiple of the other's."""
        return Costs(*(mine / theirs for mine, theirs in zip(self, other, strict=True)))


class End(NamedTuple):
    """The last point that was published of one way, and what the step to it took and gained."""

    label: str
    top1: float
    step: float  # times the compute
    points: float


class Growth(NamedTuple):
    """One way to grow: its network, that network's costs, the points of top-1 gained, and the curve's end."""

    way: str
    solution: Solution
    costs: Costs
    points: float
    end: End


class Enlarged(NamedTuple):
    """EfficientNetV2's Table 2: B6 trained at two sizes (px), smaller first; costs of each, and the printed rows."""

    sizes: tuple[int, int]
    costs: tuple[Costs, Costs]
    rows: tuple[tables.Row, tables.Row]


def costs(architecture: Architecture) -> Costs:
    layers, cost = layers_of(architecture), cost_of(architecture)
    return Costs(cost.macs, cost.params, FLOAT32_BYTES * kept_for_backward(architecture, layers))


def grown(doublings: int) -> tuple[Growth, ...]:
    """B0 grown four ways to 2^doublings times its compute. Raises ValueError beyond what Fig. 8 tells.

    >>> [f"{row.way} {row.points:+.1f}" for row in grown(1)]
    ['depth +1.9', 'width +1.4', 'resolution +1.3', 'compound +3.0']
    """
    if not 1 <= doublings <= MOST_DOUBLINGS:
        raise ValueError(f"{doublings} doublings were asked for; the paper's curves tell of 1 to {MOST_DOUBLINGS}")
    budget = 2**doublings * cost_of(released("b0")).macs
    gains = {curve.dimension: scaling_curves.doublings(curve)[:doublings] for curve in scaling_curves.curves("Fig8")}
    rows = []
    for way, gained in gains.items():
        solution = solve(way, budget)
        points = sum(gain.points for gain in gained)
        rows.append(Growth(way, solution, costs(solution.architecture), points, end_of(way)))
    return tuple(rows)


def end_of(way: str) -> End:
    """Where the way's published curve ends: Fig. 3 goes farther than Fig. 8, but has no curve of all three."""
    figure = "Fig8" if way == "compound" else "Fig3"
    [curve] = [curve for curve in scaling_curves.curves(figure) if curve.dimension == way]
    *_, before, last = curve.points
    return End(last.label, last.top1, last.macs / before.macs, last.top1 - before.top1)


def enlarged() -> Enlarged:
    """What more pixels did to B6."""
    name = "EfficientNet-B6 train size "
    found = [row for row in tables.table("efficientnetv2_facts") if row["model"].startswith(name)]
    small, large = sorted((int(row["model"].removeprefix(name)), number) for number, row in enumerate(found))
    sizes = small[0], large[0]
    counted = tuple(costs(released("b6").at(resolution=size)) for size in sizes)
    return Enlarged(sizes, counted, (found[small[1]], found[large[1]]))
