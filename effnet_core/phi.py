"""Which φ is B3? What the formula gives before and after rounding, and the φ that each released network implies.

Pure Python. *Formula* is B0 scaled by α^φ, β^φ, γ^φ; *released* is B0-B7 as published. Compute is in MACs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from . import facts
from .architecture import (
    ALPHA,
    B0_STAGES,
    BETA,
    GAMMA,
    RELEASES,
    Architecture,
    compound,
    growth,
    released,
    round_channels,
    round_depth,
    round_resolution,
)
from .cost import cost_of

OFFICIAL_HEAD = 1280  # channels of B0's head; the official code scales and rounds this number
GRID_STEP = 20  # steps of the grid between two whole numbers: 0.05


# Rounding, step by step -------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """One number of B0 on its way: times the factor, then rounded, and why it became that."""

    place: str
    base: int
    raw: float
    rounded: int
    why: str


def channel_steps(width: float) -> tuple[Step, ...]:
    """Stem, stages 2 to 8 and head: channels times width, to multiples of 8. The head is 4 x the last stage's."""
    bases = {"stem": B0_STAGES[0].in_channels}
    bases |= {f"stage {number}": stage.out_channels for number, stage in enumerate(B0_STAGES, start=2)}
    rows = [_channel_step(place, base, base * width) for place, base in bases.items()]
    torchvision, official = heads(width)
    why = "4 × stage 8" if torchvision == official else f"4 × stage 8; official: {official:,}"
    return (*rows, Step("head", OFFICIAL_HEAD, OFFICIAL_HEAD * width, torchvision, why))


def _channel_step(place: str, base: int, raw: float) -> Step:
    rounded, nearest = round_channels(raw), max(8, int(raw + 4) // 8 * 8)
    if rounded != nearest:
        why = f"{nearest} loses {1 - nearest / raw:.1%}: one step up"
    elif math.isclose(raw, rounded):
        why = "a multiple already"
    elif raw < 8:
        why = "8 is the least"
    else:
        why = f"nearest, {'up' if rounded > raw else 'down'}"
    return Step(place, base, raw, rounded, why)


def depth_steps(depth: float) -> tuple[Step, ...]:
    """Stages 2 to 8: layers times depth, rounded up."""
    rows = []
    for number, stage in enumerate(B0_STAGES, start=2):
        raw = stage.layers * depth
        rounded = round_depth(raw)
        why = "whole already" if math.isclose(raw, rounded) else "rounded up"
        rows.append(Step(f"stage {number}", stage.layers, raw, rounded, why))
    return tuple(rows)


def resolution_step(factor: float) -> Step:
    """The picture's side (px) times the factor, to the nearest pixel."""
    base = RELEASES["b0"].resolution
    return Step("picture", base, base * factor, round_resolution(base * factor), "to the nearest pixel")


def heads(width: float) -> tuple[int, int]:
    """Channels of the head: torchvision's (4 x the last stage's), the official code's (1280 x width, rounded)."""
    return 4 * round_channels(B0_STAGES[-1].out_channels * width), round_channels(OFFICIAL_HEAD * width)


# The φ that a released network implies ----------------------------------------------------------------------------


class Implied(NamedTuple):
    """The φ at which the paper's α, β, γ would give a released network's depth, width, resolution and compute."""

    member: str
    depth: float
    width: float
    resolution: float
    compute: float

    @property
    def axes(self) -> dict[str, float]:
        """depth, width, resolution -> φ."""
        return {"depth": self.depth, "width": self.width, "resolution": self.resolution}

    @property
    def middle(self) -> float:
        """Between the least and the most of the three."""
        return (min(self.axes.values()) + max(self.axes.values())) / 2


def implied(member: str) -> Implied:
    release, b0 = RELEASES[member], RELEASES["b0"]
    times = cost_of(released(member)).macs / cost_of(released("b0")).macs
    return Implied(
        member,
        math.log(release.depth, ALPHA),
        math.log(release.width, BETA),
        math.log(release.resolution / b0.resolution, GAMMA),
        math.log(times, growth(ALPHA, BETA, GAMMA)),
    )


def usual_phi(member: str) -> float:
    """The φ that people give for a released network; its authors never printed one."""
    rows = {row["model"]: row["phi_community_estimate"] for row in facts.table("effnet_phi_fit")}
    return 0.0 if member == "b0" else float(rows[f"efficientnet-{member}"])


class Comparison(NamedTuple):
    """A released network beside the formula at the φ that people give for it, with what differs in words."""

    member: str
    phi: float
    released: Architecture
    formula: Architecture
    differs: str
    why: str


def comparison(member: str) -> Comparison:
    phi = usual_phi(member)
    ours, theirs = compound(phi), released(member)
    return Comparison(member, phi, theirs, ours, _differences(theirs, ours), _why(implied(member)))


def _differences(theirs: Architecture, ours: Architecture) -> str:
    """What the released network has that the formula does not give."""
    one, other = cost_of(theirs), cost_of(ours)
    rows = (
        ("depth ×", f"{theirs.depth:.2f}", f"{ours.depth:.2f}"),
        ("width ×", f"{theirs.width:.2f}", f"{ours.width:.2f}"),
        ("px ", f"{theirs.resolution}", f"{ours.resolution}"),
        ("blocks ", f"{len(theirs.blocks)}", f"{len(ours.blocks)}"),
        ("M parameters ", f"{one.params / 1e6:.2f}", f"{other.params / 1e6:.2f}"),
    )
    parts = [f"{what}{here} (formula {there})" for what, here, there in rows if here != there]
    return ", ".join(parts) or "nothing"


def _why(found: Implied) -> str:
    """Which axis lags and which leads."""
    axes = found.axes
    low, high = min(axes, key=axes.get), max(axes, key=axes.get)
    if axes[high] - axes[low] < 0.005:
        return "one φ gives all three"
    return f"its {low} asks for φ = {axes[low]:.2f}, its {high} for φ = {axes[high]:.2f}"


class Port(NamedTuple):
    """One set of torchvision's weights for a release, beside what the paper and the official code have."""

    member: str
    weights: str
    crop: int
    resolution: int
    macs_at_crop: int
    top1: float
    trained_by: str
    norm_eps: float
    head: int
    official_head: int
    source: str


def ports() -> tuple[Port, ...]:
    """torchvision's weights of B0 to B7, in its order; B1 has two."""
    rows = facts.table("torchvision_weights")
    names = {f"efficientnet_{member}": member for member in RELEASES}
    return tuple(_port(names[row["model"]], row) for row in rows if row["model"] in names)


def _port(member: str, row: facts.Row) -> Port:
    theirs = released(member)
    author = str(row["file"]).split("-")[0].removeprefix(f"efficientnet_{member}").strip("_")
    return Port(
        member,
        str(row["weights"]),
        int(row["crop_size"]),
        theirs.resolution,
        cost_of(theirs.at(resolution=int(row["crop_size"]))).macs,
        float(row["acc1"]),
        f"ported from {author}" if author else "torchvision, newer recipe",
        theirs.norm_eps,
        *heads(theirs.width),
        str(row["source"]),
    )


def nearest_release(macs: int) -> str:
    """The released network whose compute is nearest, by ratio."""
    return min(RELEASES, key=lambda member: abs(math.log(cost_of(released(member)).macs / macs)))


# Compute over φ ---------------------------------------------------------------------------------------------------


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


# The constraint α·β²·γ² = 2 ---------------------------------------------------------------------------------------


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
