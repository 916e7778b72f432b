"""The arithmetic on the screen: kernel, patch and sum behind one value of a block, or the two layers behind a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from effnet_core.explain import block_arithmetic
from effnet_core.images.overlay import grey
from effnet_core.scaling import block_designs, block_steps
from effnet_core.units import three_digits, with_minus

from ..components import linked_cells, pixel_map
from ..components.linked_cells import Row
from ..session import answer_cache, pictures
from ..shared import widgets
from . import steps as block_panel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PIL.Image import Image

    from effnet_core.explain.block_arithmetic import GateSums, Sum
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import BlockTrace

LISTED = 7  # contributions to a sum that are shown by name
BESIDE_A_MAP = [1, 3.6]
CLICKS = ("mbconv.row", "mbconv.column")
NOTHING = "Nothing is computed here: this is what the block before gives. Choose another step."


@st.fragment  # a click on a pixel runs this alone
def show_arithmetic(engine: Engine, picture: pictures.Picture, name: str) -> None:
    """The numbers behind one value of a step, or behind one gate, beside the network's own value."""
    row = st.container(horizontal=True)
    with row:
        step = block_panel.pick_step()
    if missing := NOTHING if step == "input" else _missing(engine, name, step):
        st.info(missing)
        return
    trace, weights = answer_cache.trace(engine, picture, name), answer_cache.block_weights(engine, name)
    out = dict(trace.steps)[step]
    with row:
        channel = _pick_channel(out, key="mbconv.channel")
        if step == "gate":
            units = weights.block.squeeze_channels
            unit = widgets.whole_number("Unit", key="mbconv.unit", default=0, limits=(0, units - 1), width=130)
        else:
            places = [
                widgets.whole_number(label, key=key, default=count // 2, limits=(0, count - 1), width=130)
                for label, key, count in zip(("Row", "Column"), CLICKS, out.shape[1:], strict=True)
            ]
    if step == "gate":
        _show_gate(block_arithmetic.gate_sums(trace, weights, channel), trace, unit)
    elif step == "output":
        _show_addition(trace, channel, *places)
    else:
        where = {"channel": channel, "row": places[0], "column": places[1]}
        _show_sum(block_arithmetic.block_sums(trace, weights, step, **where), trace)


def _missing(engine: Engine, name: str, step: str) -> str:
    """Why this block does not have the step; empty where it has it."""
    steps = block_steps.steps_of(*block_designs.place(engine.architecture, name))
    return next((row.missing for row in steps if row.name == step), "")


def _pick_channel(out: np.ndarray, *, key: str) -> int:
    """A channel of a step's output, those that vary most first; of a gate, the most open first."""
    by, words = ("spread", "The most varied") if out.ndim > 1 else ("mean", "The most open")
    names = {channel: str(channel) for channel in block_arithmetic.ranked(out, by)}
    allowed = f"a channel from 0 to {len(names) - 1}"
    return widgets.select("Channel", names, key=key, allowed=allowed, width=150, help=f"{words} comes first.")


def _show_sum(sums: Sum, trace: BlockTrace) -> None:
    """The pixel that was clicked, and beside it the products that add up to it; below, what becomes of their sum."""
    steps, place = dict(trace.steps), st.container(key="mbconv.places")
    total = f"The {sums.products.size:,} products add up to {three_digits(sums.total)}"
    if sums.step == "depthwise":
        before, output, products = place.columns([1, 1, 2.6], gap="small")
        with before:
            _show_input(sums, steps)
        with products:
            grids = {"Kernel": sums.weights, "Patch": sums.inputs, "Products": sums.products}
            linked_cells.show_grids(grids, total, key="mbconv.products", alt=total)
    else:
        output, products = place.columns(BESIDE_A_MAP)
        with products:
            columns = {"Input": sums.inputs, "Weight": sums.weights}
            _show_contributions(columns, sums.products, total, key="mbconv.products")
    with output:
        _show_output(steps[sums.step], sums.channel, sums.row, sums.column)
    with st.container(key="mbconv.norm"):
        _show_norm(sums)
    if sums.step != "depthwise":
        _show_numbers({"input": sums.inputs, "weight": sums.weights, "product": sums.products}, key="mbconv.numbers")


def _show_input(sums: Sum, steps: Mapping[str, np.ndarray]) -> None:
    st.markdown("**Input**, patch framed")
    pixel_map.show(
        _from_zero(steps.get("expand", steps["input"])[sums.channel]),
        pixel_map.Frame(sums.top, sums.left, len(sums.weights)),
        key="mbconv.input",
        alt=f"Input channel {sums.channel} with the patch under the kernel",
    )


def _show_output(maps: np.ndarray, channel: int, row: int, column: int) -> None:
    st.markdown("**Output**: click a pixel")
    pixel_map.show(
        _from_zero(maps[channel]),
        pixel_map.Frame(row, column),
        key="mbconv.output",
        alt=f"Output channel {channel}, pixel {row}, {column} framed",
        sets=CLICKS,
    )


def _from_zero(values: np.ndarray) -> Image:
    return grey(values, min(0.0, float(values.min())), max(0.0, float(values.max())))


def _show_contributions(
    factors: Mapping[str, np.ndarray],
    products: np.ndarray,
    total: str,
    *,
    key: str,
    bias: float | None = None,
    noun: str = "channel",
) -> None:
    """The largest of many products with their factors, what all others add, and the bias."""
    named = block_arithmetic.largest(products, LISTED)
    names, sums = [f"{noun} {place}" for place in named], products[named].tolist()
    if others := len(products) - len(named):
        names.append(f"{others:,} others")
        sums.append(float(products.sum() - products[named].sum()))
    if bias is not None:
        names.append("bias")
        sums.append(bias)
    empty = [None] * (len(names) - len(named))
    rows = [
        Row(title, [*values[named].tolist(), *empty], "×" * bool(number))
        for number, (title, values) in enumerate(factors.items())
    ]
    linked_cells.show_list(names, [*rows, Row("Product", sums, "=")], total, key=key, alt=total)


def _show_numbers(columns: Mapping[str, np.ndarray], *, key: str, noun: str = "channel") -> None:
    """Every number behind a list of contributions."""
    count = len(next(iter(columns.values())))
    with st.expander(f"All {count:,} {noun}s as data"):
        st.dataframe(
            {noun: range(count), **columns},
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.6f") for name in columns},
            key=key,
        )


def _show_values(values: Mapping[str, float]) -> None:
    """The stations of one value as large numbers, in their order."""
    with st.grid(len(values), min_column_width=150, gap="small"):
        for label, value in values.items():
            st.metric(label, with_minus(three_digits(value)))


def _show_norm(sums: Sum) -> None:
    """From the sum through batch norm and SiLU to what the network itself has, and what folding makes of it."""
    values = {"Sum of the products": sums.total, "After batch norm": sums.normed}
    if sums.has_silu:
        values["After SiLU"] = sums.value
    _show_values(values | {"The network's own value": sums.seen})
    factor, bias = sums.folded
    st.markdown(
        f"**Batch norm**, fixed after training: {sums.scale:.4f} · ({sums.total:.4f} − {_term(sums.mean)}) / "
        f"√({sums.variance:.4f} + {sums.eps:.5f}) + {_term(sums.shift)} = **{sums.normed:.4f}**. **Folded** into the "
        f"convolution: each weight times {factor:.4f}, plus a bias of {bias:.4f}. "
        + ("**SiLU** follows: y · sigmoid(y)." if sums.has_silu else "Nothing follows: project is **linear**.")
        + f" Here {sums.value:.8g}, in the network {sums.seen:.8g}."
    )


def _term(number: float) -> str:
    """As it is written after a sign."""
    return f"({number:.4f})" if number < 0 else f"{number:.4f}"


def _show_addition(trace: BlockTrace, channel: int, row: int, column: int) -> None:
    """The residual: what came in, added to what project gives, at one pixel."""
    steps, frame = dict(trace.steps), pixel_map.Frame(row, column)
    *entering, output = st.columns([1, 1, 1, 1.6])[:3]
    for place, (name, title) in zip(entering, {"input": "Input", "project": "+ project"}.items(), strict=True):
        with place:
            st.markdown(f"**{title}**")
            alt = f"Channel {channel} of {name}, pixel {row}, {column} framed"
            pixel_map.show(_from_zero(steps[name][channel]), frame, key=f"mbconv.{name}", alt=alt)
    with output:
        _show_output(steps["output"], channel, row, column)
    entered, added, seen = (float(steps[name][channel, row, column]) for name in ("input", "project", "output"))
    values = {"The input's pixel": entered, "Project's": added, "Their sum": entered + added}
    _show_values(values | {"The network's own value": seen})


def _show_gate(sums: GateSums, trace: BlockTrace, unit: int) -> None:
    """Squeeze, the two small layers and the sigmoid, for one channel."""
    own, layers = st.columns(BESIDE_A_MAP)
    with own:
        st.markdown(f"**Its map**, mean {three_digits(float(sums.pooled[sums.channel]))}")
        image = _from_zero(dict(trace.steps)["depthwise"][sums.channel])
        whole = pixel_map.Frame(0, 0, image.width)
        pixel_map.show(image, whole, key="mbconv.squeezed", alt=f"Channel {sums.channel} of depthwise, all averaged")
        st.metric("Sigmoid: its gate", three_digits(sums.gate))
        st.metric("The network's own gate", three_digits(sums.seen))
    units = len(sums.squeezed)
    with layers:
        st.markdown(f"**First layer: {len(sums.pooled):,} means → unit {unit} of {units}**")
        products, bias = sums.squeeze_products(unit), float(sums.squeeze_bias[unit])
        total = f"Sum {three_digits(sums.squeezed[unit])}, after SiLU {three_digits(sums.activated[unit])}"
        factors = {"Mean": sums.pooled, "Weight": sums.squeeze[unit]}
        _show_contributions(factors, products, total, key="mbconv.squeeze", bias=bias)
        st.markdown(f"**Second layer: {units} units → the gate of channel {sums.channel}**")
        factors = {"After SiLU": sums.activated, "Weight": sums.excite}
        total = f"Sum {three_digits(sums.total)}, after the sigmoid {three_digits(sums.gate)}"
        _show_contributions(factors, sums.products, total, key="mbconv.excite", bias=sums.excite_bias, noun="unit")
    columns = {"mean of its map": sums.pooled, "weight": sums.squeeze[unit], "product": products}
    _show_numbers(columns, key="mbconv.pooled")
    columns = {"sum": sums.squeezed, "after SiLU": sums.activated, "weight": sums.excite, "product": sums.products}
    _show_numbers(columns, key="mbconv.units", noun="unit")
