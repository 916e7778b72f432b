"""The φ that each released network implies, and where the releases differ from the formula."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..architecture import ALPHA, BETA, GAMMA, RELEASES, Architecture, compound, growth, released
from ..cost import cost_of
from ..published import tables
from ..units import mega
from .rounding import heads


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
    """The φ that a release's depth, width, resolution and compute each imply, by the paper's coefficients.

    >>> round(implied("b7").resolution, 1)
    7.0
    """
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
    rows = {row["model"]: row["phi_community_estimate"] for row in tables.table("effnet_phi_fit")}
    return 0.0 if member == "b0" else float(rows[f"efficientnet-{member}"])


class FormulaComparison(NamedTuple):
    """A released network beside the formula at the φ that people give for it, with what differs in words."""

    member: str
    phi: float
    released: Architecture
    formula: Architecture
    differs: str
    why: str


def comparison(member: str) -> FormulaComparison:
    phi = usual_phi(member)
    ours, theirs = compound(phi), released(member)
    return FormulaComparison(member, phi, theirs, ours, _differences(theirs, ours), _why(implied(member)))


def _differences(theirs: Architecture, ours: Architecture) -> str:
    """What the released network has that the formula does not give."""
    one, other = cost_of(theirs), cost_of(ours)
    rows = (
        ("depth", f"× {theirs.depth:.2f}", f"× {ours.depth:.2f}"),
        ("width", f"× {theirs.width:.2f}", f"× {ours.width:.2f}"),
        ("resolution", f"{theirs.resolution} px", f"{ours.resolution} px"),
        ("blocks", f"{len(theirs.blocks)}", f"{len(ours.blocks)}"),
        ("parameters", mega(one.params), mega(other.params)),
    )
    parts = [f"{what} {here} (formula {there})" for what, here, there in rows if here != there]
    return ", ".join(parts) or "nothing"


def _why(phis: Implied) -> str:
    """Which axis lags and which leads."""
    axes = phis.axes
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
    rows = tables.table("torchvision_weights")
    names = {f"efficientnet_{member}": member for member in RELEASES}
    return tuple(_port(names[row["model"]], row) for row in rows if row["model"] in names)


def _port(member: str, row: tables.Row) -> Port:
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
