"""The constraint α·β²·γ² = 2 as a surface in three dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from ..architecture import ALPHA, BETA, COEFFICIENT_RANGE, GAMMA
from ..palette import NEUTRAL
from ..scaling.constraint import Candidate, gamma_on_surface, surface
from ..units import three_digits
from .phi import HERE
from .style import FONT_SIZE, INK, with_defaults

SURFACE_STEPS = 40
FARTHEST = 1.5  # of β and γ on the surface: with α = 1 and the other 1, neither gets beyond √2


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
    paper = {"color": INK, "size": 7, "symbol": "diamond"}
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
        marker={"color": NEUTRAL, "size": 2.5},
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
    """Axes with room for the surface and for the user's point."""
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
