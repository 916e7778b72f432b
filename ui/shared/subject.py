"""The strip above a lesson: the picture that is looked at, the network that looks, and the way to change both."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.cost import layers_of

from ..components import picture_choice, stage_strip
from ..session import engines, kept_values
from . import map_pickers, model_picker, picture_picker
from .plain import plain

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine

    from ..session.pictures import Picture

THUMBNAIL_PX, TEXT_PX, DRAWING_PX = 64, 212, 220
SKELETON = f'<div class="skeleton" style="width: {THUMBNAIL_PX}px; height: {THUMBNAIL_PX}px"></div>'
STYLE = """
.st-key-subject { border-bottom: 1px solid var(--st-border-color, #8884); padding-bottom: .5rem; }
.st-key-subject img { border-radius: 6px; display: block; }
.st-key-subject .skeleton { border-radius: 6px; background: #8884; }
.st-key-subject p { margin-bottom: 0; line-height: 1.3; }
.st-key-subject div { overflow: visible; }
.st-key-app-sample-kept { display: none; }
@media (max-width: 900px) { :has(> .st-key-subject-network) { display: none; } }
"""


def pick(stage_of: str) -> tuple[Engine, list[Picture], Picture]:
    """The network, the pictures that are looked at, and the one of them that is shown large.

    `stage_of`: key of the page's input for a block or a stage, which a click on the drawn network sets.
    Ends the run, after a sentence, where no network can be had.
    """
    st.html(f"<style>{STYLE}</style>")
    sentences = st.container()  # of what is wrong: seen while both popovers are closed
    strip = st.container(horizontal=True, vertical_alignment="center", gap="small", key="subject")
    with strip.container(horizontal=True, vertical_alignment="center", gap="small", width=312, wrap=False):
        thumbnail, looked_at = st.container(width=THUMBNAIL_PX), st.container()
    network = strip.container(width=TEXT_PX)
    drawing = strip.container(width=DRAWING_PX, key="subject.network")
    thumbnail, looked_at = thumbnail.empty(), looked_at.empty()
    if not engines.is_started():
        thumbnail.html(SKELETON)
        looked_at.markdown("**Starting PyTorch …**  \n:small[Once a server; it takes some seconds.]")
    with strip.popover("Picture", icon=":material/image:", key="app.picture", width="content"):
        picture_place = st.container(width=620)
    with strip.popover("Network", icon=":material/hub:", key="app.network", width="content"):
        engine, name, facts = model_picker.pick(sentences)
    if engine is None:
        st.stop()
    with drawing:
        _draw(engine, stage_of)
    with picture_place:
        pictures, note = picture_picker.pick(engine, sentences)
    shown = _shown_large(pictures)
    thumbnail.html(_small(shown))
    looked_at.markdown(f"**{plain(shown.name)}**  \n:small[{plain(note)}]")
    network.markdown(f"**{name}**  \n:small[{facts}]")
    return engine, pictures, shown


def _shown_large(pictures: list[Picture]) -> Picture:
    """Which of several pictures is shown large: chosen by its thumbnail."""
    kept = kept_values.value("app.shown", 0)
    number = kept if isinstance(kept, int) and kept < len(pictures) else 0
    if len(pictures) > 1:
        rows = [
            picture_choice.Row(f"{at}", f"{at + 1}. {picture.name}", picture.thumbnail)
            for at, picture in enumerate(pictures)
        ]
        picture_choice.show(
            "Picture shown",
            rows,
            f"{number}",
            key="app.pictures",
            on_picked=lambda value: kept_values.keep("app.shown", int(value)),
        )
    return pictures[number]


def _draw(engine: Engine, stage_of: str) -> None:
    """The network in small, with the stage marked that the page's input holds a block of, or the stage itself."""
    blocks = {block.stage: block.name for block in reversed(engine.architecture.blocks)}  # the first of each stage
    of_blocks = stage_of.endswith("block")
    values = blocks if of_blocks else dict(enumerate(engine.layers, start=1))
    held = str(kept_values.value(stage_of) or (map_pickers.FIRST_BLOCK if of_blocks else engine.layers[-1]))
    stage_strip.show(
        layers_of(engine.architecture),
        int(held.split(".")[1]) + 1,
        key="subject.stages",
        on_picked=lambda stage: kept_values.keep(stage_of, values.get(stage, held)),
    )


def _small(picture: Picture) -> str:
    data = base64.b64encode(picture.thumbnail).decode()
    alt = html.escape(f"{picture.name}, small")
    return f'<img src="data:image/jpeg;base64,{data}" alt="{alt}" width="{THUMBNAIL_PX}" height="{THUMBNAIL_PX}">'
