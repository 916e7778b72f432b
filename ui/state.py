"""What outlives one run of a page: kept values, shared engines, cached answers. The only file with session state."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

if TYPE_CHECKING:  # torch is imported when an engine is asked for, never by opening a page
    from PIL.Image import Image

    from effnet_core.edits import GateEdit
    from effnet_core.engine import Engine
    from effnet_core.gatestats import GateStatistics
    from effnet_core.results import BlockTrace, Comparison, Explanation
    from effnet_core.weights import Model

OFFLINE_MODEL = "tiny"
OWN_MODEL = "own"
WARM_UP_AFTER_S = 1.0  # the browser fetches the charts' code in this time
MOST_REMEMBERED = 48
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Picture:
    """A picture in use, with the SHA-256 of the bytes that it is read from, which keys all caches.

    It is decoded when its pixels are asked for: a phone's photograph takes 36 MB decoded and 3 MB as it came.
    """

    name: str
    digest: str
    decode: Callable[[], Image] = field(repr=False, compare=False)

    @property
    def image(self) -> Image:
        """RGB."""
        return self.decode()


def enter_by_router() -> None:
    """First line of each page: have app.py run before it.

    Until st.navigation is called for the first time, a server runs files of a folder named pages by themselves,
    so a fresh server that is first asked for /scaling would show that page without the app around it.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def value(key: str, default: object = None) -> object:
    """The kept value of a widget, also of one that another page shows."""
    return st.session_state.get(key, default)


def keep(key: str, value: object) -> None:
    """Keep a value for this session; a widget's value may be set before the widget is drawn, or in a callback."""
    st.session_state[key] = value


def forget(keys: Iterable[str]) -> None:
    """Drop what inputs hold before they are drawn: each takes its value from the URL again, or its default."""
    dropped = set(keys)
    for key in dropped:
        st.session_state.pop(key, None)
    keep("forgotten", value("forgotten", set()) | dropped)


def takes_anew(key: str) -> bool:
    """Whether an input was forgotten and is drawn for the first time since."""
    forgotten = value("forgotten", set())
    keep("forgotten", forgotten - {key})
    return key in forgotten


def css_class(key: str) -> str:
    """The class that Streamlit gives the element of a key."""
    return "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key)


def url_value(key: str) -> str | None:
    """What the URL says for a bound input, as text; None where it says nothing. Before the input is drawn."""
    return st.query_params.get(key)


def tell_url(key: str, text: str | None) -> None:
    """Write this (None: without it) and all that this run was asked for into the URL.

    A link to the page that is already on the screen changes what the run is asked for, and leaves the URL as it was.
    """
    st.query_params[key] = text or ""
    if text is None:
        del st.query_params[key]


def follow(source: str, target: str, others: dict[str, object]) -> None:
    """Callback: give a widget the value of another, and set others."""
    keep_all({target: value(source)} | others)


def keep_all(values: dict[str, object]) -> None:
    """Callback: set several widgets."""
    for key, new in values.items():
        if value(key) != new:
            keep(key, new)


def link() -> str:
    """The page's address with all that is set on it: bound inputs that stand at their default are left out."""
    address = (st.context.url or "").split("?")[0]
    query = urlencode(st.query_params.to_dict())
    return f"{address}?{query}" if query else address


# Pictures ---------------------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=2, scope="session", show_spinner=False)
def _decoded(digest: str, name: str, _data: bytes) -> Image:
    from effnet_core.images import read_image

    return read_image(_data, name)


def picture(data: bytes, name: str) -> Picture:
    """What a user brought, decoded once to see that it can be. ImageRejected says why not."""
    digest = hashlib.sha256(data).hexdigest()
    decode = partial(_decoded, digest, name, data)
    decode()
    return Picture(name, digest, decode)


@st.cache_resource(max_entries=8, show_spinner=False)
def _sample(name: str) -> Image:
    from effnet_core.images import load_sample

    return load_sample(name)


def sample(name: str) -> Picture:
    """One of the sample photographs (images.SAMPLES); its name stands in for the hash of a file."""
    return Picture(name, f"sample {name}", partial(_sample, name))


# Engines ----------------------------------------------------------------------------------------------------------


def device() -> str:
    """The device that this session chose on the machine page, else "auto"."""
    return str(value("machine.device", "auto"))


def _release(engine: Engine) -> None:
    """Give a dropped network's memory back to the GPU; its last user may still hold it, then it goes later."""
    import gc

    import torch

    del engine
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@st.cache_resource(max_entries=3, on_release=_release, show_spinner=False)
def engine(name: str, device: str = "auto") -> Engine:
    """A trained network ready to answer, shared by all sessions. WeightsUnavailable where its weights are not here."""
    from effnet_core import weights
    from effnet_core.engine import Engine

    return Engine(weights.load(name), device)


@st.cache_resource(max_entries=1, scope="session", on_release=_release, show_spinner=False)
def _own_engine(uploads: tuple[str, str], device: str, _model: Model) -> Engine:
    from effnet_core.engine import Engine

    return Engine(_model, device)


def keep_own_model(model: Model, uploads: tuple[str, str]) -> None:
    """Keep the user's own network for this session alone; `uploads` are the ids of checkpoint and labels file."""
    keep("own.model", model)
    keep("own.uploads", uploads)


def own_model() -> Model | None:
    return value("own.model")


def own_uploads() -> tuple[str, str] | None:
    return value("own.uploads")


def own_engine(device: str = "auto") -> Engine:
    """The user's own network, ready to answer; only after keep_own_model."""
    return _own_engine(own_uploads(), device, own_model())


def engine_key(engine: Engine) -> str:
    """What tells this engine's answers from another's, in caches."""
    own = own_uploads() if engine.weights.startswith("own") else None
    return f"{engine.name} {engine.weights} {engine.device} {own}"


# Answers: cached for one session, since they come from what its user brought ---------------------------------------


def explain(
    engine: Engine, picture: Picture, *, top: int = 5, layer: str | None = None, target: int | None = None
) -> Explanation:
    """Engine.explain for one picture, computed once a session for the same picture and question."""
    return _explain(engine_key(engine), picture.digest, top, layer, target, engine, picture)


@st.cache_data(max_entries=64, scope="session", show_spinner=False)
def _explain(
    key: str, digest: str, top: int, layer: str | None, target: int | None, _engine: Engine, _picture: Picture
) -> Explanation:
    return _engine.explain([_picture.image], top=top, layer=layer, target=target)[0]


def trace(engine: Engine, picture: Picture, block: str) -> BlockTrace:
    """Engine.trace, computed once a session; feature maps are large, so few are kept."""
    return _trace(engine_key(engine), picture.digest, block, engine, picture)


@st.cache_data(max_entries=4, scope="session", show_spinner=False)
def _trace(key: str, digest: str, block: str, _engine: Engine, _picture: Picture) -> BlockTrace:
    return _engine.trace(_picture.image, block)


def intervene(engine: Engine, picture: Picture, edits: tuple[GateEdit, ...], *, top: int) -> Comparison:
    """Engine.intervene, computed once a session for the same picture and edits."""
    return _intervene(engine_key(engine), picture.digest, repr(edits), top, engine, picture, edits)


@st.cache_data(max_entries=16, scope="session", show_spinner=False)
def _intervene(
    key: str, digest: str, told: str, top: int, _engine: Engine, _picture: Picture, _edits: tuple[GateEdit, ...]
) -> Comparison:
    return _engine.intervene(_picture.image, _edits, top=top)


@st.cache_resource(show_spinner=False)
def _bundled_statistics() -> GateStatistics:
    from effnet_core import gatestats

    return gatestats.load()


def gate_statistics(engine: Engine) -> GateStatistics | None:
    """This session's own measurement of the network's gates, else the bundled one where it is of this network."""
    own = value("se_gates.statistics", {}).get(engine_key(engine))
    if own is None and engine.name == OFFLINE_MODEL and not engine.weights.startswith("own"):
        return _bundled_statistics()
    return own


def keep_gate_statistics(engine: Engine, statistics: GateStatistics) -> None:
    """Keep what was measured on the user's own pictures for this session, of one network."""
    keep("se_gates.statistics", {engine_key(engine): statistics})


def remembered(key: tuple) -> object | None:
    """What was computed for this question in this session, if it is still kept; `asked` makes the question's key."""
    return value("answers", {}).get(key)


def remember(key: tuple, answer: object) -> None:
    """Keep what took long to compute; the oldest of MOST_REMEMBERED answers goes."""
    answers = value("answers", {}) | {key: answer}
    keep("answers", dict(list(answers.items())[-MOST_REMEMBERED:]))


def asked(engine: Engine, picture: Picture, *question: object) -> tuple:
    """The key of a question about a picture, for `remembered`."""
    return (engine_key(engine), picture.digest, *question)


# After the first paint --------------------------------------------------------------------------------------------


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Timer:
    """Import torch and load the offline model in the background, once a server, so that the next page is quick."""
    timer = threading.Timer(WARM_UP_AFTER_S, _load_offline_model)
    timer.daemon = True
    timer.start()
    return timer


def _load_offline_model() -> None:
    from effnet_core.images import SAMPLES

    try:
        engine(OFFLINE_MODEL).explain([_sample(SAMPLES[0].name)])  # a first pass sets up what later ones use
    except Exception:
        _log.exception("the offline model could not be loaded in the background")
