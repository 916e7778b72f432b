"""Rows -> plotly figures: what the scaling lessons show, and the palette and layout that all figures share.

Colours are chosen once, here. They come from Okabe and Ito's colour-blind-safe set and stand on light and on
dark ground; the app's theme supplies ground, text and grid. Text in figures is at least 14 px.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from .cost import ROLES, Layer

EXPAND, DEPTHWISE, SQUEEZE_EXCITE = "#E69F00", "#0072B2", "#CC79A7"
PROJECT, STEM_HEAD, RESIDUAL = "#009E73", "#56B4E9", "#D55E00"
ROLE_COLOURS = {
    "stem": STEM_HEAD,
    "expand": EXPAND,
    "depthwise": DEPTHWISE,
    "squeeze": SQUEEZE_EXCITE,
    "excite": SQUEEZE_EXCITE,
    "project": PROJECT,
    "head": STEM_HEAD,
    "classifier": STEM_HEAD,
    "residual": RESIDUAL,
}
ROLE_GROUPS = {  # what a legend tells apart: the roles of one colour
    "stem, head": ("stem", "head", "classifier"),
    "expand": ("expand",),
    "depthwise": ("depthwise",),
    "SE": ("squeeze", "excite"),
    "project": ("project",),
}
PATTERNS = dict(zip(ROLE_GROUPS, ("", "/", ".", "x", "-"), strict=True))  # told apart without colour, too
DEPTH, WIDTH, RESOLUTION, COMPOUND = "#0072B2", "#E69F00", "#CC79A7", "#009E73"  # what is scaled: one axis, or all
NEUTRAL = "#8794A0"  # outlines, references: readable on both grounds
OUTLINE = {"color": NEUTRAL, "width": 1}  # carries the marks whose own colour is too pale for a ground
FONT_SIZE = 15  # px, of all text in figures
INK = "#000037"  # near black; Streamlit's chart theme reads it as its name for text and shows the ground's own colour
TEXT = {"size": FONT_SIZE, "color": INK}
GATE_SCALE = "Viridis"  # for gates, always over 0..1
SLAB_COLOURS = {"stem, head": STEM_HEAD, "MBConv, 3×3": PROJECT, "MBConv, 5×5": "#007457"}  # a block ends in project
ZOOMS = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10, 13, 16, 20)  # in steps, so that a growing network is seen to grow
STAGE_GAP, LABEL_SPACE = 0.04, 0.15  # shares of the drawing's width and of the tallest slab


def three_digits(value: float) -> str:
    """Three significant digits, thousands separated, no exponent: 12.2, 0.0531, 1,280."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.{max(0, 2 - math.floor(math.log10(abs(rounded))))}f}"


def default_layout(height: int, **layout) -> dict:
    """The layout that all figures share (text size, tight margins, no dragging), with a fixed height in px."""
    return {
        "height": height,
        "font": TEXT,
        "hoverlabel": {"font": {"size": FONT_SIZE}},
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": FONT_SIZE}},
        "dragmode": False,
        **layout,
    }


def axis(title: str | None = None, **settings) -> dict:
    """An axis as all figures have it."""
    return {"title": {"text": title, "font": TEXT}, "tickfont": TEXT, "automargin": True, **settings}


def with_defaults(figure: go.Figure, *, height: int, **layout) -> go.Figure:
    """Give a figure that is there the layout that all share; one that is made with default_layout takes less time."""
    text = {"tickfont": TEXT, "title_font": TEXT, "automargin": True}
    figure.update_xaxes(text)
    figure.update_yaxes(text)
    return figure.update_layout(default_layout(height)).update_layout(**layout)


def write_above(figure: go.Figure, text: str, row: float) -> None:
    """A line of text that stands on a horizontal bar's upper edge, from the bar's left end on."""
    place = {"x": 0, "y": row, "xanchor": "left", "yanchor": "bottom"}
    figure.add_annotation(text=text, showarrow=False, font_size=FONT_SIZE + 2, **place)


# The network drawn to scale ---------------------------------------------------------------------------------------


class Slab(NamedTuple):
    """One drawn block, or the stem or head: as high as its output (px), as thick as its output has channels."""

    name: str
    stage: int
    kind: str
    channels: int
    size: int


class Quantity(NamedTuple):
    """What a chart counts: a column of the layer rows times `factor`, and the large unit that its axis shows."""

    column: str
    factor: int
    name: str
    axis: str
    per_axis_unit: float


PARAMETERS = Quantity("params", 1, "parameters", "parameters (M)", 1e6)
MACS = Quantity("macs", 1, "MACs", "MACs (G)", 1e9)
FLOPS = Quantity("macs", 2, "FLOPs", "FLOPs (G)", 1e9)


def slabs(layers: Iterable[Layer]) -> list[Slab]:
    """What is drawn of a network, in the order in which it runs."""
    rows, kernel = [], 0
    for layer in layers:
        if layer.role == "depthwise":
            kernel = layer.kernel
        elif layer.role in ("stem", "project", "head"):
            kind = f"MBConv, {kernel}×{kernel}" if layer.role == "project" else "stem, head"
            name = layer.name.split(".block.")[0]
            rows.append(Slab(name, layer.stage, kind, layer.out_channels, layer.size))
    return rows


def network_drawing(
    title: str, layers: Sequence[Layer], *, reference: tuple[str, Sequence[Layer]], both: bool = True, height: int = 400
) -> go.Figure:
    """A network, and under it the reference (B0), to one scale: height is resolution (px), thickness is channels.

    The scale changes in steps, when the network outgrows it. With both=False the reference only sets the scale.
    """
    drawn, base = slabs(layers), slabs(reference[1])
    wide = _zoomed(sum(row.channels for row in drawn), sum(row.channels for row in base))
    tall = _zoomed(drawn[0].size, base[0].size)
    gap, label = STAGE_GAP * wide, LABEL_SPACE * tall
    right = wide + gap * len({row.stage for row in base})
    figure = go.Figure()
    draw_network(figure, f"<b>{title}</b>", drawn, middle=0, gap=gap, right=right)
    bottom = -0.5 * tall - label
    if both:
        middle = bottom - label - 0.5 * base[0].size
        draw_network(figure, reference[0], base, middle=middle, gap=gap, right=right, opacity=0.5)
        bottom = middle - 0.5 * base[0].size - label
    figure.update_xaxes(range=[-gap, right], visible=False)
    figure.update_yaxes(range=[bottom, 0.5 * tall + label], visible=False)
    return with_defaults(figure, height=height, barmode="overlay")


def _zoomed(largest: float, of_reference: float) -> float:
    """The reference's measure times the smallest zoom that the network fits into."""
    ratio = largest / of_reference
    return of_reference * next((zoom for zoom in ZOOMS if ratio <= zoom), ratio)


def draw_network(
    figure: go.Figure,
    title: str,
    rows: Sequence[Slab],
    *,
    middle: float,
    gap: float,
    right: float,
    opacity: float = 1,
    in_legend: bool = True,
    with_stages: bool = True,
) -> None:
    """Add one network: its slabs, its title at the right, stages below and output resolutions above the slabs."""
    centres, edge = [], -gap
    for row, before in zip(rows, [None, *rows], strict=False):
        edge += gap * (before is None or row.stage != before.stage)
        centres.append(edge + row.channels / 2)
        edge += row.channels
    for kind, colour in SLAB_COLOURS.items():
        chosen = [(x, row) for x, row in zip(centres, rows, strict=True) if row.kind == kind]
        figure.add_bar(
            name=kind,
            x=[x for x, _ in chosen],
            y=[row.size for _, row in chosen],
            base=[middle - row.size / 2 for _, row in chosen],
            width=[row.channels for _, row in chosen],
            customdata=[row for _, row in chosen],
            hovertemplate="%{customdata[0]}, stage %{customdata[1]}: %{customdata[2]}<br>%{customdata[3]:,} channels, "
            "%{customdata[4]} × %{customdata[4]} px<extra></extra>",
            marker={"color": colour, "line": OUTLINE},
            opacity=opacity,
            showlegend=in_legend and opacity == 1,
        )
    if with_stages:
        _label_stages(figure, centres, rows, middle)
    figure.add_annotation(
        text=title, x=right, y=middle + rows[0].size / 2, xanchor="right", yanchor="middle", showarrow=False
    )


def _label_stages(figure: go.Figure, centres: Sequence[float], rows: Sequence[Slab], middle: float) -> None:
    """Write each stage's number below its slabs and, where it changes, their resolution above them."""
    shown = 0
    for stage in sorted({row.stage for row in rows}):
        inside = [(x, row) for x, row in zip(centres, rows, strict=True) if row.stage == stage]
        x, size = (inside[0][0] + inside[-1][0]) / 2, inside[-1][1].size
        texts = [str(stage), f"{size} px" if not shown else str(size)][: 1 + (size != shown)]
        figure.add_scatter(
            x=[x] * len(texts),
            y=[middle - size / 2, middle + size / 2][: len(texts)],
            text=texts,
            mode="text",
            textposition=["bottom center", "top center" if shown else "top right"][: len(texts)],
            textfont_size=FONT_SIZE,
            hoverinfo="skip",
            showlegend=False,
        )
        shown = size


# Bars of parameters and compute -----------------------------------------------------------------------------------


def bars_by_stage(layers: Sequence[Layer], quantity: Quantity, *, height: int = 360) -> go.Figure:
    """One column a stage of Table 1, stacked by role."""
    stages = sorted({layer.stage for layer in layers})
    bars = []
    for name, roles in ROLE_GROUPS.items():
        counts = [_summed((row for row in layers if row.stage == stage), quantity, roles) for stage in stages]
        look = _look(name, roles[0], counts, quantity)
        look["marker"] |= hatched(PATTERNS[name])
        bars.append({"x": stages, "y": _large(counts, quantity), **look})
    axes = {"xaxis": axis("stage", tickvals=stages), "yaxis": axis(quantity.axis, rangemode="tozero")}
    return go.Figure(bars, default_layout(height, barmode="stack", **axes))


def bars_by_role(layers: Sequence[Layer], quantity: Quantity, *, height: int = 360) -> go.Figure:
    """One row a role, in the order in which they run, with its share of the whole."""
    counts = {role: _summed(layers, quantity, [role]) for role in ROLES}
    whole, longest = sum(counts.values()), max(counts.values()) / quantity.per_axis_unit
    bars = [
        {
            "x": _large([count], quantity),
            "y": [role],
            "orientation": "h",
            "text": f"{count / whole:.1%}",
            "textposition": "outside",
            "textfont": {"size": FONT_SIZE},
            "showlegend": False,
            **_look(role, role, [count], quantity),
        }
        for role, count in counts.items()
    ]
    room = [0, 1.25 * longest]  # for the shares
    axes = {"xaxis": axis(quantity.axis, range=room), "yaxis": axis(autorange="reversed")}
    return go.Figure(bars, default_layout(height, barmode="overlay", **axes))


def hatched(shape: str) -> dict:
    """Of a bar's marker: its colour with a pattern over it, light enough to leave the colour what it is."""
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
