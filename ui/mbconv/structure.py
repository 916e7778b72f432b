"""The panel "Structure": torchvision's modules beside the paper's stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.networks.weights_source import loading_code
from effnet_core.scaling import block_designs, module_tree

from ..session import kept_values
from ..shared import costs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from effnet_core.explain.engine import Engine


MOST_ROWS, MOST_PX = 23, 900  # of a table


STEPS_PANEL = {"mbconv.panel": "steps"}


def show_structure(engine: Engine, name: str) -> None:
    """torchvision's module tree beside the paper's stages; a click on a block's row opens its steps."""
    modules = module_tree.modules_of(engine.architecture)
    opened = next(row for row in modules if row.path == name)
    st.markdown("**Click a row of an MBConv to open it.**")
    _module_table(modules, key="mbconv.structure", on_select=_opener(modules), selection_mode="single-cell")
    st.markdown(f"**Inside {name}**")
    _module_table(module_tree.inside(*block_designs.place(engine.architecture, name)), key="mbconv.inside")
    st.header("Load it and count it yourself", anchor=False)
    st.code(loading_code(engine.name, engine.weights, name), language="python")
    st.markdown(f"It prints **{opened.kind} {opened.params}** and **{sum(row.params for row in modules)}**.")
    st.caption("Older code says pretrained=True, which torchvision has deprecated; weights=… names what is loaded.")


def _module_table(modules: Sequence[module_tree.Module], *, key: str, **selection) -> None:
    shown = costs.quantity()
    rows = [
        {
            "torchvision": row.path,
            "class": row.kind,
            "stage": row.stage,
            "in the paper": row.operator,
            "output": " × ".join(str(side) for side in row.shape),
            "parameters": row.params,
            shown.name: shown.factor * row.macs,
        }
        for row in modules
    ]
    config = {column: st.column_config.NumberColumn(format="localized") for column in ("parameters", shown.name)}
    config |= {"class": st.column_config.TextColumn(width=170), "stage": st.column_config.NumberColumn(width=60)}
    height = "content" if len(rows) < MOST_ROWS else MOST_PX
    st.dataframe(rows, hide_index=True, height=height, column_config=config, key=key, **selection)


def _opener(modules: Sequence[module_tree.Module]) -> Callable[[], None]:
    """Callback: open the block whose row was clicked; other rows hold no block."""

    def open_block() -> None:
        for row, _column in kept_values.value("mbconv.structure")["selection"]["cells"]:
            if modules[row].block:
                kept_values.keep_all({"mbconv.block": modules[row].path} | STEPS_PANEL)

    return open_block
