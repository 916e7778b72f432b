"""The same picture through every network that is ready: answer, map, time, cost."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from effnet_core.scaling.export import harmless

from ..session import engines, pictures
from ..shared import model_picker, predictions
from ..shared.plain import plain
from . import computed_maps, drawn_maps

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation
    from effnet_core.images.preparation import Preparation
    from effnet_core.progress import Progress

RUNS = 3


class Seen(NamedTuple):
    """What one network made of the picture; without an answer where it could not be loaded.

    Kept for a while, so it holds no network: with all of them, one of these would keep several hundred megabytes.
    """

    title: str
    problem: str = ""
    answer: Explanation | None = None
    preparation: Preparation | None = None
    device: str = ""
    row: dict[str, str | float] | None = None  # of the table


def show(picture: pictures.Picture, *, key: str) -> None:
    """A table and a map for each network, once the button was pressed."""
    names = ready()
    if len(names) == 1:
        st.info(
            f"Only one network is ready: {model_picker.title(names[0])}. Fetch others on the page “This machine” or "
            "with `python -m effnet_core fetch efficientnet_b0 efficientnet_b4`, or bring your own checkpoint above: "
            "then they appear here side by side."
        )
    networks = f"{len(names)} networks" if len(names) > 1 else "this network"
    answers = computed_maps.on_demand(
        ("side by side", *names, engines.where(), engines.device(), engines.own_uploads(), picture.digest),
        f"Show the picture to {networks}",
        lambda progress: _through_all(names, picture, progress),
        key=f"{key}.all",
    )
    if answers:
        _show_all(answers, picture, key=key)


def ready() -> list[str]:
    """Names of the networks that can answer now, the session's own last."""
    names = [status.name for status in engines.statuses() if status.ready]
    return [*names, *([engines.OWN_MODEL] if engines.own_model() else [])]


def _through_all(names: list[str], picture: pictures.Picture, progress: Progress) -> list[Seen]:
    seen = []
    for number, name in enumerate(names, start=1):
        seen.append(_through(name, picture))
        progress(number / len(names))
    return seen


def _through(name: str, picture: pictures.Picture) -> Seen:
    from effnet_core.explain.request_queue import NetworkFailed
    from effnet_core.networks.download import WeightsUnavailable

    title = model_picker.title(name)
    try:
        engine = engines.chosen(name)
        answer, milliseconds = _timed(engine, picture)
    except (WeightsUnavailable, NetworkFailed, ValueError) as problem:
        return Seen(title, str(problem))
    row = _row(title, engine, answer, milliseconds)
    return Seen(title, "", answer, engine.preparation, engine.device, row)


def _timed(engine: Engine, picture: pictures.Picture) -> tuple[Explanation, float]:
    """Its answer, and the median of the times that it took, in milliseconds."""
    image, times = picture.image, []
    for _ in range(1 + RUNS):  # the first one warms up
        start = time.perf_counter()
        [answer] = engine.explain([image], top=predictions.top_of(engine))
        times.append(1e3 * (time.perf_counter() - start))
    return answer, statistics.median(times[1:])


def _show_all(answers: list[Seen], picture: pictures.Picture, *, key: str) -> None:
    for one in answers:
        if one.problem:
            st.warning(f"{one.title}: {plain(one.problem)}")
    rows, maps = [], []
    for one in answers:
        if one.answer:
            rows.append(one.row)
            caption = f"{one.title}: {predictions.sentence(one.answer)}"
            maps.append(drawn_maps.Drawn(one.preparation, one.answer.heatmaps[0], caption))
    drawn_maps.show(picture, maps, key=f"{key}.maps")
    shares = {"probability": st.column_config.NumberColumn(format="percent")}
    st.dataframe(harmless(rows), hide_index=True, column_config=shares, key=f"{key}.networks")
    devices = ", ".join(sorted({one.device.upper() for one in answers if one.answer}))
    st.caption(
        f"Time: median of {RUNS} runs after one that warms up, of one decoded picture's preparation, forward pass and "
        f"Grad-CAM at the last stage, on the {devices} of {plain(engines.where())}, as busy as it is now. Each map "
        "highlights the network's own first answer. Networks with other classes spread probability over other classes: "
        "do not compare their probabilities."
    )


def _row(title: str, engine: Engine, answer: Explanation, milliseconds: float) -> dict[str, str | float]:
    from effnet_core.cost import cost_of
    from effnet_core.units import three_digits

    best = answer.top[0]
    return {
        "network": title,
        "weights": str(engine.weights),
        "first answer": predictions.class_name(best),
        "probability": best.probability,
        "classes": engine.architecture.classes,
        "input, px": engine.preparation.crop,
        "MACs, G": three_digits(cost_of(engine.architecture).macs / 1e9),
        "time, ms": three_digits(milliseconds),
    }
