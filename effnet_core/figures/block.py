"""One block drawn to scale: the width of its tensors, and bars of its layers."""

from __future__ import annotations

from collections.abc import Mapping

from ..palette import EXPAND, NEUTRAL, PROJECT, RESIDUAL, ROLE_COLOURS, STEM_HEAD
from ..scaling.block_designs import Design
from ..units import float32_memory, short
from .sketch import Sketch
from .style import FONT_SIZE, INK, with_defaults

COLOURS = ROLE_COLOURS | {"full": STEM_HEAD, "reduce": PROJECT, "restore": EXPAND}
TENSOR = 0.08  # half a drawn tensor's thickness, where one step of the block is 1


def profile(design: Design, *, widest: int, height: int = 230) -> Sketch:
    """A block from left to right: bars as high as their tensor has channels, layers between them in their colours.

    `widest`: channels that fill the height; designs drawn with the same one are to one scale.
    """
    figure, edge = Sketch(), widest / 2
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
        _draw_residual(figure, at, edge, f"kept for the residual: {float32_memory(design.kept)}")
    figure.update_xaxes(range=[-0.35, at + 0.35], visible=False)
    figure.update_yaxes(range=[-1.45 * edge, 1.75 * edge], visible=False)
    return with_defaults(figure, height=height, showlegend=False)


def _draw_tensor(figure: Sketch, at: float, channels: int, edge: float) -> None:
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


def _draw_layer(figure: Sketch, at: float, channels: tuple[int, int], colour: str, label: str, bottom: float) -> None:
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


def _draw_residual(figure: Sketch, end: float, edge: float, label: str) -> None:
    figure.add_scatter(
        x=[0, 0, end, end],
        y=[1.15 * edge, 1.4 * edge, 1.4 * edge, 1.15 * edge],
        mode="lines",
        line={"color": RESIDUAL, "width": 3},
        hoverinfo="skip",
    )
    figure.add_annotation(x=end / 2, y=1.4 * edge, text=label, yanchor="bottom", showarrow=False)


def bars(counts: Mapping[str, int], unit: str, *, marked: str) -> Sketch:
    """One bar for each name, first on top, one of them marked; exact on hover."""
    figure = Sketch(
        {
            "type": "bar",
            "x": list(counts.values()),
            "y": list(counts),
            "orientation": "h",
            "marker_color": [INK if name == marked else NEUTRAL for name in counts],
            "text": [short(count) for count in counts.values()],
            "textposition": "outside",
            "textfont_size": FONT_SIZE,
            "cliponaxis": False,
            "customdata": [f"{count:,} {unit}" for count in counts.values()],
            "hovertemplate": "%{y}: %{customdata}<extra></extra>",
        }
    )
    figure.update_xaxes(range=[0, 1.35 * max(*counts.values(), 1)], visible=False)
    figure.update_yaxes(autorange="reversed")
    return with_defaults(figure, height=30 + 34 * len(counts))
