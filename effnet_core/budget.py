"""Four ways to spend a budget of compute: more depth, more width, more pixels, or all three. Pure Python.

Conventions. A budget is in MACs (cost.py). Rounding makes the cost of a network a staircase over its factor; a
solution is the step nearest to the budget. Memory is in bytes, 4 for each number (float32):

- Inference: the tensors that PyTorch holds at the worst moment of one picture (choice.py); weights are counted apart.
- Training: what PyTorch's autograd keeps of a batch for the backward pass in torchvision's network (KEPT), and four
  numbers a parameter: itself, its gradient, and the two of RMSProp with momentum, which the paper trains with.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from .architecture import FACTOR_RANGE, PHI_RANGE, RESOLUTION_RANGE, Architecture, compound, scaled
from .choice import BYTES, peak_activations
from .cost import Layer, cost_of, layers_of, total

PER_PARAMETER = 4  # the weight, its gradient, RMSProp's mean square and momentum
TOLERANCE = 0.01
BUDGET_RANGE_G = (0.05, 60.0)
BATCH_RANGE = (1, 4096)
WIDTH_RANGE = (FACTOR_RANGE[0], 16.0)  # wider, a network would have more parameters than the app counts
FINEST = 1e-9  # of a factor, relatively: steps of the staircase are wider apart than this
# Copies of a layer's output that autograd keeps: before batch norm, after it, after SiLU (which works in place and
# so costs a copy), and the depthwise output again once gated. The head's last one is averaged at once.
KEPT = {"stem": 3, "expand": 3, "depthwise": 4, "squeeze": 2, "excite": 2, "project": 2, "head": 2, "classifier": 0}


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
    """The factor whose network costs nearest to `budget` MACs."""
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


# What a network takes ---------------------------------------------------------------------------------------------


class Needs(NamedTuple):
    """What one of the networks takes: bytes of memory, shares of MACs and of parameters."""

    blocks: int
    params: int
    macs: int
    activation_bytes: int
    training_bytes: int
    depthwise_of_macs: float
    se_of_macs: float
    se_of_params: float


def needs(architecture: Architecture, *, batch: int) -> Needs:
    """ValueError for a batch outside 1 to 4096."""
    low, high = BATCH_RANGE
    if not low <= batch <= high:
        raise ValueError(f"the batch is {batch}; allowed is {low} to {high}")
    layers = layers_of(architecture)
    cost = total(layers)
    depthwise = total([row for row in layers if row.role == "depthwise"])
    gates = total([row for row in layers if row.role in ("squeeze", "excite")])
    return Needs(
        len(architecture.blocks),
        cost.params,
        cost.macs,
        BYTES * peak_activations(architecture),
        BYTES * (batch * kept_for_backward(architecture, layers) + PER_PARAMETER * cost.params),
        depthwise.macs / cost.macs,
        gates.macs / cost.macs,
        gates.params / cost.params,
    )


def kept_for_backward(architecture: Architecture, layers: list[Layer]) -> int:
    """Numbers that autograd keeps for one picture: the picture, what KEPT says, and the classifier's input."""
    picture = layers[0].in_channels * architecture.resolution**2
    return picture + sum(KEPT[row.role] * row.activations for row in layers) + architecture.head_channels
