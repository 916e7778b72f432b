"""Which network answers: the choice of it, its weights on this machine or to be fetched, and the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.explain.request_queue import Busy, NetworkFailed
from effnet_core.serving.own_checkpoints import UNUSED_S, Upload
from effnet_core.serving.remote import RemoteEngine, ServerAway
from effnet_core.units import FLOAT32_BYTES, percent, share_and_interval

from ..session import engines, kept_values
from . import file_input, widgets
from .plain import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from effnet_core.explain.engine import Engine
    from effnet_core.networks.model_status import ModelStatus


def title(name: str) -> str:
    """What the screen calls a model: "Offline model", "EfficientNet-B0", "Own checkpoint"."""
    known = {engines.OFFLINE_MODEL: "Offline model", engines.OWN_MODEL: "Own checkpoint"}
    return known.get(name) or f"EfficientNet-{name.removeprefix('efficientnet_').upper()}"


def pick(sentences: DeltaGenerator) -> tuple[Engine | None, str, str]:
    """The network that answers on all pages, what the screen calls it, and how often it is right.

    A network whose weights are not on this machine is offered for download and the offline model answers meanwhile.
    None, after a sentence in `sentences`, where no network can be had at all.
    """
    if not engines.is_started():
        with st.spinner("Starting PyTorch …", show_time=True):  # seconds, once a server
            engines.start_pytorch()
    from effnet_core.networks.download import WeightsUnavailable

    engines.offer_the_server()
    try:
        name, status = _choose_model(sentences)
    except ServerAway as problem:
        _say_away(problem, sentences)
        return None, title(engines.OFFLINE_MODEL), ""
    except WeightsUnavailable as problem:  # the offline model's card is damaged
        sentences.error(plain(problem))
        return None, title(engines.OFFLINE_MODEL), ""
    engine = _engine_in_use(name, sentences)
    if engine is None:
        return None, title(name), ""
    status = status if engine.name == name else None
    st.caption(_in_full(engine, status))
    return engine, title(name), _in_short(engine, status)


def _say_away(problem: ServerAway, sentences: DeltaGenerator) -> None:
    with sentences:
        st.error(f"{plain(problem)}.")
        engines.offer_this_machine()


def _choose_model(sentences: DeltaGenerator) -> tuple[str, ModelStatus | None]:
    statuses = {status.name: status for status in engines.statuses()}
    chooser = st.container(width=420)
    _bring_checkpoint(sentences)
    names = [*statuses, *([engines.OWN_MODEL] if engines.own_model() else [])]
    titles = [title(name) for name in names]
    widgets.explain_refused("app.model", ", ".join(titles), lambda text: text in titles, titles[0], sentences)
    name = chooser.selectbox("Network that answers", names, format_func=title, key="app.model", bind="query-params")
    # beside the offline model, offer a better one: the smallest network trained on ImageNet
    offered = statuses.get(names[1] if name == engines.OFFLINE_MODEL else name)
    if offered and not offered.ready and not engines.server():
        offer_download(offered)
    if name in statuses and not statuses[name].ready:
        sentences.info(
            f"{title(name)}'s weights are not on {plain(engines.where())}. The offline model answers meanwhile."
        )
        name = engines.OFFLINE_MODEL
    return name, statuses.get(name)


def _engine_in_use(name: str, sentences: DeltaGenerator) -> Engine | None:
    from effnet_core.networks.download import WeightsUnavailable

    with sentences, st.spinner(f"Loading {title(name)} …", show_time=True):
        try:
            engine = engines.chosen(name)
        except (WeightsUnavailable, ValueError) as problem:
            st.error(plain(problem))
            return None
        except ServerAway as problem:
            _say_away(problem, sentences)
            return None
    if name == engines.OWN_MODEL:
        st.caption(plain(" ".join(engines.own_model().notes)))
    if engine.notice:
        sentences.warning(plain(engine.notice))
    return engine


def _in_short(engine: Engine, status: ModelStatus | None) -> str:
    """How often it is right, which is the first thing to know of an answer; else its size."""
    if not status or not status.top1:
        return f"{engine.architecture.classes:,} classes, {_runs_on(engine)}"
    photographs = f", {percent(status.photographs.top1, 0)} on photographs" if status.photographs else ""
    return f"{percent(status.top1, 0)} right on validation pictures{photographs}"


def _in_full(engine: Engine, status: ModelStatus | None) -> str:
    """Weights, classes, device, and how sure its accuracy is."""
    facts = [] if engine.weights.kind == "bundled" else [plain(engine.weights)]
    facts += [f"{engine.architecture.classes:,} classes", _runs_on(engine)]
    if status and (seen := status.photographs):
        right = share_and_interval(seen.top1, seen.count)
        facts.append(f"names {right} of {seen.count} photographs right; in brackets: the 95 % interval")
    return " · ".join(facts)


def _runs_on(engine: Engine) -> str:
    place = f" of {plain(engine.address)}" if isinstance(engine, RemoteEngine) else ""
    return f"runs on {engine.device.upper()}{place}"


def offer_download(status: ModelStatus, *, key: str = "app.fetch") -> None:
    """A button that fetches a network's ImageNet weights: the only thing in the app that uses the network."""
    from effnet_core.networks import weights

    megabytes = FLOAT32_BYTES * status.params / 1e6
    if not st.button(f"Download {title(status.name)} ({megabytes:.0f} MB)", key=f"{key}.{status.name}"):
        return
    bar = st.progress(0.0, text="Connecting …")

    def show(done: int, total: int) -> None:
        bar.progress(min(1.0, done / max(total, 1)), text=f"{done / 1e6:.0f} of {total / 1e6:.0f} MB")

    try:
        weights.fetch(status.name, progress=show)
    except weights.WeightsUnavailable as problem:
        bar.empty()
        st.error(plain(problem))
    else:
        st.rerun()


def _bring_checkpoint(sentences: DeltaGenerator) -> None:
    """Take a network that the user trained: kept for this session alone, never written to disk.

    Where networks answer on a server it is sent there, which the sentence says.
    """
    from effnet_core.networks.checkpoint_limits import LABELS_MB, LIMIT_MB, SUFFIXES

    with st.expander("Bring your own"):
        stays = "It stays in this session."
        if engines.server():
            forgotten = f"forgets it when it was not used for {UNUSED_S / 60:g} minutes"
            stays = f"It is sent to {plain(engines.where())}, which {forgotten}."
        st.markdown(f"A state dict of any EfficientNet-B0 to -B7, with any number of classes. {stays}")
        upload = file_input.show(
            f"Checkpoint, up to {LIMIT_MB} MB",
            SUFFIXES,
            max_upload_size=LIMIT_MB,
            key="app.checkpoint",
            what="your checkpoint",
            sentences=sentences,
        )
        listed = file_input.show(
            "Labels, one a line (optional)",
            ["txt", "json", "tsv", "csv"],
            max_upload_size=LABELS_MB,
            key="app.labels",
            what="your labels",
            sentences=sentences,
        )
        known, named = engines.own_uploads() or ("", "")  # the inputs forget theirs when another page is opened
        if listed and not (upload or known):
            st.info("These labels name the classes of an own checkpoint: bring that, too.")
    uploads = (upload.file_id if upload else known, listed.file_id if listed else "" if upload else named)
    if not uploads[0] or uploads == engines.own_uploads():
        return
    labels = listed.getvalue().decode("utf-8", errors="replace") if listed else None
    new = Upload(upload.getvalue(), upload.name) if uploads[0] != known else None
    with sentences, st.spinner("Reading the checkpoint …", show_time=True):
        try:
            model = engines.read_own_model(new, labels)
        except ServerAway as problem:
            _say_away(problem, sentences)
            return
        except (ValueError, Busy, NetworkFailed) as problem:
            st.error(plain(problem))
            return
    engines.keep_own_model(model, uploads)
    kept_values.keep_all({"app.model": engines.OWN_MODEL})
