"""Rows -> plotly figures: the φ that releases imply, compute over φ, and the constraint α·β²·γ² = 2."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from .architecture import ALPHA, BETA, COEFFICIENT_RANGE, GAMMA
from .figures import (
    COMPOUND,
    DEPTH,
    FONT_SIZE,
    INK,
    NEUTRAL,
    RESIDUAL,
    RESOLUTION,
    WIDTH,
    Quantity,
    three_digits,
    with_defaults,
)
from .phi import Candidate, Growth, Implied, gamma_on_surface, surface

AXIS_COLOURS = {"depth": DEPTH, "width": WIDTH, "resolution": RESOLUTION}
AXIS_SYMBOLS = {"depth": "square", "width": "diamond", "resolution": "circle"}
HERE = {"color": INK, "symbol": "circle-open", "line": {"color": INK, "width": 3}}  # the user's own point
SURFACE_STEPS = 40
FARTHEST = 1.5  # of β and γ on the surface: with α = 1 and the other 1, neither gets beyond √2


def implied_phis(rows: Sequence[Implied], *, height: int = 400) -> go.Figure:
    """One row a release: the φ that its depth, its width and its resolution ask for, joined by a line."""
    figure = go.Figure()
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
) -> go.Figure:
    """Compute over φ on a log axis: 2^φ, (α·β²·γ²)^φ, what rounding gives; releases (their φ, their MACs), `here`."""
    phis = [row.phi for row in rows]
    lines = (
        ("2^φ", [row.doubling for row in rows], {"color": NEUTRAL, "dash": "dot"}),
        ("(α · β² · γ²)^φ", [row.promised for row in rows], {"color": DEPTH, "dash": "dash"}),
        ("rounded: what it costs", [row.rounded for row in rows], {"color": COMPOUND, "shape": "hv"}),
    )
    figure = go.Figure()
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


def _add_releases(figure: go.Figure, releases: Sequence[tuple[Implied, int]], quantity: Quantity) -> None:
    """B0-B7 at the middle of the φ that they imply; the bar spans what depth, width and resolution ask for."""
    rows = [row for row, _ in releases]
    spans = [row.middle - min(row.axes.values()) for row in rows]
    figure.add_scatter(
        name="as released; the bar spans the φ of depth, width, resolution",
        x=[row.middle for row in rows],
        y=[_large(macs, quantity) for _, macs in releases],
        error_x={"type": "data", "array": spans, "thickness": 2, "width": 5, "color": RESIDUAL},
        text=[f"{row.member.upper()}, φ {row.middle:.2f}" for row in rows],
        textposition="bottom right",
        textfont={"size": FONT_SIZE, "color": INK},
        mode="markers+text",
        marker={"color": RESIDUAL, "size": 10},
        customdata=[f"{quantity.factor * macs:,} {quantity.name}" for _, macs in releases],
        hovertemplate="%{text}: %{customdata}<extra>as released</extra>",
    )


def _large(macs: float, quantity: Quantity) -> float:
    return quantity.factor * macs / quantity.per_axis_unit


# The constraint as a surface --------------------------------------------------------------------------------------


def constraint_surface(
    here: tuple[float, float, float], grid: Sequence[Candidate], *, target: float = 2.0, height: int = 560
) -> go.Figure:
    """All (α, β, γ) with α·β²·γ² = target as a surface to turn; the paper's point, the user's, the search's grid.

    The camera stays where the user put it (uirevision), whatever moves.
    """
    figure = go.Figure()
    net = surface(SURFACE_STEPS, target=target)
    x, y, z = ([[point[axis] for point in row] for row in net] for axis in range(3))
    figure.add_surface(
        x=x,
        y=y,
        z=z,
        colorscale="Cividis",
        showscale=False,
        opacity=0.7,
        hovertemplate=f"α %{{x:.2f}}, β %{{y:.2f}}, γ %{{z:.3f}}<extra>α · β² · γ² = {target:g}</extra>",
    )
    _add_grid(figure, grid)
    paper = {"color": RESIDUAL, "size": 7, "symbol": "diamond"}
    _add_point(figure, "the paper's", (ALPHA, BETA, GAMMA), paper)
    _add_point(figure, "here", here, HERE | {"size": 14})
    _add_distance(figure, here, target)
    figure.update_layout(scene=_scene(here), uirevision="constraint", legend_itemsizing="constant")
    return with_defaults(figure, height=height)


def _add_point(figure: go.Figure, name: str, point: tuple[float, float, float], marker: dict) -> None:
    alpha, beta, gamma = point
    text = f"α {alpha:g}, β {beta:g}, γ {gamma:g}: product {three_digits(alpha * beta**2 * gamma**2)}"
    figure.add_scatter3d(
        name=name,
        x=[alpha],
        y=[beta],
        z=[gamma],
        mode="markers",
        marker=marker,
        text=[text],
        hovertemplate=f"{name}: %{{text}}<extra></extra>",
    )


def _add_grid(figure: go.Figure, grid: Sequence[Candidate]) -> None:
    figure.add_scatter3d(
        name="grid points near it",
        x=[row.alpha for row in grid],
        y=[row.beta for row in grid],
        z=[row.gamma for row in grid],
        mode="markers",
        marker={"color": WIDTH, "size": 2.5},
        customdata=[row.product for row in grid],
        hovertemplate="α %{x:.2f}, β %{y:.2f}, γ %{z:.2f}: product %{customdata:.3f}<extra>grid</extra>",
    )


def _add_distance(figure: go.Figure, here: tuple[float, float, float], target: float) -> None:
    """A line from the user's point straight up or down to the surface, where that has a γ there."""
    alpha, beta, gamma = here
    on_surface = gamma_on_surface(alpha, beta, target=target)
    if on_surface >= 1:
        line = {"color": INK, "width": 5}
        figure.add_scatter3d(
            x=[alpha, alpha],
            y=[beta, beta],
            z=[gamma, on_surface],
            mode="lines",
            line=line,
            hoverinfo="skip",
            showlegend=False,
        )


def _scene(here: tuple[float, float, float]) -> dict:
    """Axes that hold the surface, and the user's point wherever it is."""
    text = {"size": FONT_SIZE, "color": INK}
    low, high = COEFFICIENT_RANGE
    axis = {"title": {"font": text}, "tickfont": {"size": 14, "color": INK}, "gridcolor": NEUTRAL, "dtick": 0.25}
    axis |= {"showbackground": False, "color": INK}
    spans = {"x": high, "y": max(FARTHEST, here[1]), "z": max(FARTHEST, here[2])}
    names = {"x": "α, depth", "y": "β, width", "z": "γ, resolution"}
    axes = {
        f"{letter}axis": axis | {"title": {"text": names[letter], "font": text}, "range": [low, spans[letter] + 0.02]}
        for letter in spans
    }
    return axes | {
        "dragmode": "turntable",
        "aspectmode": "cube",
        "camera": {"eye": {"x": 1.7, "y": 1.3, "z": 1.1}, "center": {"x": 0, "y": 0, "z": -0.15}},
        "uirevision": "constraint",
    }
