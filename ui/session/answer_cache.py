"""Answers of engines, computed once for all sessions that ask the same of the same picture, known by its hash."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from effnet_core.serving.remote import RemoteEngine, ServerAway

from . import metrics
from .engines import OFFLINE_MODEL, engine_key, offer_this_machine
from .kept_values import keep, value
from .pictures import Picture

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from streamlit.delta_generator import DeltaGenerator

    from effnet_core.explain.block_arithmetic import BlockWeights
    from effnet_core.explain.closed_channels import ClosedChannels
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.gate_edits import GateEdit
    from effnet_core.explain.gate_statistics import GateStatistics
    from effnet_core.explain.results import BlockTrace, Explanation, Intervention

Answer = TypeVar("Answer")

KEPT = "30m"  # an answer that nobody asks for again
TELL_EVERY_S = 0.3
LOOKS = "The network looks at the picture …"
KEYS = {  # how caches identify engines and pictures; the engine's class by name, since it comes with torch
    "effnet_core.explain.engine.Engine": engine_key,
    RemoteEngine: engine_key,
    Picture: attrgetter("digest"),
}


@dataclass
class _Slot:
    """One question: whoever holds the lock computes the answer, who asks the same meanwhile waits for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: object = None


@st.cache_resource(max_entries=512, ttl=KEPT, show_spinner=False)
def _slot(key: tuple) -> _Slot:
    return _Slot()


@st.cache_resource(max_entries=8, ttl=KEPT, show_spinner=False)
def _large_slot(key: tuple) -> _Slot:
    """For feature maps, of which a block of B7 has 100 MB."""
    return _Slot()


def clear() -> None:
    """Forget all answers."""
    _slot.clear()
    _large_slot.clear()


def answered(key: tuple, work: Callable[[], Answer], say: str = LOOKS) -> Answer:
    """The answer to a question (`question_key`), computed by `work` where it is not there yet.

    While it is computed or waits, the page shows `say` and how many questions come before; a click on anything
    leaves the queue, since that is how Streamlit ends a run.
    """
    return _answer(_slot(key), work, say)


def _answer(slot: _Slot, work: Callable[[], Answer], say: str) -> Answer:
    place, began, cached = st.empty(), time.monotonic(), slot.answer is not None  # place: or what follows would jump
    if not cached:
        with place.container():
            slot.answer = _computed(slot, work, say)
        place.empty()
    metrics.answered(time.monotonic() - began, cached)
    return slot.answer


def _computed(slot: _Slot, work: Callable[[], Answer], say: str) -> Answer:
    with st.spinner(say, show_time=True), queueing() as note:
        while not slot.lock.acquire(timeout=TELL_EVERY_S):
            note.caption("Somebody else asked the same a moment ago: both get that answer.")
        try:
            return work() if slot.answer is None else slot.answer
        finally:
            slot.lock.release()


@contextmanager
def queueing() -> Iterator[DeltaGenerator]:
    """Work that waits for a network, with a note on the page that says how many questions come before it.

    What the network can't answer ends this run of the page, or of its fragment, with a sentence; the next asks anew.
    """
    from effnet_core.explain.request_queue import Busy, NetworkFailed, telling

    note = st.empty()
    try:
        with telling(lambda before: note.caption(_place_in_queue(before))):
            yield note
    except (Busy, NetworkFailed) as problem:
        st.error(f"{problem}.")
        if isinstance(problem, ServerAway):
            offer_this_machine()
        st.stop()
    note.empty()


def _place_in_queue(before: int) -> str:
    questions = "One question comes" if before == 1 else f"{before} questions come"
    return f"{questions} before yours. A click on anything leaves the queue."


def remembered(key: tuple) -> object | None:
    """The answer to this question, if it is still kept."""
    return _slot(key).answer


def remember(key: tuple, answer: object) -> None:
    """Keep what took long to compute."""
    _slot(key).answer = answer


def question_key(engine: Engine, picture: Picture, *question: object) -> tuple:
    """The key of a question about a picture. Sessions share answers: it names the own network of one session."""
    return (engine_key(engine), picture.digest, *question)


def explain(
    engine: Engine, picture: Picture, *, top: int = 5, layer: str | None = None, target: int | None = None
) -> Explanation:
    """Engine.explain for one picture."""
    return answered(
        question_key(engine, picture, "explain", top, layer, target),
        lambda: engine.explain([prepared(engine, picture)], top=top, layer=layer, target=target)[0],
        LOOKS if layer is None else "Grad-CAM …",
    )


def trace(engine: Engine, picture: Picture, block: str) -> BlockTrace:
    """Engine.trace; feature maps are large, so few are kept."""
    slot = _large_slot(question_key(engine, picture, "trace", block))
    return _answer(slot, lambda: engine.trace(prepared(engine, picture), block), "Reading the block's feature maps …")


def block_weights(engine: Engine, block: str) -> BlockWeights:
    """Engine.block_weights."""
    slot = _large_slot((engine_key(engine), "block_weights", block))
    return _answer(slot, lambda: engine.block_weights(block), "Reading the block's weights …")


def intervene(engine: Engine, picture: Picture, edits: tuple[GateEdit, ...], *, top: int) -> Intervention:
    """Engine.intervene for these edits."""
    return answered(
        question_key(engine, picture, "intervene", repr(edits), top),
        lambda: engine.intervene(prepared(engine, picture), edits, top=top),
        "The network looks again …",
    )


def strongest_flip(engine: Engine, picture: Picture, block: str) -> int:
    """Engine.strongest_flip, which takes a backward pass and some forward ones."""
    return answered(
        flip_key(engine, picture, block),
        lambda: engine.strongest_flip(prepared(engine, picture), block),
        "Looking for the gate that matters most …",
    )


def flip_key(engine: Engine, picture: Picture, block: str) -> tuple:
    return question_key(engine, picture, "strongest_flip", block)


@st.cache_resource(max_entries=32, scope="session", show_spinner=False, hash_funcs=KEYS)
def view(engine: Engine, picture: Picture) -> Image:
    """What the network sees of a picture: a square of its input's pixels."""
    return engine.preparation.view(picture.image)


def prepared(engine: Engine, picture: Picture) -> np.ndarray:
    """The picture as the engine takes it; a photograph is not decoded again for it."""
    return engine.preparation.scaled(view(engine, picture))


@st.cache_resource(max_entries=8, scope="session", show_spinner=False, hash_funcs=KEYS)
def small_crop(engine: Engine, picture: Picture, side: int) -> Image:
    """The part of a picture that the network sees, `side` px wide on the screen."""
    image = picture.shown
    return image.resize((side, side), box=engine.preparation.crop_box(image.size), reducing_gap=2.0)


@st.cache_resource(show_spinner=False)
def _bundled_statistics() -> GateStatistics:
    from effnet_core.explain import gate_statistics_file

    return gate_statistics_file.load()


def gate_statistics(engine: Engine) -> GateStatistics | None:
    """This session's own measurement of the network's gates, else the bundled one where it is of this network."""
    own = value("se_gates.statistics", {}).get(engine_key(engine))
    if own is None and engine.name == OFFLINE_MODEL and engine.weights.kind != "own":
        return _bundled_statistics()
    return own


@st.cache_resource(show_spinner=False)
def _bundled_closed_channels() -> ClosedChannels:
    from effnet_core.explain import closed_channels

    return closed_channels.load()


def closed_channels(engine: Engine) -> ClosedChannels | None:
    """Whom it hurts to close a channel, where that was measured for this network."""
    bundled = engine.name == OFFLINE_MODEL and engine.weights.kind != "own"
    return _bundled_closed_channels() if bundled else None


def keep_gate_statistics(engine: Engine, statistics: GateStatistics) -> None:
    """Keep what was measured on the user's own pictures for this session, of one network."""
    keep("se_gates.statistics", {engine_key(engine): statistics})
