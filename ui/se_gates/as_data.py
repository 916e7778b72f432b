"""SE gates as data on the screen: files to download, and the lines of code that read the same gates."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from effnet_core.scaling.export import harmless

from ..session import pictures
from ..shared import predictions
from . import at_a_glance

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation

READ_GATES = """
gates = {}
for name, module in network.named_modules():
    if name.endswith(".scale_activation"):  # the sigmoid at the end of each squeeze-and-excitation

        def keep(module, inputs, output, block=name.partition(".block.")[0]):
            gates[block] = output.flatten().clone()

        module.register_forward_hook(keep)

with torch.no_grad():
    network(x)
for block, values in gates.items():
    print(block, values.shape, values.mean())
"""
LOAD_IMAGENET = """\
import torch
from PIL import Image
from torchvision.models import get_model, get_weight

weights = get_weight("{weights}")
network = get_model("{name}", weights=weights).eval()
x = weights.transforms()(Image.open("photo.jpg").convert("RGB"))[None]
"""
LOAD_OTHER = """\
import torch
from PIL import Image

from effnet_core.networks import weights

model = {load}
network = model.module  # torchvision's EfficientNet
x = torch.from_numpy(model.preparation.tensor(Image.open("photo.jpg").convert("RGB")))[None]
"""


def downloads(picture: pictures.Picture, answer: Explanation) -> None:
    """The picture's gates as CSV and NPZ."""
    rows = [
        {"picture": picture.name, "block": block, "channel": channel, "gate": float(value)}
        for block, values in at_a_glance.gates_of(answer).items()
        for channel, value in enumerate(values)
    ]
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **at_a_glance.gates_of(answer))
    with st.container(horizontal=True):
        for kind, data, mime in (
            ("CSV", predictions.csv_text(rows), "text/csv"),
            ("NPZ", buffer.getvalue(), "application/zip"),
        ):
            name = f"gates.{kind.lower()}"
            st.download_button(f"Download {kind}", data, name, mime, key=f"se_gates.{kind}", on_click="ignore")
    st.caption(
        f"{len(rows):,} gates of {len(answer.gates)} blocks, float32. NPZ: one array a block, named as the block."
    )
    st.dataframe(harmless(rows), hide_index=True, height=320, key="se_gates.table")


def code(engine: Engine) -> str:
    """Lines of Python that read the same gates from torchvision's network."""
    source = engine.weights
    if source.kind == "imagenet":
        enum = engine.name.replace("efficientnet_b", "EfficientNet_B") + "_Weights"
        return LOAD_IMAGENET.format(weights=f"{enum}.{source.name}", name=engine.name) + READ_GATES
    return LOAD_OTHER.format(load=source.load_call(engine.name)) + READ_GATES
