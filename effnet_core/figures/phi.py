"""Rows -> plotly figures of φ: which φ the releases imply, and how compute grows with it."""

from __future__ import annotations

from collections.abc import Sequence

from ..palette import COMPOUND, DEPTH, NEUTRAL, RESOLUTION, WIDTH
from ..scaling.growth import Growth
from ..scaling.implied_phi import Implied
from .quantities import Quantity
from .sketch import Sketch
from .style import FONT_SIZE, INK, with_defaults

AXIS_COLOURS = {"depth": DEPTH, "width": WIDTH, "resolution": RESOLUTION}
AXIS_SYMBOLS = {"depth": "square", "width": "diamond", "resolution": "circle"}
HERE = {"color": INK, "symbol": "circle-open", "line": {"color": INK, "width": 3}}  # the user's own point


def implied_phis(rows: Sequence[Implied], *, height: int = 400) -> Sketch:
    """One row a release: the φ that its depth, its width and its resolution ask for, joined by a line."""
    figure = Sketch()
    names = [row.member.upper() for row in rows]
    for name, row in zip(names, rows, strict=True):
        ends = [min(row.axes.values()), max(row.axes.values())]
        line = {"color": NEUTRAL, "width": 3}
        figure.add_scatter(x=ends, y=[name, name], mode="lines", line=line, hoverinfo="skip", showlegend=False)
    for axis, colour in AXIS_COLOURS.items():
        figure.add_scatter(
            name=axis,
            x=[row.axes[axis] for row in rows],
            y=names,
            mode="markers",
            marker={"color": colour, "size": 13, "symbol": AXIS_SYMBOLS[axis], "line": {"color": INK, "width": 1}},
            hovertemplate=f"%{{y}}: its {axis} asks for φ = %{{x:.3f}}<extra></extra>",
        )
    figure.update_xaxes(title="φ that it asks for", dtick=1, zeroline=False, range=[-0.4, 8])
    figure.update_yaxes(autorange="reversed", type="category")
    return with_defaults(figure, height=height)


def growth_over_phi(
    rows: Sequence[Growth], releases: Sequence[tuple[Implied, int]], here: tuple[float, int], quantity: Quantity
) -> Sketch:
    """Compute over φ on a log axis: 2^φ, (α·β²·γ²)^φ, what rounding gives; releases (their φ, their MACs), `here`."""
    phis = [row.phi for row in rows]
    lines = (
        ("2^φ", [row.doubling for row in rows], {"color": NEUTRAL, "dash": "dot"}),
        ("(α · β² · γ²)^φ", [row.promised for row in rows], {"color": COMPOUND, "dash": "dash"}),
        ("rounded: what it costs", [row.rounded for row in rows], {"color": COMPOUND, "shape": "hv"}),
    )
    figure = Sketch()
    for name, macs, line in lines:
        shown = [None if value is None else _large(value, quantity) for value in macs]
        hover = f"φ = %{{x:.2f}}: %{{y:.4~g}} G {quantity.name}<extra>{name}</extra>"
        figure.add_scatter(name=name, x=phis, y=shown, mode="lines", line={"width": 3} | line, hovertemplate=hover)
    _add_releases(figure, releases, quantity)
    figure.add_scatter(
        name=f"here, φ = {here[0]:g}",
        x=[here[0]],
        y=[_large(here[1], quantity)],
        mode="markers",
        marker=HERE | {"size": 20},
        hovertemplate=f"φ = {here[0]:g}: {quantity.factor * here[1]:,} {quantity.name}<extra></extra>",
    )
    figure.update_xaxes(title="φ", dtick=1, zeroline=False, range=[phis[0] - 0.2, phis[-1] + 0.2])
    figure.update_yaxes(title=quantity.axis, type="log", dtick=1)
    return with_defaults(figure, height=520)


def _add_releases(figure: Sketch, releases: Sequence[tuple[Implied, int]], quantity: Quantity) -> None:
    """B0-B7 at the middle of the φ that they imply; the bar spans what depth, width and resolution ask for."""
    rows = [row for row, _ in releases]
    spans = [row.middle - min(row.axes.values()) for row in rows]
    figure.add_scatter(
        name="as released",
        x=[row.middle for row in rows],
        y=[_large(macs, quantity) for _, macs in releases],
        error_x={"type": "data", "array": spans, "thickness": 2, "width": 5, "color": INK},
        text=[f"{row.member.upper()}, φ {row.middle:.2f}" for row in rows],
        textposition="top left",
        textfont={"size": FONT_SIZE, "color": INK},
        mode="markers+text",
        marker={"color": INK, "size": 10},
        customdata=[f"{quantity.factor * macs:,} {quantity.name}" for _, macs in releases],
        hovertemplate="%{text}: %{customdata}<extra>as released</extra>",
    )


def _large(macs: float, quantity: Quantity) -> float:
    return quantity.factor * macs / quantity.per_axis_unit
