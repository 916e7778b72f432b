"""The stored answer of the offline model: what it sees in a sample, where it looks, which channels it opens."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from effnet_core.explain import stored_example
from effnet_core.figures import inside
from effnet_core.figures.style import ReadyFigure, ready
from effnet_core.images.overlay import overlay
from effnet_core.images.samples import load_sample

from ..shared import heat_overlay, widgets

SHOWN = 3  # of its best answers


class Parts(NamedTuple):
    """Everything that does not change while the server runs: pictures as the browser gets them, charts as they are."""

    look: dict
    plain: bytes
    heated: bytes
    answers: ReadyFigure
    gates: ReadyFigure


@st.cache_resource(show_spinner=False)
def _parts() -> Parts | None:
    look = stored_example.stored()
    if look is None:
        return None
    image = load_sample(look["sample"]).crop(look["crop"])
    best = [(one["label"], one["probability"]) for one in look["top"]][:SHOWN]
    return Parts(
        look,
        heat_overlay.encoded(image),
        heat_overlay.encoded(overlay(image, look["heatmap"])),
        ready(inside.answer_bars(best)),
        ready(inside.all_gates([(row["block"], row["values"]) for row in look["gates"]])),
    )


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
        st.plotly_chart(
            parts.gates,
            key="overview.gates",
            alt=f"Squeeze-and-excitation gates of {len(look['gates'])} blocks, sorted from closed to open",
            config=widgets.STILL,
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
    named = (f"{one['label']} {one['probability']:.0%}" for one in look["top"][:SHOWN])
    st.plotly_chart(
        parts.answers, key="overview.answers", alt=f"Best answers: {', '.join(named)}", config=widgets.STILL
    )
    st.page_link("pages/classify.py", label="Classify: show it your pictures", icon=":material/arrow_forward:")
