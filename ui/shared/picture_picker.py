"""Pictures in: samples that need no upload, files, the camera. What a user brings serves all pages of the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from effnet_core.images.reading import LIMIT_MB, SUFFIXES, ImageRejected
from effnet_core.images.samples import SAMPLES, Sample

from ..session import kept_values
from ..session import pictures as session_pictures
from . import widgets

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from effnet_core.explain.engine import Engine

SAMPLE, UPLOAD, CAMERA = "sample", "upload", "camera"
SOURCES = {SAMPLE: "Samples", UPLOAD: "Upload", CAMERA: "Camera"}
MOST = 24  # pictures at once: each is decoded and goes through the network


class Uploads(NamedTuple):
    """What came from one source: the pictures that can be used, and a sentence for each that can't."""

    pictures: tuple[session_pictures.Picture, ...] = ()
    refused: tuple[str, ...] = ()


def pick(engine: Engine) -> list[session_pictures.Picture]:
    """The pictures to look at, at least one, the same on all pages: a sample until the user adds one."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        source = widgets.choice("Pictures from", SOURCES, key="app.source")
    if source == SAMPLE:
        return [_pick_sample(engine, row)]
    holds_now = _upload() if source == UPLOAD else _photograph()
    chosen = kept_values.value(f"pictures.{source}", Uploads())
    if chosen.pictures and not holds_now:
        st.caption(f"Still in use: {', '.join(picture.name for picture in chosen.pictures)}")
    for sentence in chosen.refused:
        st.error(sentence)
    if chosen.pictures:
        return list(chosen.pictures)
    st.caption(f"Until you bring one, this is a sample: {SAMPLES[0].title}.")
    return [sample_picture(SAMPLES[0])]


def pick_one(pictures: Sequence[session_pictures.Picture]) -> session_pictures.Picture:
    """Which of several pictures is shown large."""
    if len(pictures) == 1:
        return pictures[0]
    shown = st.selectbox(
        "Picture shown",
        range(len(pictures)),
        format_func=lambda number: f"{number + 1}. {pictures[number].name}",
        key="app.shown",
        persist_state="session",
    )
    return pictures[shown if shown < len(pictures) else 0]


def sample_note(sample: Sample, labels: Sequence[str] | None) -> str:
    """Whether the model in use has a class for what the sample shows."""
    if sample.label is None:
        return "The network does not know what this shows: whatever it answers is wrong."
    if labels is None:
        return f"It shows ImageNet's class {sample.label}; this network came without the names of its classes."
    if sample.label in labels:
        return f"It shows a class that the network knows: {sample.label}."
    return f"It shows {sample.label}, a class that this network does not know."


def _pick_sample(engine: Engine, row: DeltaGenerator) -> session_pictures.Picture:
    titles = {sample.name: sample.title for sample in SAMPLES}
    with row:
        name = widgets.choice("Sample", titles, key="app.sample", wrap=True)
    sample = next(sample for sample in SAMPLES if sample.name == name)
    st.caption(sample_note(sample, engine.labels))
    return sample_picture(sample)


def sample_picture(sample: Sample) -> session_pictures.Picture:
    return replace(session_pictures.sample(sample.name), name=sample.title)


def _upload() -> bool:
    key = "app.upload"
    files = st.file_uploader(
        f"Pictures, several at once: at most {MOST}, {LIMIT_MB} MB each",
        SUFFIXES,
        accept_multiple_files=True,
        max_upload_size=LIMIT_MB,
        key=key,
        on_change=_keep,
        args=(key, UPLOAD),
        help="They stay in this session: nobody else sees them, and nothing is written to disk.",
    )
    return bool(files)


def _photograph() -> bool:
    key = "app.camera"
    st.caption("Browsers let a page use the camera only on localhost or over https.")
    photograph = st.camera_input("Take a photograph", key=key, on_change=_keep, args=(key, CAMERA), width=420)
    return photograph is not None


def _keep(key: str, source: str) -> None:
    """Callback: keep what the widget holds now; the widget itself forgets it when another page is opened."""
    files = kept_values.value(key) or []
    files = files if isinstance(files, list) else [files]
    pictures, refused = [], []
    for file in files[:MOST]:
        try:
            pictures.append(session_pictures.picture(file.getvalue(), file.name))
        except ImageRejected as problem:
            refused.append(str(problem))
    if len(files) > MOST:
        refused.append(f"{len(files)} pictures were uploaded; the first {MOST} were read")
    kept_values.keep(f"pictures.{source}", Uploads(tuple(pictures), tuple(refused)))
