"""Out of the app: the network as code, the layers as CSV, the settings as a link, charts as files."""

from __future__ import annotations

import streamlit as st

from effnet_core.architecture import Architecture
from effnet_core.cost import Layer
from effnet_core.export import csv_text, script

from . import costs, state


def show(architecture: Architecture, layers: list[Layer], title: str, coefficients: dict[str, float]) -> None:
    """All that can be taken along of the network on the screen."""
    stem = file_stem(title)
    letters = dict(zip("αβγ", coefficients.values(), strict=True))
    settings = ", ".join(f"{letter} = {value:g}" for letter, value in letters.items())
    text = script(architecture, f"EfficientNet. {title}" + (f", {settings}" if title.startswith("Formula") else ""))
    code, others = st.columns([1.6, 1], gap="large")
    with code:
        st.markdown("**This network as code**, in torchvision's own classes")
        st.code(text, language="python", height=430)
        st.download_button(
            "Download the script", text, f"{stem}.py", "text/x-python", key="scaling.script", on_click="ignore"
        )
    with others:
        st.markdown("**These settings as a link**")
        st.code(state.link(), language=None, wrap_lines=True)
        st.markdown(f"**All {len(layers)} layers as a table**, with compute in {costs.unit()}")
        rows = csv_text(costs.layer_rows(layers))
        st.download_button("Download CSV", rows, f"{stem}-layers.csv", "text/csv", key="scaling.csv", on_click="ignore")
        st.markdown(
            "**Charts as files**: the camera at the upper right of each chart in the panels saves it, as PNG or SVG "
            "by the switch above. The browser draws the file; nothing is sent."
        )


def file_stem(title: str) -> str:
    """A file's name for a network: "efficientnet-b3-as-released", "efficientnet-formula-phi-1.5"."""
    plain = title.lower().replace("φ", "phi").replace("=", " ").replace(",", " ")
    return "-".join(["efficientnet", *plain.split()])
