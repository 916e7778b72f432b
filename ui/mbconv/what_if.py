"""The panel "What if": a block with other settings, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import units
from effnet_core.scaling import block_designs, what_if
from effnet_core.units import float32_memory, short

from ..shared import costs, widgets
from .designs import layer_table
from .steps import draw

if TYPE_CHECKING:
    from effnet_core.architecture import Block
    from effnet_core.explain.engine import Engine
    from effnet_core.scaling.block_designs import Design


OWN = "own"


KERNELS = (3, 5, 7)


EXPANSIONS = range(1, 9)


SE_RATIOS = {0: "No SE", 1 / 16: "1/16", 1 / 8: "1/8", 1 / 4: "1/4", 1 / 2: "1/2"}


STRIDES = (1, 2)


def show_what_if(engine: Engine, name: str) -> None:
    """The block with other settings, its cost before and after, and what depthwise saves."""
    block, size = block_designs.place(engine.architecture, name)
    controls, answers = st.columns([2, 3], gap="large")
    with controls:
        after = _pick_settings(block, size)
    before = block_designs.mbconv(block, size)
    with answers:
        with st.container(key="mbconv.change"):
            _show_change(before, after)
        widest = max(before.widest, after.widest)
        for title, design in (("Before", before), ("After", after)):
            st.markdown(f"**{title}**")
            draw(design, widest, key=f"mbconv.what_if.{title}")
    layer_table([after], key="mbconv.what_if.layers")


def _pick_settings(block: Block, size: int) -> Design:
    """Settings in place of the block's own, and the design that they make; below, what depthwise saves with them."""
    st.markdown(
        f"**{block.name} as it is**: {block.kernel}×{block.kernel}, expansion {block.expansion}, "
        f"stride {block.stride}, {block.squeeze_channels} channels in SE's narrow layer, "
        f"{'a' if block.has_residual else 'no'} residual"
    )
    changed = what_if.changed(
        block,
        kernel=_pick("Kernel", {side: f"{side}×{side}" for side in KERNELS}, key="mbconv.kernel"),
        expansion=_pick("Expansion", {times: f"{times}" for times in EXPANSIONS}, key="mbconv.expansion"),
        se_ratio=_pick("SE ratio, of the channels that come in", SE_RATIOS, key="mbconv.se"),
        stride=_pick("Stride", {step: f"{step}" for step in STRIDES}, key="mbconv.stride"),
    )
    residual = widgets.choice("Residual", {"on": "Where it fits", "off": "Off"}, key="mbconv.residual", wrap=True)
    middle = {"depthwise": "Depthwise", "full": "Full convolution"}
    depthwise = widgets.choice("In the middle", middle, key="mbconv.middle", wrap=True) == "depthwise"
    with st.container(key="mbconv.separable"):
        _show_separable(changed, size)
    return block_designs.mbconv(changed, size, depthwise=depthwise, residual=residual == "on")


def _pick(label: str, options: dict[float, str], *, key: str) -> float | None:
    """One of the options by its number; None, the first, leaves the block as it is."""
    texts = {OWN: "As it is"} | {f"{number}": text for number, text in options.items()}
    chosen = widgets.choice(label, texts, key=key, wrap=True)
    return None if chosen == OWN else next(number for number in options if f"{number}" == chosen)


def _show_separable(block: Block, size: int) -> None:
    """1/C + 1/k² with this block's numbers, and the MACs that it is the ratio of."""
    saved, shown = what_if.separable(block, size), costs.quantity()
    st.metric("Depthwise and project, over one full convolution", f"{saved.separable / saved.full:.3f}")
    st.latex(
        rf"\frac{{1}}{{C}}+\frac{{1}}{{k^2}} = \frac{{1}}{{{block.out_channels}}}+"
        rf"\frac{{1}}{{{block.kernel}^2}} = {saved.ratio:.3f}"
    )
    st.caption(
        f"{shown.factor * saved.separable:,} {shown.name} for depthwise {block.kernel}×{block.kernel} and project, "
        f"{shown.factor * saved.full:,} for one {block.kernel}×{block.kernel} convolution from "
        f"{block.expanded_channels:,} to {block.out_channels:,} channels. "
        "C: channels that go out, k: the kernel's side."
    )


def _show_change(before: Design, after: Design) -> None:
    shown = costs.quantity()
    rows = (
        ("Parameters", before.cost.params, after.cost.params, short),
        (shown.name, shown.factor * before.cost.macs, shown.factor * after.cost.macs, short),
        ("Activations", before.cost.activations, after.cost.activations, short),
        ("Kept for the residual", before.kept, after.kept, float32_memory),
    )
    with st.grid(2, min_column_width=150):
        for label, old, new, text in rows:
            change = f"× {units.three_digits(new / old)} of {text(old)}" if old else f"before: {text(old)}"
            st.metric(label, text(new), change, delta_color="off", delta_arrow="off", help=f"{new:,}, before {old:,}")
