"""The arithmetic on the screen: kernel, patch and sum behind one value of a block, or the two layers behind a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from effnet_core.explain import block_arithmetic
from effnet_core.figures import block
from effnet_core.figures import block_arithmetic as figures_block_arithmetic
from effnet_core.images.overlay import grey

from ..components import pixel_map
from ..session import answer_cache, pictures
from ..shared import widgets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

    from effnet_core.explain.block_arithmetic import GateSums, Sum
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import BlockTrace

LISTED = 8  # contributions to a sum that are shown by name
STEPS = {"depthwise": "Depthwise", "expand": "Expand", "project": "Project", "gate": "Gate"}


def show_arithmetic(engine: Engine, picture: pictures.Picture, name: str) -> None:
    """The numbers behind one value of a convolution, or behind one gate, beside the network's own value."""
    trace, weights = answer_cache.trace(engine, picture, name), engine.block_weights(name)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        step = widgets.choice("Step", STEPS, key="mbconv.step")
    if step == "expand" and step not in weights.kernels:
        st.info("This block has no expand: its expansion is 1. Choose another step or another block.")
        return
    out = dict(trace.steps)[step]
    with row:
        channel = _pick_channel(out, key="mbconv.channel")
    if step == "gate":
        with st.container(key="mbconv.gate"):
            _show_gate(block_arithmetic.gate_sums(trace, weights, channel))
        return
    with row:
        places = [
            widgets.whole_number(label, key=f"mbconv.{label.lower()}", default=count // 2, limits=(0, count - 1))
            for label, count in zip(("Row", "Column"), out.shape[1:], strict=True)
        ]
    sums = block_arithmetic.block_sums(trace, weights, step, channel=channel, row=places[0], column=places[1])
    with st.container(key="mbconv.places"):
        _show_places(sums, trace)
    with st.container(key="mbconv.sum"):
        _show_sum(sums)


def _pick_channel(out: np.ndarray, *, key: str) -> int:
    """A channel of a step's output, those that vary most first; of a gate, the most open first."""
    by, words = ("spread", "the most varied") if out.ndim > 1 else ("mean", "the most open")
    names = {channel: str(channel) for channel in block_arithmetic.ranked(out, by)}
    return widgets.select(
        f"Channel, {words} first", names, key=key, allowed=f"a channel from 0 to {len(names) - 1}", width=260
    )


def _show_places(sums: Sum, trace: BlockTrace) -> None:
    """The input map of a depthwise with its patch, the output map, which takes clicks, and the value's stations."""
    steps = dict(trace.steps)
    *before, output, values = st.columns([1, 1, 1.3] if sums.step == "depthwise" else [1, 2.3], gap="medium")
    for column in before:
        with column:
            st.markdown("**Input** and the patch")
            pixel_map.show(
                _from_zero(steps.get("expand", steps["input"])[sums.channel]),
                pixel_map.Frame(sums.top, sums.left, len(sums.weights)),
                key="mbconv.input",
                alt=f"Input channel {sums.channel} with the patch under the kernel",
            )
    with output:
        st.markdown("**Output**: click a pixel, or move the frame with the arrow keys")
        pixel_map.show(
            _from_zero(steps[sums.step][sums.channel]),
            pixel_map.Frame(sums.row, sums.column),
            key="mbconv.output",
            alt=f"Output channel {sums.channel} of {sums.step}, pixel {sums.row}, {sums.column} framed",
            sets=("mbconv.row", "mbconv.column"),
        )
    with values, st.container(key="mbconv.norm"):
        _show_norm(sums)


def _from_zero(values: np.ndarray) -> Image:
    return grey(values, min(0.0, float(values.min())), max(0.0, float(values.max())))


def _show_sum(sums: Sum) -> None:
    """The products and their sum: a patch as cells, a dot product as its largest contributions."""
    colour = block.COLOURS[sums.step]
    if sums.step != "depthwise":
        st.markdown(f"**{sums.products.size:,} products**, one for each channel that comes in")
        _show_contributions(sums.products, sums.total, key="mbconv.products", colour=colour)
        columns = {"input": sums.inputs, "weight": sums.weights, "product": sums.products}
        _show_numbers(columns, key="mbconv.numbers")
        return
    grids = {"Kernel": sums.weights, "× patch": sums.inputs, "= products": sums.products}
    for column, (title, values) in zip(st.columns(3), grids.items(), strict=True):
        column.markdown(f"**{title}**")
        column.plotly_chart(
            figures_block_arithmetic.cells(values),
            key=f"mbconv.{title.split()[-1].lower()}",
            alt=f"{title}: {values.size} numbers; the products add up to {sums.total:.4f}",
            config=widgets.STILL,
        )
    st.caption("Red is above zero, blue below; each grid has its own range. Outside the map the patch is zero.")


def _show_contributions(
    products: np.ndarray, total: float, *, key: str, colour: str, bias: float | None = None, noun: str = "channel"
) -> None:
    """The largest contributions to a sum as bars, what all others add, the bias, and the sum."""
    named = block_arithmetic.largest(products, LISTED)
    rows = [(f"{noun} {place}", float(products[place])) for place in named]
    if others := len(products) - len(named):
        rows.append((f"{others:,} others", float(products.sum() - products[named].sum())))
    if bias is not None:
        rows.append(("bias", bias))
    st.plotly_chart(
        figures_block_arithmetic.contributions(rows, total, colour=colour),
        key=key,
        alt=f"The largest of {len(products)} contributions; all add up to {total:.4f}",
        config=widgets.STILL,
    )


def _show_numbers(columns: Mapping[str, np.ndarray], *, key: str, noun: str = "channel") -> None:
    """Every number behind a chart of contributions."""
    count = len(next(iter(columns.values())))
    st.dataframe(
        {noun: range(count), **columns},
        hide_index=True,
        height=min(230, 38 * (count + 1)),
        column_config={name: st.column_config.NumberColumn(format="%.6f") for name in columns},
        key=key,
    )


def _show_values(values: Mapping[str, float], *, columns: int = 2) -> None:
    """The stations of one value as large numbers, in their order."""
    with st.grid(columns, min_column_width=140):
        for label, value in values.items():
            st.metric(label, f"{value:.5g}")


def _show_norm(sums: Sum) -> None:
    """From the sum through batch norm and SiLU to what the network itself has, and what folding makes of it."""
    values = {f"Sum of {sums.products.size:,} products": sums.total, "After batch norm": sums.normed}
    if sums.has_silu:
        values["After SiLU"] = sums.value
    values["The network's own value"] = sums.seen
    if sums.added is not None:
        values |= {"Added by the residual": sums.added, "After the residual": sums.value + sums.added}
    _show_values(values)
    factor, bias = sums.folded
    st.markdown(
        "**Batch norm**: scale · (sum − mean) / √(variance + ε) + shift = "
        f"{sums.scale:.4f} · ({sums.total:.4f} − {_term(sums.mean)}) / √({sums.variance:.4f} + {sums.eps:.5f}) + "
        f"{_term(sums.shift)} = **{sums.normed:.4f}**. Its numbers are fixed after training, so it can be "
        f"**folded** into the convolution: each weight times {factor:.4f}, plus a bias of {bias:.4f}, gives the same "
        "in one step. "
        + ("**SiLU** follows: y · sigmoid(y)." if sums.has_silu else "Nothing follows: project is **linear**.")
    )


def _term(number: float) -> str:
    """As it is written after a sign."""
    return f"({number:.4f})" if number < 0 else f"{number:.4f}"


def _show_gate(sums: GateSums) -> None:
    """Squeeze, the two small layers and the sigmoid, for one channel."""
    _show_values(
        {
            "Mean of its map": float(sums.pooled[sums.channel]),
            "Second layer's sum": sums.total,
            "Sigmoid: its gate": sums.gate,
            "The network's own gate": sums.seen,
        },
        columns=4,
    )
    first, second = st.columns(2, gap="large")
    units, colour = len(sums.squeezed), block.COLOURS["squeeze"]
    with first:
        st.markdown(f"**First layer: {len(sums.pooled):,} means → {units} units**")
        unit = widgets.whole_number("Unit", key="mbconv.unit", default=0, limits=(0, units - 1))
        products, bias = sums.squeeze_products(unit), float(sums.squeeze_bias[unit])
        _show_contributions(products, sums.squeezed[unit], key="mbconv.squeeze", colour=colour, bias=bias)
        st.markdown(f"After SiLU, unit {unit} is **{sums.activated[unit]:.5g}**.")
        _show_numbers(
            {"mean of its map": sums.pooled, "weight": sums.squeeze[unit], "product": products}, key="mbconv.pooled"
        )
    with second:
        st.markdown(f"**Second layer: {units} units → the gate of channel {sums.channel}**")
        bias = sums.excite_bias
        _show_contributions(sums.products, sums.total, key="mbconv.excite", colour=colour, bias=bias, noun="unit")
        columns = {"sum": sums.squeezed, "after SiLU": sums.activated, "weight": sums.excite}
        _show_numbers(columns | {"product": sums.products}, key="mbconv.units", noun="unit")
