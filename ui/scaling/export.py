"""Out of the app: the network as code, the layers as CSV, the settings as a link, charts as files."""

from __future__ import annotations

import streamlit as st

from effnet_core.architecture import Architecture, released
from effnet_core.cost import Layer, layers_of
from effnet_core.figures import cost_bars, network, quantities
from effnet_core.scaling.export import csv_text, script

from ..session import kept_values
from ..shared import costs, widgets

CHARTS = {
    "drawing": "Drawing",
    "parameters-by-stage": "Parameters by stage",
    "compute-by-stage": "Compute by stage",
    "parameters-by-role": "Parameters by role",
    "compute-by-role": "Compute by role",
}


def show(architecture: Architecture, layers: list[Layer], title: str) -> None:
    """All that can be taken along of the network on the screen."""
    stem, text = file_stem(title), script(architecture, title)
    code, others = st.columns([1.6, 1], gap="large")
    with code:
        st.markdown("**This network as code**, in torchvision's own classes")
        st.code(text, language="python", height=430)
        _download("Download script", text, f"{stem}.py", "text/x-python")
    with others:
        st.markdown("**These settings as a link**")
        st.code(kept_values.link(), language=None, wrap_lines=True)
        st.markdown(f"**All {len(layers)} layers as a table**, with compute in {costs.unit()}")
        _download("Download CSV", csv_text(costs.layer_rows(layers)), f"{stem}-layers.csv", "text/csv")
        st.markdown(
            "**Charts as files**: the camera above a chart, below and in other panels, saves it, as PNG or SVG by the "
            "switch above. The browser draws the file; nothing is sent."
        )
    _chart_to_save(layers, title, stem)


def _chart_to_save(layers: list[Layer], title: str, stem: str) -> None:
    chosen = widgets.choice("Chart of this network", CHARTS, key="scaling.chart", wrap=True)
    if chosen == "drawing":
        reference = ("B0, to the same scale", layers_of(released("b0")))
        figure, alt = network.network_drawing(title, layers, reference=reference), "blocks drawn to scale above B0's"
    else:
        what, by = chosen.split("-by-")
        quantity = quantities.PARAMETERS if what == "parameters" else costs.quantity()
        bars = cost_bars.bars_by_stage if by == "stage" else cost_bars.bars_by_role
        figure, alt = bars(layers, quantity), f"{quantity.name} by {by}"
    st.plotly_chart(
        figure,
        key=f"scaling.{chosen}_to_save",
        alt=f"{title}: {alt}, to be saved",
        config=widgets.chart_config(f"{stem}-{chosen}"),
    )


def _download(label: str, text: str, name: str, kind: str) -> None:
    st.download_button(label, text, name, kind, key=f"scaling.{kind}", on_click="ignore")


def file_stem(title: str) -> str:
    """A file's name for a network: "efficientnet-b3-as-released", "efficientnet-formula-phi-1.5"."""
    plain = title.lower().replace("φ", "phi").replace("=", " ").replace(",", " ")
    return "-".join(["efficientnet", *plain.split()])
