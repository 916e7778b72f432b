"""Pictures in: samples that need no upload, files, the camera. What a user brings serves all pages of the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from effnet_core.cost import cost_of
from effnet_core.images import samples
from effnet_core.images.reading import LIMIT_MB, SUFFIXES, ImageRejected
from effnet_core.images.samples import SAMPLES, UNTOLD, Sample

from ..components import picture_choice
from ..session import answer_cache, engines, kept_values
from ..session import pictures as session_pictures
from . import file_input, widgets
from .plain import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from effnet_core.explain.engine import Engine

SAMPLE, UPLOAD, CAMERA = "sample", "upload", "camera"
SOURCES = {SAMPLE: "Samples", UPLOAD: "Upload", CAMERA: "Camera"}
RIGHT, WRONG = "it names this", "it fails here: why?"
KNOWN, OTHER = "it knows this class", "none of its classes"
ORDER = (RIGHT, WRONG, KNOWN, OTHER)
QUICK_MACS = 5e9  # of asking about all samples of known classes: a second or so
MOST = 24  # pictures at once: each is decoded and goes through the network


class Uploads(NamedTuple):
    """What came from one source: the pictures that can be used, and a sentence for each that can't."""

    pictures: tuple[session_pictures.Picture, ...] = ()
    refused: tuple[str, ...] = ()


def pick(engine: Engine, sentences: DeltaGenerator) -> tuple[list[session_pictures.Picture], str]:
    """The pictures to look at, at least one, the same on all pages: a sample until the user adds one; what they are.

    `sentences`: where it is said what is wrong with a link or a file.
    """
    source = widgets.choice("Pictures from", SOURCES, key="app.source", refused_in=sentences)
    if source == SAMPLE:
        return _pick_sample(engine, sentences)
    holds_now = _upload(sentences) if source == UPLOAD else _photograph(sentences)
    chosen = kept_values.value(f"pictures.{source}", Uploads())
    if chosen.pictures and not holds_now:
        st.caption(f"Still in use: {plain(', '.join(picture.name for picture in chosen.pictures))}")
    for sentence in chosen.refused:
        sentences.error(plain(sentence))
    if not chosen.pictures:
        return [sample_picture(SAMPLES[0])], "A sample, until you bring a picture."
    others = len(chosen.pictures) - 1
    return list(chosen.pictures), f"Yours, and {others} more" if others else "Yours"


def sample_note(sample: Sample, labels: Sequence[str] | None) -> str:
    """Whether the model in use has a class for what the sample shows."""
    if sample.label == UNTOLD and not label_in(sample, labels):
        return "A picture of your class's own folder."
    if sample.label is None:
        return "The network does not know what this shows: whatever it answers is wrong."
    if labels is None:
        return f"It shows ImageNet's class {sample.label}; this network came without the names of its classes."
    if label_in(sample, labels):
        return f"It shows a class that the network knows: {label_in(sample, labels)}."
    return f"It shows {sample.label}, a class that this network does not know."


class Offer(NamedTuple):
    """The samples of this machine as thumbnails, what the network names first; and why others are left out."""

    samples: dict[str, Sample]
    rows: list[picture_choice.Row]
    refused: list[str]


def _pick_sample(engine: Engine, sentences: DeltaGenerator) -> tuple[list[session_pictures.Picture], str]:
    with sentences, answer_cache.queueing():
        offer = _offer(engine)
    for sentence in offer.refused:
        sentences.warning(plain(sentence))
    titles = {name: sample.title for name, sample in offer.samples.items()}
    with st.container(key="app.sample.kept"):  # holds the choice and stands in the URL; the thumbnails are what is seen
        name = widgets.choice("Sample", titles, key="app.sample", refused_in=sentences)
    picture_choice.show(
        "Sample", offer.rows, name, key="app.samples", on_picked=lambda value: kept_values.keep("app.sample", value)
    )
    sample = offer.samples[name]
    return [sample_picture(sample)], sample_note(sample, engine.labels)


@st.cache_resource(max_entries=16, ttl="1m", show_spinner=False, hash_funcs=answer_cache.KEYS)
def _offer(engine: Engine) -> Offer:
    offered, refused = {}, []
    for sample in samples.available():
        try:
            sample_picture(sample)
            offered[sample.name] = sample
        except (ImageRejected, OSError) as problem:
            refused.append(f"A picture of the folder {samples.FOLDER} is left out. {problem}")
    notes = _notes(engine, list(offered.values()))
    rows = [
        picture_choice.Row(name, sample.title, sample_picture(sample).thumbnail, notes[name])
        for name, sample in sorted(offered.items(), key=lambda item: ORDER.index(notes[item[0]]))
    ]
    return Offer(offered, rows, refused)


def _notes(engine: Engine, offered: Sequence[Sample]) -> dict[str, str]:
    """What stands under each sample: whether the network names it, which is asked where that is quick."""
    known = [sample for sample in offered if label_in(sample, engine.labels)]
    notes = {sample.name: OTHER for sample in offered} | {sample.name: KNOWN for sample in known}
    if len(known) * cost_of(engine.architecture).macs > QUICK_MACS:
        return notes
    for sample in known:
        [answer] = engine.explain([sample_picture(sample).image], top=1)
        notes[sample.name] = RIGHT if answer.top[0].label == label_in(sample, engine.labels) else WRONG
    return notes


def label_in(sample: Sample, labels: Sequence[str] | None) -> str | None:
    """The network's class that the sample shows; None where it has none, or nobody has said what it shows."""
    wanted = sample.title if sample.label == UNTOLD else sample.label
    return next((label for label in labels or () if wanted and label.lower() == wanted.lower()), None)


def at_hand() -> list[session_pictures.Picture]:
    """Every picture that can be asked about: the samples of this machine, and what this session brought; each once."""
    known = [sample_picture(sample) for sample in samples.available()]
    brought = [kept_values.value(f"pictures.{source}", Uploads()).pictures for source in (UPLOAD, CAMERA)]
    return list({picture.digest: picture for picture in (*known, *brought[0], *brought[1])}.values())


def sample_picture(sample: Sample) -> session_pictures.Picture:
    return replace(session_pictures.sample(sample.name), name=sample.title)


def _upload(sentences: DeltaGenerator) -> bool:
    key = "app.upload"
    files = file_input.show(
        f"Pictures, several at once: at most {MOST}, {LIMIT_MB} MB each",
        SUFFIXES,
        accept_multiple_files=True,
        max_upload_size=LIMIT_MB,
        key=key,
        on_change=_keep,
        args=(key, UPLOAD),
        help=plain(engines.who_sees_pictures()),
        what="the pictures that you brought",
        sentences=sentences,
    )
    return bool(files)


def _photograph(sentences: DeltaGenerator) -> bool:
    key = "app.camera"
    st.caption("Browsers let a page use the camera only on localhost or over https.")
    photograph = file_input.show(
        "Take a photograph",
        draw=st.camera_input,
        key=key,
        on_change=_keep,
        args=(key, CAMERA),
        width=420,
        what="your photograph",
        sentences=sentences,
    )
    return photograph is not None


def _keep(key: str, source: str) -> None:
    """Callback: keep what the widget holds now; the widget itself forgets it when another page is opened."""
    files, pictures, refused = file_input.held(key), [], []
    for file in files[:MOST]:
        try:
            pictures.append(session_pictures.picture(file.getvalue(), file.name))
        except ImageRejected as problem:
            refused.append(str(problem))
    if len(files) > MOST:
        refused.append(f"{len(files)} pictures were uploaded; the first {MOST} were read")
    kept_values.keep(f"pictures.{source}", Uploads(tuple(pictures), tuple(refused)))
