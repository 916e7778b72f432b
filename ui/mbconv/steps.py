"""One MBConv on a real picture: as wide as the page, with its maps inside; a click on a step shows its numbers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from effnet_core.explain import block_arithmetic
from effnet_core.figures import block as figures_block
from effnet_core.images.overlay import grey
from effnet_core.scaling import block_designs, block_steps
from effnet_core.units import float32_memory

from ..components import files, mbconv_flow, mbconv_step
from ..session import answer_cache, kept_values, pictures
from ..shared import costs, heat_overlay, widgets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from effnet_core.architecture import Block
    from effnet_core.explain.engine import Engine
    from effnet_core.scaling.block_designs import Design
    from effnet_core.scaling.block_steps import Step

MAPS = 3  # shown of each step
MOST_PX = 96  # of a map's side: as many as are seen
PICTURE_PX = 144
CLASSIC_PX = 620  # a chart keeps its width when a lesson makes the page larger
GATES = 48  # bars; with more channels, a bar is the mean of neighbours
WIDE = ("expand", "depthwise", "gated")  # steps that share their channels: none of them mixes any
SORTS = {"spread": "Variation", "mean": "Strength", "gate": "Gate"}
STEPS = {
    "input": "Input",
    "expand": "Expand",
    "depthwise": "Depthwise",
    "gate": "Gate",
    "project": "Project",
    "output": "Residual",
}
CHOSEN = {"gated": "gate"}  # steps that the input and the URL call by another name


def pick_step() -> str:
    """Which step is looked at, on this panel and in the arithmetic; a click on a slab chooses it, too."""
    return widgets.choice("Step", STEPS, key="mbconv.step", default="depthwise", wrap=True)


@st.fragment  # a click on a slab runs this alone
def show_steps(engine: Engine, picture: pictures.Picture, name: str) -> None:
    """The block's steps with their maps of this picture, as the picture flows through them; below, a bottleneck."""
    if kept_values.value("mbconv.panel", "steps") != "steps":
        st.rerun()  # a click on a map has opened its arithmetic
    block, size = block_designs.place(engine.architecture, name)
    slot = st.container()
    with st.container(horizontal=True):
        chosen = pick_step()
        by = widgets.choice("Channels shown: those with the largest", SORTS, key="mbconv.sort", help=SORT_HELP)
    seen = answer_cache.answered(
        answer_cache.question_key(engine, picture, "flow", name, by), lambda: _seen(engine, picture, name, by)
    )
    with slot:
        data = _flow(engine, block, size, seen) | {"chosen": chosen, "picture": _thumbnail(engine, picture)}
        mbconv_flow.mount(data, key="mbconv.flow", on_step=lambda step: kept_values.keep("mbconv.step", step))
        told = {name: data[name] for name in ("steps", "chosen")}
        mbconv_step.mount(told, key="mbconv.told", on_map=_open_arithmetic)
    st.caption(GREYS)


SORT_HELP = (
    "Variation: the standard deviation of a channel over the map. Strength: its mean magnitude. Expand, depthwise and "
    "SE show the same channels, ranked after the gate, since none of them mixes channels; Gate ranks those by their "
    "gates, and the narrow maps by variation."
)
GREYS = (
    "Wide maps: black means zero or below, white is the channel's highest value (before the gate, where both are "
    "shown). Narrow maps can be negative: mid grey is zero. Memory: float32, one picture."
)


def _open_arithmetic(step: str, channel: int) -> None:
    """Callback: the arithmetic of a map that was clicked."""
    kept_values.keep_all({"mbconv.panel": "arithmetic", "mbconv.step": step, "mbconv.channel": channel})


def _thumbnail(engine: Engine, picture: pictures.Picture) -> str:
    crop = heat_overlay.encoded(answer_cache.small_crop(engine, picture, PICTURE_PX))
    return f"data:image/jpeg;base64,{base64.b64encode(crop).decode()}"


def _seen(engine: Engine, picture: pictures.Picture, name: str, by: str) -> dict[str, object]:
    """What the picture makes of the block: small maps by step, and its gates."""
    trace = answer_cache.trace(engine, picture, name)
    steps = dict(trace.steps)
    gates = steps["gate"]
    return {
        "maps": {
            step: [_map(step, steps, channel) for channel in channels]
            for step, channels in _chosen_channels(steps, by, trace.block.has_residual).items()
        },
        "gates": [round(float(part.mean()), 3) for part in np.array_split(gates, min(GATES, len(gates)))],
        "range": (float(gates.min()), float(gates.max())),
    }


def _chosen_channels(steps: Mapping[str, np.ndarray], by: str, has_residual: bool) -> dict[str, list[int]]:
    """The channels that each step shows: the wide steps share theirs, and so do the narrow ones that are added."""
    wide = block_arithmetic.ranked(steps["gated"] if by != "gate" else steps["gate"][:, None, None], by)[:MAPS]
    narrow = block_arithmetic.ranked(steps["output"], by)[:MAPS]
    if "expand" not in steps:
        entering = wide  # depthwise works on the input itself
    else:
        entering = narrow if has_residual else block_arithmetic.ranked(steps["input"], by)[:MAPS]
    shown = {"input": entering, "project": narrow, "output": narrow} | dict.fromkeys(WIDE, wide)
    return {step: channels for step, channels in shown.items() if step in steps}


def _map(name: str, steps: Mapping[str, np.ndarray], channel: int) -> dict[str, object]:
    values = steps[name][channel]
    if name in WIDE:
        low, high = 0.0, float(steps["depthwise" if name == "gated" else name][channel].max())
    else:
        high = float(np.abs(values).max())
        low = -high
    image = grey(values, low, high)
    image.thumbnail((MOST_PX, MOST_PX))
    caption = f"{channel}, gate {steps['gate'][channel]:.2f}" if name == "gated" else f"channel {channel}"
    return {"channel": channel, "caption": caption, "url": files.png_url(image)}


def _flow(engine: Engine, block: Block, size: int, seen: dict[str, object]) -> dict[str, object]:
    """The components' data: numbers of the cost model, maps and gates of the picture."""
    steps = block_steps.steps_of(block, size)
    own = block_designs.mbconv(block, size)
    return {
        "steps": [_step(engine, block, step, seen) for step in steps],
        "gates": seen["gates"],
        "squeezed": block.squeeze_channels,
        "kernel": block.kernel,
        "kept": f"shortcut: {float32_memory(own.kept)} are kept until it joins",
        "alt": f"{block.name} to scale: {widths(own)} channels",
    }


def _step(engine: Engine, block: Block, step: Step, seen: dict[str, object]) -> dict[str, object]:
    maps = [] if step.missing else seen["maps"][step.name]
    return {
        "name": CHOSEN.get(step.name, step.name),
        "title": step.title,
        "shape": f"{step.channels:,} × {step.size} × {step.size}",
        "channels": step.channels,
        "size": step.size,
        "colour": figures_block.COLOURS[step.role],
        "missing": step.missing,
        "sentence": step.missing or SENTENCES[step.name](engine, block, step, seen),
        "numbers": [] if step.missing else _numbers(step),
        "opens": step.name != "input",
        "maps": maps,
    }


def _numbers(step: Step) -> list[list[str]]:
    """Name and lines of each quantity of a step; costs with the formula of each layer."""
    shape = ["Output", f"{step.channels:,} × {step.size} × {step.size}, {float32_memory(step.elements)}"]
    if not step.layers:
        return [shape]
    shown = costs.quantity()
    return [
        shape,
        ["Parameters", *map(block_steps.params_formula, step.layers)],
        [shown.name, *(block_steps.compute_formula(layer, shown.factor) for layer in step.layers)],
    ]


def _cost(step: Step) -> str:
    shown = costs.quantity()
    return f"{step.cost.params:,} parameters, {shown.factor * step.cost.macs:,} {shown.name}."


def _say_input(engine: Engine, block: Block, step: Step, _seen: object) -> str:
    blocks = engine.architecture.blocks
    place = next(number for number, one in enumerate(blocks) if one.name == block.name)
    source = blocks[place - 1].name if place else "the stem"
    return (
        f"{step.channels:,} channels of {step.size} × {step.size} come from {source}: {float32_memory(step.elements)}."
    )


def _say_expand(_engine: Engine, block: Block, step: Step, _seen: object) -> str:
    mixed = f"all {block.in_channels:,} that come in"
    return f"Each of the {step.channels:,} channels is its own mix of {mixed}, pixel by pixel. {_cost(step)}"


def _say_depthwise(_engine: Engine, block: Block, step: Step, _seen: object) -> str:
    shrinks = f"; stride {block.stride} leaves {step.size} × {step.size}" if block.stride > 1 else ""
    kernel = f"{block.kernel}×{block.kernel} kernel of its own"
    return f"Each of the {step.channels:,} channels has a {kernel} and sees no other channel{shrinks}. {_cost(step)}"


def _say_gate(_engine: Engine, block: Block, step: Step, seen: dict[str, object]) -> str:
    low, high = seen["range"]
    layers = f"{step.channels:,} → {block.squeeze_channels:,} → {step.channels:,}"
    return (
        f"Each map becomes its mean; two small layers, {layers}, make a gate for each channel: here {low:.2f} to "
        f"{high:.2f}. {_cost(step)}"
    )


def _say_project(_engine: Engine, block: Block, step: Step, _seen: object) -> str:
    mixed = f"all {block.expanded_channels:,}"
    return f"Each of the {step.channels:,} channels is a mix of {mixed}, and no activation follows. {_cost(step)}"


def _say_output(_engine: Engine, _block: Block, step: Step, _seen: object) -> str:
    return (
        f"The shortcut joins: the input is added to project's output, {step.elements:,} sums, no parameters. "
        f"Until here {float32_memory(step.elements)} had to be kept."
    )


SENTENCES = {
    "input": _say_input,
    "expand": _say_expand,
    "depthwise": _say_depthwise,
    "gated": _say_gate,
    "project": _say_project,
    "output": _say_output,
}


def show_bottleneck(engine: Engine, name: str) -> None:
    """A classic bottleneck of the same budget, with what it keeps for its residual."""
    block, size = block_designs.place(engine.architecture, name)
    own, shown = block_designs.mbconv(block, size), costs.quantity()
    classic = block_designs.at_budget(block_designs.bottleneck, block, size, own.cost.macs)
    macs = f"{shown.factor * classic.cost.macs:,} {shown.name}, this block {shown.factor * own.cost.macs:,}"
    st.markdown(f"**{classic.name}** for about the same compute: {macs}")
    with st.container(width=CLASSIC_PX):
        draw(classic, max(own.widest, classic.widest), key=f"mbconv.width.{classic.name}")
    st.markdown(f"Channels {widths(classic)}. {_kept(classic)} In {own.name}: {widths(own)}. {_kept(own)}")
    st.markdown(
        f"At inference this block's maps take at most **{float32_memory(own.peak)}** at a time where each is made "
        f"whole, as PyTorch does, and **{float32_memory(own.peak_split)}** where the wide middle is computed a channel "
        "at a time. Squeeze-and-excitation needs the mean of every wide channel before the first gate, so with it such "
        "a program computes the middle twice."
    )


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
