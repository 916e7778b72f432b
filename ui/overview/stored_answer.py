"""The stored answer of the offline model: what it sees in a sample, where it looks, which channels it opens."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from effnet_core import palette, units
from effnet_core.explain import stored_example
from effnet_core.figures.gate_rows import at_even_ranks, name_of
from effnet_core.images.overlay import COLOUR_MAPS, overlay
from effnet_core.images.samples import load_sample
from effnet_core.networks import offline_model
from effnet_core.networks.in_pytorch import Shown

from ..components import still_charts
from ..components.still_charts import Bar
from ..shared import heat_overlay, in_pytorch, widgets

SHOWN = 3  # of its best answers


class Parts(NamedTuple):
    """Everything that does not change while the server runs: pictures and charts as the browser gets them."""

    look: dict
    plain: bytes
    heated: bytes
    answers: list[Bar]
    gates: list[tuple[str, list[float]]]


@st.cache_resource(show_spinner=False)
def _parts() -> Parts | None:
    look = stored_example.stored()
    if look is None:
        return None
    image = load_sample(look["sample"]).crop(look["crop"])
    return Parts(
        look,
        heat_overlay.encoded(image),
        heat_overlay.encoded(overlay(image, look["heatmap"])),
        [_bar(**one, best=one is look["top"][0]) for one in look["top"][:SHOWN]],
        [(name_of(row["block"], row["values"]), at_even_ranks(row["values"])) for row in look["gates"]],
    )


def _bar(label: str, probability: float, *, best: bool) -> Bar:
    return Bar(label, probability, units.probability(probability), f"{label}: {units.percent(probability)}", best)


def show() -> bool:
    """Picture, answer and gates side by side; False, after a sentence, where there is no stored answer."""
    parts = _parts()
    if parts is None:
        st.info("There is no stored answer of the offline model. The page Classify runs the model itself.")
        return False
    look = parts.look
    seen, opened = st.columns([1, 1], gap="large")
    with seen:
        st.header(f"It sees: {look['target_label']}", anchor=False)
        _show_answer(parts)
    with opened:
        st.header("For this picture, it opens these channels", anchor=False)
        still_charts.heat_rows(
            parts.gates,
            colours=COLOUR_MAPS[palette.GATE_SCALE.lower()],
            key="overview.gates",
            alt=f"Squeeze-and-excitation gates of {len(look['gates'])} blocks, sorted from closed to open",
        )
        st.page_link("pages/se_gates.py", label="SE gates: channel by channel", icon=":material/arrow_forward:")
    widgets.cite(
        f"Picture: scikit-image's sample “{look['sample']}”. Answers, heat map ({look['layer']}) and gates: "
        f"{look['weights']}, stored on {look['date']}."
    )
    return True


def _show_answer(parts: Parts) -> None:
    look = parts.look
    plain, heated = st.columns(2, wrap=False)
    plain.image(parts.plain, width="stretch", alt=f"Sample photograph {look['sample']}, the part that the network saw")
    heated.image(parts.heated, width="stretch", alt=f"The same with a heat map that highlights {look['target_label']}")
    named = (f"{bar.name} {bar.text}" for bar in parts.answers)
    still_charts.bars(parts.answers, key="overview.answers", alt=f"Best answers: {', '.join(named)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        if in_pytorch.asked(key="overview.in_pytorch"):
            _show_code(parts.look)
        st.page_link("pages/classify.py", label="Classify: show it your pictures", icon=":material/arrow_forward:")


def _show_code(look: dict) -> None:
    """The offline model's card knows what the code needs, without PyTorch."""
    card, name = offline_model.card(), heat_overlay.file_name(look["sample"])
    shown = Shown(
        look["model"],
        offline_model.SOURCE,
        card.architecture,
        card.preparation,
        has_labels=True,
        picture=name,
        answers=[(one["label"], one["probability"]) for one in look["top"]],
    )
    in_pytorch.show(shown, card.labels, {name: lambda: load_sample(look["sample"])})
