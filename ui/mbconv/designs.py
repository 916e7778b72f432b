"""The panel "Four designs": a block and its relatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.figures import block as figures_block
from effnet_core.scaling import block_designs, block_steps

from ..shared import costs, widgets
from .steps import draw, widths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from effnet_core.explain.engine import Engine
    from effnet_core.scaling.block_designs import Design


def show_designs(engine: Engine, name: str) -> None:
    """ResNet bottleneck, MobileNetV2 block, MBConv and fused MBConv, between the same ends or at the same budget."""
    block, size = block_designs.place(engine.architecture, name)
    texts = {"ends": "Same channels in and out", "budget": "Same compute"}
    compared = widgets.choice("Compare at", texts, key="mbconv.compare")
    designs = block_designs.side_by_side(block, size, same_budget=compared == "budget")
    widest = max(design.widest for design in designs)
    drawn = st.container(key="mbconv.designs")
    for pair in (designs[:2], designs[2:]):
        for column, design in zip(drawn.columns(2, gap="large"), pair, strict=True):
            column.markdown(f"**{design.name}**: {widths(design)} channels")
            with column:
                draw(design, widest, key=f"mbconv.design.{design.name}")
    with st.container(key="mbconv.costs"):
        _show_bars(designs)
    layer_table(designs, key="mbconv.designs.layers")
    widgets.cite(block_designs.SOURCES)


def _show_bars(designs: Sequence[Design]) -> None:
    """Four charts of one bar a design: parameters, compute, activations, and what is kept for the residual."""
    shown = costs.quantity()
    quantities = {
        "parameters": [design.cost.params for design in designs],
        shown.name: [shown.factor * design.cost.macs for design in designs],
        "activations": [design.cost.activations for design in designs],
        "elements kept for the residual": [design.kept for design in designs],
    }
    columns = st.columns(2, gap="large") * 2
    for column, (name, counts) in zip(columns, quantities.items(), strict=True):
        column.markdown(f"**{name[0].upper()}{name[1:]}**")
        named = dict(zip((design.name for design in designs), counts, strict=True))
        column.plotly_chart(
            figures_block.bars(named, name, marked="MBConv"),
            key=f"mbconv.bars.{name.split()[0]}",
            alt=f"{name}: " + ", ".join(f"{design} {count:,}" for design, count in named.items()),
            config=widgets.STILL,
        )


def layer_table(designs: Sequence[Design], *, key: str) -> None:
    """Every layer of the designs with its counts and the formula behind them."""
    shown = costs.quantity()
    rows = [
        {
            **({"design": design.name} if len(designs) > 1 else {}),
            "layer": f"{layer.role} {layer.kernel}×{layer.kernel}",
            "output": f"{layer.out_channels} × {layer.size} × {layer.size}",
            "parameters": block_steps.params_formula(layer),
            shown.name: block_steps.compute_formula(layer, shown.factor),
            "activations": layer.activations,
        }
        for design in designs
        for layer in design.all_layers
    ]
    exact = {"activations": st.column_config.NumberColumn(format="localized")}
    st.dataframe(rows, hide_index=True, height="content", column_config=exact, key=key)
