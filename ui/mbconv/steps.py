"""One MBConv on a real picture: its steps as a strip with their maps and costs, and its width drawn to scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from effnet_core.explain import block_arithmetic
from effnet_core.figures import block as figures_block
from effnet_core.images.overlay import grey
from effnet_core.scaling import block_designs, block_steps
from effnet_core.units import float32_memory

from ..session import answer_cache, pictures
from ..shared import costs, heat_overlay, widgets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

    from effnet_core.explain.engine import Engine
    from effnet_core.scaling.block_designs import Design
    from effnet_core.scaling.block_steps import Step

MAPS = 3  # shown of each step
MAP_PX, LEAST_PX = 104, 208  # three side by side on a phone
WIDE = ("expand", "depthwise", "gated")  # steps that share their channels: none of them mixes any
SORTS = {"spread": "Variation", "mean": "Strength", "gate": "Gate"}


def show_steps(engine: Engine, picture: pictures.Picture, name: str) -> None:
    """The block's steps side by side, each with its maps of this picture and its cost; below, its width to scale."""
    block, size = block_designs.place(engine.architecture, name)
    steps = dict(answer_cache.trace(engine, picture, name).steps)
    slot = st.container(key="mbconv.strip")
    by = widgets.choice("Channels shown: those with the largest", SORTS, key="mbconv.sort", help=SORT_HELP)
    chosen = _chosen_channels(steps, by, block.has_residual)
    columns = slot.columns(len(block_steps.steps_of(block, size)), gap="small")
    for column, step in zip(columns, block_steps.steps_of(block, size), strict=True):
        with column:
            _show_step(step, steps, chosen)
    st.caption(GREYS)
    own = block_designs.mbconv(block, size)
    with st.container(key="mbconv.widths"):
        _show_widths(own, block_designs.at_budget(block_designs.bottleneck, block, size, own.cost.macs))


SORT_HELP = (
    "Variation: the standard deviation of a channel over the map. Strength: its mean magnitude. Expand, depthwise and "
    "SE show the same channels, ranked after the gate, since none of them mixes channels; Gate ranks those by their "
    "gates, and the narrow maps by variation."
)
GREYS = (
    "Wide maps: black means zero or below, white is the channel's highest value (before the gate, where both are "
    "shown). Narrow maps can be negative: mid grey is zero. Memory: float32, one picture."
)


def _chosen_channels(steps: Mapping[str, np.ndarray], by: str, has_residual: bool) -> dict[str, list[int]]:
    """The channels that each step shows: the wide steps share theirs, and so do the narrow ones that are added."""
    wide = block_arithmetic.ranked(steps["gated"] if by != "gate" else steps["gate"][:, None, None], by)[:MAPS]
    narrow = block_arithmetic.ranked(steps["output"], by)[:MAPS]
    entering = narrow if has_residual else block_arithmetic.ranked(steps["input"], by)[:MAPS]
    return {"input": entering, "project": narrow, "output": narrow} | dict.fromkeys(WIDE, wide)


def _show_step(step: Step, steps: Mapping[str, np.ndarray], chosen: Mapping[str, list[int]]) -> None:
    colour = figures_block.COLOURS[step.role]
    st.markdown(f"**{step.title}**")
    st.html(f'<div style="height: 6px; background: {colour}"></div>')
    if step.missing:
        st.markdown(step.missing)
        return
    st.markdown(f"{step.channels:,} × {step.size} × {step.size} · {float32_memory(step.elements)}")
    channels = chosen[step.name]
    st.image(
        [_map(step.name, steps, channel) for channel in channels],
        [_channel_caption(step.name, steps, channel) for channel in channels],
        width=MAP_PX,
        alt=[f"Channel {channel} of {step.title}" for channel in channels],
    )
    with st.container(key=f"mbconv.cost.{step.name}"):
        st.markdown(_cost_text(step))


def _map(name: str, steps: Mapping[str, np.ndarray], channel: int) -> Image:
    values = steps[name][channel]
    if name in WIDE:
        low, high = 0.0, float(steps["depthwise" if name == "gated" else name][channel].max())
    else:
        high = float(np.abs(values).max())
        low = -high
    return heat_overlay.enlarged(grey(values, low, high), LEAST_PX)


def _channel_caption(name: str, steps: Mapping[str, np.ndarray], channel: int) -> str:
    return f"{channel}, gate {steps['gate'][channel]:.2f}" if name == "gated" else f"channel {channel}"


def _cost_text(step: Step) -> str:
    """Parameters and compute with the formula of each layer; in words where a step has no layers."""
    if step.name == "input":
        return "The output of the block before it."
    if step.name == "output":
        return f"The input added to project's output: {step.elements:,} sums, no parameters."
    shown = costs.quantity()
    parameters = "  \n".join(block_steps.params_formula(layer) for layer in step.layers)
    compute = "  \n".join(block_steps.compute_formula(layer, shown.factor) for layer in step.layers)
    macs = shown.factor * step.cost.macs
    return f"**Parameters: {step.cost.params:,}**  \n{parameters}\n\n**{shown.name}: {macs:,}**  \n{compute}"


def _show_widths(own: Design, classic: Design) -> None:
    """This block and a classic bottleneck of the same budget, to one scale, with what each keeps for its residual."""
    widest, shown = max(own.widest, classic.widest), costs.quantity()
    for column, design in zip(st.columns(2, gap="large"), (own, classic), strict=True):
        with column:
            st.markdown(f"**{design.name}**, {shown.factor * design.cost.macs:,} {shown.name}")
            draw(design, widest, key=f"mbconv.width.{design.name}")
            st.markdown(f"Channels {widths(design)}. {_kept(design)}")


def draw(design: Design, widest: int, *, key: str) -> None:
    """A design's widths to the scale in which so many channels fill the height."""
    st.plotly_chart(
        figures_block.profile(design, widest=widest),
        key=key,
        alt=f"{design.name}: channels {widths(design)}, to scale",
        config=widgets.STILL,
    )


def widths(design: Design) -> str:
    """Channels from end to end: 16 → 96 → 96 → 16."""
    return " → ".join(f"{count:,}" for count in design.widths)


def _kept(design: Design) -> str:
    if not design.has_residual:
        return "No residual: nothing has to be kept."
    what = "Its input" if design.shortcut is None else "A projection of its input"
    return f"{what} has to be kept for the residual: {float32_memory(design.kept)}."
