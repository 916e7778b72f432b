"""Bars of parameters and compute, by stage and by role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..cost import ROLES, Layer
from ..palette import PATTERNS, ROLE_COLOURS, ROLE_GROUPS
from ..units import percent
from .quantities import MACS, Quantity
from .sketch import Sketch
from .style import FONT_SIZE, OUTLINE, axis, default_layout


def bars_by_stage(layers: Sequence[Layer], quantity: Quantity, *, height: int = 360) -> Sketch:
    """One column a stage of Table 1, stacked by role."""
    stages = sorted({layer.stage for layer in layers})
    bars = []
    for name, roles in ROLE_GROUPS.items():
        counts = [_summed((row for row in layers if row.stage == stage), quantity, roles) for stage in stages]
        look = _look(name, roles[0], counts, quantity)
        look["marker"] |= hatched(PATTERNS[name])
        bars.append({"x": stages, "y": _large(counts, quantity), **look})
    axes = {"xaxis": axis("stage", tickvals=stages), "yaxis": axis(quantity.axis, rangemode="tozero")}
    return Sketch(bars, default_layout(height, barmode="stack", **axes))


def bars_by_role(layers: Sequence[Layer], quantity: Quantity = MACS, *, height: int = 360) -> Sketch:
    """One row a role, in the order in which they run, with its share of the whole.

    >>> len(bars_by_role(layers_of(released("b0"))).data)  # a bar a role
    8
    """
    counts = {role: _summed(layers, quantity, [role]) for role in ROLES}
    whole, longest = sum(counts.values()), max(counts.values()) / quantity.per_axis_unit
    bars = [
        {
            "x": _large([count], quantity),
            "y": [role],
            "orientation": "h",
            "text": percent(count / whole, 1),
            "textposition": "outside",
            "textfont": {"size": FONT_SIZE},
            "showlegend": False,
            **_look(role, role, [count], quantity),
        }
        for role, count in counts.items()
    ]
    room = [0, 1.25 * longest]  # for the shares
    axes = {"xaxis": axis(quantity.axis, range=room), "yaxis": axis(autorange="reversed")}
    return Sketch(bars, default_layout(height, barmode="overlay", **axes))


def hatched(shape: str | list[str]) -> dict:
    """Pattern of a bar's marker, or one for each bar, light enough to keep its colour recognisable."""
    return {"pattern": {"shape": shape, "fillmode": "overlay", "solidity": 0.15}}


def _summed(layers: Iterable[Layer], quantity: Quantity, roles: Sequence[str]) -> int:
    return quantity.factor * sum(getattr(row, quantity.column) for row in layers if row.role in roles)


def _large(counts: Sequence[int], quantity: Quantity) -> list[float]:
    return [count / quantity.per_axis_unit for count in counts]


def _look(name: str, role: str, counts: Sequence[int], quantity: Quantity) -> dict:
    """A bar in the colour of the role, with the exact number on hover."""
    return {
        "type": "bar",
        "name": name,
        "marker": {"color": ROLE_COLOURS[role], "line": OUTLINE},
        "customdata": [f"{count:,} {quantity.name}" for count in counts],
        "hovertemplate": f"{name}: %{{customdata}}<extra></extra>",
    }
