"""Answers of engines, computed once a session, since they come from pictures of its user."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import streamlit as st

from .engines import OFFLINE_MODEL, engine_key
from .kept_values import keep, value
from .pictures import Picture

if TYPE_CHECKING:
    from PIL.Image import Image

    from effnet_core.explain.engine import Engine
    from effnet_core.explain.gate_edits import GateEdit
    from effnet_core.explain.gate_statistics import GateStatistics
    from effnet_core.explain.results import BlockTrace, Explanation, Intervention


MOST_REMEMBERED = 48
KEYS = {  # how caches identify engines and pictures; the engine's class by name, since it comes with torch
    "effnet_core.explain.engine.Engine": engine_key,
    Picture: attrgetter("digest"),
    "effnet_core.explain.gate_edits.GateEdit": repr,
}


@st.cache_data(max_entries=64, scope="session", show_spinner=False, hash_funcs=KEYS)
def explain(
    engine: Engine, picture: Picture, *, top: int = 5, layer: str | None = None, target: int | None = None
) -> Explanation:
    """Engine.explain for one picture, computed once a session for the same picture and question."""
    return engine.explain([picture.image], top=top, layer=layer, target=target)[0]


@st.cache_resource(max_entries=8, scope="session", show_spinner=False, hash_funcs=KEYS)
def view(engine: Engine, picture: Picture) -> Image:
    """What the network sees of a picture: a square of its input's pixels."""
    return engine.preparation.view(picture.image)


@st.cache_resource(max_entries=8, scope="session", show_spinner=False, hash_funcs=KEYS)
def small_crop(engine: Engine, picture: Picture, side: int) -> Image:
    """The part of a picture that the network sees, `side` px wide on the screen."""
    image = picture.shown
    return image.resize((side, side), box=engine.preparation.crop_box(image.size), reducing_gap=2.0)


@st.cache_data(max_entries=4, scope="session", show_spinner=False, hash_funcs=KEYS)
def trace(engine: Engine, picture: Picture, block: str) -> BlockTrace:
    """Engine.trace, computed once a session; feature maps are large, so few are kept."""
    return engine.trace(picture.image, block)


@st.cache_data(max_entries=16, scope="session", show_spinner=False, hash_funcs=KEYS)
def intervene(engine: Engine, picture: Picture, edits: tuple[GateEdit, ...], *, top: int) -> Intervention:
    """Engine.intervene, computed once a session for the same picture and edits."""
    return engine.intervene(picture.image, edits, top=top)


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


def keep_gate_statistics(engine: Engine, statistics: GateStatistics) -> None:
    """Keep what was measured on the user's own pictures for this session, of one network."""
    keep("se_gates.statistics", {engine_key(engine): statistics})


def remembered(key: tuple) -> object | None:
    """What was computed for this question in this session, if it is still kept; `question_key` makes the key."""
    return value("answers", {}).get(key)


def remember(key: tuple, answer: object) -> None:
    """Keep what took long to compute; the oldest of MOST_REMEMBERED answers goes."""
    answers = value("answers", {}) | {key: answer}
    keep("answers", dict(list(answers.items())[-MOST_REMEMBERED:]))


def question_key(engine: Engine, picture: Picture, *question: object) -> tuple:
    """The key of a question about a picture, for `remembered`."""
    return (engine_key(engine), picture.digest, *question)
