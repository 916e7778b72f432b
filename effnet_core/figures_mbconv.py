"""Figures of one block: its width drawn to scale, the sums behind one value, a spiral through a ReLU. Rows in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from .designs import FLOAT32_BYTES, Design
from .figures import (
    DEPTHWISE,
    EXPAND,
    FONT_SIZE,
    NEUTRAL,
    OUTLINE,
    PROJECT,
    RESIDUAL,
    ROLE_COLOURS,
    STEM_HEAD,
    three_digits,
    with_defaults,
)

if TYPE_CHECKING:
    import numpy as np

COLOURS = ROLE_COLOURS | {"full": STEM_HEAD, "reduce": PROJECT, "restore": EXPAND}
SIGNED = "RdBu_r"  # blue below zero, red above it, always centred on zero
TENSOR = 0.08  # half a drawn tensor's thickness, where one step of the block is 1


def memory(elements: int) -> str:
    """Of float32 elements: "301 kB", "1.2 MB"."""
    count = FLOAT32_BYTES * elements
    unit, size = ("MB", 1e6) if count >= 1e6 else ("kB", 1e3)
    return f"{three_digits(count / size)} {unit}"


# Width to scale ---------------------------------------------------------------------------------------------------


def profile(design: Design, *, widest: int, height: int = 230) -> go.Figure:
    """A block from left to right: bars as high as their tensor has channels, layers between them in their colours.

    `widest`: channels that fill the height; designs drawn with the same one are to one scale.
    """
    figure, edge = go.Figure(), widest / 2
    _draw_tensor(figure, 0, design.in_channels, edge)
    at, channels = 0, design.in_channels
    for layer in design.layers:
        if layer.role == "excite":
            continue  # drawn with squeeze, as one step
        out = channels if layer.role == "squeeze" else layer.out_channels
        label = "SE" if layer.role == "squeeze" else f"{layer.kernel}×{layer.kernel}" + "÷2" * (layer.stride == 2)
        _draw_layer(figure, at, (channels, out), COLOURS[layer.role], f"{layer.role}: {label}", -edge)
        at, channels = at + 1, out
        _draw_tensor(figure, at, out, edge)
    if design.has_residual:
        _draw_residual(figure, at, edge, f"kept for the residual: {memory(design.kept)}")
    figure.update_xaxes(range=[-0.35, at + 0.35], visible=False)
    figure.update_yaxes(range=[-1.45 * edge, 1.75 * edge], visible=False)
    return with_defaults(figure, height=height, showlegend=False)


def _draw_tensor(figure: go.Figure, at: float, channels: int, edge: float) -> None:
    figure.add_scatter(
        x=[at - TENSOR, at + TENSOR, at + TENSOR, at - TENSOR],
        y=[-channels / 2, -channels / 2, channels / 2, channels / 2],
        fill="toself",
        fillcolor=NEUTRAL,
        mode="lines",
        line={"color": NEUTRAL, "width": 1},
        name=f"{channels:,} channels",
        hoveron="fills",
        hoverinfo="name",
    )
    figure.add_annotation(x=at, y=channels / 2, text=f"<b>{channels:,}</b>", yanchor="bottom", showarrow=False)


def _draw_layer(
    figure: go.Figure, at: float, channels: tuple[int, int], colour: str, label: str, bottom: float
) -> None:
    """The layer between two tensors, as wide as each of them at either end."""
    before, after = channels
    left, right = at + TENSOR, at + 1 - TENSOR
    figure.add_scatter(
        x=[left, right, right, left],
        y=[-before / 2, -after / 2, after / 2, before / 2],
        fill="toself",
        fillcolor=colour,
        mode="lines",
        line={"color": colour, "width": 1},
        name=label,
        hoveron="fills",
        hoverinfo="name",
    )
    text = label.split(": ")[1]
    figure.add_annotation(x=at + 0.5, y=bottom, text=text, yanchor="top", showarrow=False)


def _draw_residual(figure: go.Figure, end: float, edge: float, label: str) -> None:
    figure.add_scatter(
        x=[0, 0, end, end],
        y=[1.15 * edge, 1.4 * edge, 1.4 * edge, 1.15 * edge],
        mode="lines",
        line={"color": RESIDUAL, "width": 3},
        hoverinfo="skip",
    )
    figure.add_annotation(x=end / 2, y=1.4 * edge, text=label, yanchor="bottom", showarrow=False)


def bars(counts: Mapping[str, int], unit: str, *, marked: str) -> go.Figure:
    """One bar for each name, first on top, one of them marked; exact on hover."""
    figure = go.Figure(
        go.Bar(
            x=list(counts.values()),
            y=list(counts),
            orientation="h",
            marker_color=[PROJECT if name == marked else NEUTRAL for name in counts],
            text=[short(count) for count in counts.values()],
            textposition="outside",
            textfont_size=FONT_SIZE,
            cliponaxis=False,
            customdata=[f"{count:,} {unit}" for count in counts.values()],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, 1.35 * max(*counts.values(), 1)], visible=False)
    figure.update_yaxes(autorange="reversed")
    return with_defaults(figure, height=30 + 34 * len(counts))


def short(count: int) -> str:
    """A count in its large unit: "10.7 k", "25.7 M"."""
    if count < 1000:
        return str(count)
    unit, size = next((unit, size) for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)) if count >= size)
    return f"{three_digits(count / size)} {unit}"


# The sums behind one value ----------------------------------------------------------------------------------------


def cells(values: np.ndarray) -> go.Figure:
    """A small grid (k, k) with its numbers in the cells, coloured around zero."""
    strongest = max(float(abs(values).max()), 1e-12)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            zmin=-strongest,
            zmax=strongest,
            colorscale=SIGNED,
            showscale=False,
            xgap=1,
            ygap=1,
            texttemplate="%{z:.3f}",
            textfont_size=FONT_SIZE,
            hovertemplate="row %{y}, column %{x}: %{z:.6f}<extra></extra>",
        )
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed")
    return with_defaults(figure, height=20 + 44 * values.shape[0])


def contributions(rows: Sequence[tuple[str, float]], total: float, *, colour: str) -> go.Figure:
    """Horizontal bars of (name, contribution to a sum), first on top; the sum itself, in the colour, at the bottom."""
    values = [value for _, value in rows] + [total]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(values))),
            orientation="h",
            marker_color=[NEUTRAL] * len(rows) + [colour],
            text=[f"{value:+.4f}" for value in values],
            textposition="outside",
            textfont_size=FONT_SIZE,
            cliponaxis=False,
            hovertemplate="%{x:.6f}<extra></extra>",
        )
    )
    reach = 1.6 * max(max(abs(value) for value in values), 1e-12)
    figure.update_xaxes(range=[-reach, reach], zeroline=True, visible=False)
    names = [name for name, _ in rows] + ["<b>sum</b>"]
    figure.update_yaxes(autorange="reversed", tickvals=list(range(len(names))), ticktext=names)
    return with_defaults(figure, height=40 + 30 * len(values))


# A spiral through a ReLU ------------------------------------------------------------------------------------------


def spiral(points: np.ndarray, collapsed: Iterable[bool], *, height: int = 340) -> go.Figure:
    """Points of the curve, coloured along it, those that collapsed as crosses; one scale, equal on both axes."""
    lost = list(collapsed)
    figure = go.Figure()
    for name, is_lost, symbol in (("kept", False, "circle"), ("collapsed", True, "x")):
        places = [place for place, one in enumerate(lost) if one == is_lost]
        figure.add_scatter(
            x=points[places, 0],
            y=points[places, 1],
            mode="markers",
            name=name,
            marker={
                "color": places,
                "cmin": -0.3 * len(lost),  # without viridis' darkest part, which a dark ground swallows
                "cmax": len(lost),
                "colorscale": "Viridis",
                "symbol": symbol,
                "size": 6,
                "line": OUTLINE,
            },
            hovertemplate=f"point %{{marker.color}}, {name}: %{{x:.3f}}, %{{y:.3f}}<extra></extra>",
        )
    figure.update_xaxes(range=[-1.15, 1.15], visible=False, constrain="domain")
    figure.update_yaxes(range=[-1.15, 1.15], visible=False, scaleanchor="x", constrain="domain")
    return with_defaults(figure, height=height, showlegend=False)


def losses(rows: Sequence[tuple[int, float, float]]) -> go.Figure:
    """Rows of (dimensions, error, share of points that collapsed), both in 0..1, over the dimensions."""
    figure = go.Figure()
    for name, column, colour, dash in (("error", 1, RESIDUAL, "solid"), ("collapsed points", 2, DEPTHWISE, "dot")):
        figure.add_scatter(
            x=[row[0] for row in rows],
            y=[row[column] for row in rows],
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash},
            hovertemplate=f"n = %{{x}}: {name} %{{y:.1%}}<extra></extra>",
        )
    figure.update_xaxes(title="dimensions n")
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%")
    return with_defaults(figure, height=280)
