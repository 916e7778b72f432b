"""Networks ready to answer: shared by all sessions, the user’s own for one session, warmed up in the background.

Where EFFNET_ENGINE names a server, networks answer there, the user's own too, and this process needs no torch.
"""

from __future__ import annotations

import atexit
import gc
import logging
import sys
import threading
import time
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.serving import remote
from effnet_core.serving.own_checkpoints import Upload
from effnet_core.serving.remote import RemoteEngine

from . import metrics
from .kept_values import keep, keep_all, value
from .pictures import sample

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.networks.model_status import ModelStatus
    from effnet_core.networks.weights import Model


OFFLINE_MODEL = "tiny"


OWN_MODEL = "own"


WARM_UP_AFTER_S = 5.0  # without a page opened: importing torch takes the time that the first pages would need
FIRST_PAGE_S = 1.0
HERE = "engines.here"  # kept where this session asks this machine although EFFNET_ENGINE names a server
ASKED_AGAIN = "1m"  # what a server is, and which models it has
RUN = "ScriptRunner.scriptThread"  # Streamlit's name of a thread that runs pages
RUNS_END_WITHIN_S = 10.0
WARM_UP_WITHIN = 6  # times as long, however many pages are opened


_log = logging.getLogger(__name__)
_importing = threading.Lock()


def server() -> remote.Server | None:
    """Where this session's networks answer; None: on this machine."""
    return None if value(HERE, False) else remote.from_environment()


def where() -> str:
    """The same in words."""
    there = server()
    return there.address if there else "this machine"


def who_sees_pictures() -> str:
    """What becomes of pictures that a visitor brings, in a sentence; an address as it was configured."""
    if there := server():
        return f"What a network sees of them is sent to {there.address}. Nothing is written to disk."
    return "They stay in this session: nobody else sees them, and nothing is written to disk."


def offer_this_machine() -> None:
    """A button that lets this machine's networks answer this session, where they could."""
    if find_spec("torch"):
        st.button("Let this machine answer", key="engines.take_over", on_click=keep_all, args=({HERE: True},))


def offer_the_server() -> None:
    """A button that goes back to the server that EFFNET_ENGINE names, where this session left it."""
    if value(HERE, False) and remote.from_environment():
        st.button("Let the server answer again", key="engines.go_back", on_click=keep_all, args=({HERE: False},))


def is_started() -> bool:
    """Whether PyTorch need not be waited for."""
    return server() is not None or ("effnet_core.networks.comparison" in sys.modules and not _importing.locked())


def start_pytorch() -> None:
    """Import torch and what the app uses of it; before anything else of it is imported in a run.

    One thread at a time, in one order: sessions that begin together, and the warm-up, would otherwise import parts of
    torchvision in different orders, which Python ends with a deadlock error in one of them.
    """
    with _importing:
        if "effnet_core.networks.comparison" in sys.modules:
            return
        atexit.register(_wait_for_runs)
        for module in ("explain.engine", "machine.latency", "networks.comparison"):
            import_module(f"effnet_core.{module}")
        _set_libraries_aside()


def _wait_for_runs() -> None:
    """At the end of the server, which has told all runs of pages to end.

    Python would end their threads wherever they are, and PyTorch takes that for a crash: "terminate called …".
    """
    ends = time.monotonic() + RUNS_END_WITHIN_S
    for thread in threading.enumerate():
        if thread.name == RUN:
            thread.join(max(0.0, ends - time.monotonic()))


def device() -> str:
    """The device that this session chose on the machine page, else "auto"."""
    return str(value("machine.device", "auto"))


def _release(engine: Engine) -> None:
    """Give a dropped network's memory back to the GPU; its last user may still hold it, then it goes later."""
    import torch

    del engine
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@st.cache_resource(max_entries=3, on_release=_release, show_spinner=False)
def engine(name: str, device: str = "auto") -> Engine:
    """A trained network ready to answer, shared by all sessions. WeightsUnavailable where its weights are not here."""
    from effnet_core.explain.engine import Engine
    from effnet_core.networks import weights

    return _watched(Engine(weights.load(name), device))


def _watched(engine: Engine) -> Engine:
    metrics.watch(engine.queue)
    return engine


def statuses() -> list[ModelStatus]:
    """All models, and which of them are ready where networks answer. Raises ServerAway."""
    if there := server():
        return _statuses_there(there.address, there)
    from effnet_core.networks import weights

    return weights.statuses()


@st.cache_resource(max_entries=4, ttl=ASKED_AGAIN, show_spinner=False)
def _statuses_there(address: str, _server: remote.Server) -> list[ModelStatus]:
    return _server.models()


@st.cache_resource(max_entries=16, ttl=ASKED_AGAIN, show_spinner=False)
def _engine_there(name: str, address: str, _server: remote.Server) -> remote.RemoteEngine:
    return _server.engine(name)


@st.cache_resource(max_entries=1, scope="session", on_release=_release, show_spinner=False)
def _own_engine(uploads: tuple[str, str], device: str) -> Engine:
    from effnet_core.explain.engine import Engine

    return _watched(Engine(own_model(), device))


def read_own_model(upload: Upload | None, labels: str | None) -> Model | RemoteEngine:
    """The user's own network, read where this session's networks answer; None: the one that is kept, with other labels.

    Raises CheckpointRejected or another ValueError saying why not, and what RemoteEngine raises.
    """
    there, kept = server(), own_model()
    if upload is None and isinstance(kept, RemoteEngine):
        upload = kept.upload
    if there and upload is not None:
        return there.own_engine(replace(upload, labels=labels))
    start_pytorch()
    from effnet_core.networks import weights

    if upload is None:
        return weights.relabelled(kept, labels)
    return weights.load_checkpoint(upload.data, upload.filename, labels=labels)


def keep_own_model(model: Model | RemoteEngine, uploads: tuple[str, str]) -> None:
    """Keep the user's own network for this session alone; `uploads` are the ids of checkpoint and labels file."""
    keep("own.model", model)
    keep("own.uploads", uploads)


def own_model() -> Model | RemoteEngine | None:
    """None also where it was sent to a server that this session left."""
    kept = value("own.model")
    return None if isinstance(kept, RemoteEngine) and server() is None else kept


def own_uploads() -> tuple[str, str] | None:
    return value("own.uploads") if own_model() else None


def chosen(name: str) -> Engine:
    """The network of that name, ready to answer on this session's device; OWN_MODEL only after keep_own_model.

    Raises WeightsUnavailable where its weights are not there, and ServerAway.
    """
    own = own_model() if name == OWN_MODEL else None
    if isinstance(own, RemoteEngine):
        return own
    if name == OWN_MODEL:
        start_pytorch()
        return _own_engine(own_uploads(), device())
    there = server()
    return _engine_there(name, there.address, there) if there else engine(name, device())


def engine_key(engine: Engine) -> str:
    """Identifies this engine's answers in caches."""
    own = own_uploads() if engine.weights.kind == "own" else None
    place = getattr(engine, "address", "here")
    return f"{engine.name} {engine.weights} {engine.device} {place} {own}"


def warm_up() -> None:
    """A page was opened: when none has been for a while, import torch and load the offline model, once a server.

    In the background, so that the next page is quick.
    """
    _page_opened().set()


@st.cache_resource(show_spinner=False)
def _page_opened() -> threading.Event:
    event = threading.Event()
    threading.Thread(target=_warm_up_when_quiet, args=(event,), daemon=True, name="warm-up").start()
    return event


def _warm_up_when_quiet(opened: threading.Event) -> None:
    time.sleep(FIRST_PAGE_S)
    _set_libraries_aside()  # those that all pages use; PyTorch's follow when it is imported
    ends = time.monotonic() + WARM_UP_WITHIN * WARM_UP_AFTER_S
    while time.monotonic() < ends and opened.wait(WARM_UP_AFTER_S):
        opened.clear()
    _warm_up()


def _warm_up() -> None:
    if remote.from_environment() is None:
        start_pytorch()
        _load_offline_model()
        import_module("captum.attr")  # a second of Python, which the first slow map would take from everyone's clicks
    _set_libraries_aside()


def _set_libraries_aside() -> None:
    """Spare the garbage collector the objects of the libraries, which stay as long as the server runs.

    Walking the 400,000 objects that torch and others bring in took 0.3 s of CPU each time that garbage was collected,
    fifty times as long as running a page.
    """
    gc.collect()
    gc.freeze()


def _load_offline_model() -> None:
    from effnet_core.images.samples import SAMPLES

    try:
        engine(OFFLINE_MODEL).explain([sample(SAMPLES[0].name).image])  # a first pass sets up what later ones use
    except Exception:
        _log.exception("the offline model could not be loaded in the background")
