"""Measuring latency from a page: the conditions, progress behind a button, and the rows kept for the session.

Opens without torch: only a pressed button imports it. A press of Stop, or of anything else, ends the run at the next
pass; what was measured until then stays.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import machine
from effnet_core.claims import resolution
from effnet_core.figures import three_digits

from . import state, widgets

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from effnet_core.results import Measurement

ONE, ALL, GPU = "one", "all", "gpu"
CONDITIONS = {ONE: "One core, as in the paper", ALL: "All cores", GPU: "GPU"}
KEPT = "evidence.measured"


def pick_condition() -> str:
    """What a measurement runs on, one picture at a time."""
    options = {name: text for name, text in CONDITIONS.items() if name != GPU or machine.may_have_gpu()}
    return widgets.choice(
        "Measure on",
        options,
        key="evidence.condition",
        help="One picture at a time, float32, random weights: the time of a pass does not depend on their values. "
        "The paper measured on one core of a server's processor.",
        wrap=True,
    )


def measured(name: str, condition: str) -> Measurement | None:
    """This session's row of a network, None before it was measured."""
    return _rows().get((name, condition))


def _rows() -> dict[tuple[str, str], Measurement]:
    return state.value(KEPT, {})


def keep(condition: str, row: Measurement) -> None:
    state.keep(KEPT, _rows() | {(row.name, condition): row})


def run(macs: Mapping[str, float], condition: str, *, patience_s: float = math.inf) -> None:
    """Measure these networks one after another, then show the page anew; inside a pressed button.

    A machine with too little memory for one of them is told so before the first is measured. A network that would
    probably outlast the patience, judged by its `macs`, is not begun, nor are those after it.
    """
    bar = st.progress(0.0, text="Starting PyTorch …")
    st.button("Stop", key="evidence.stop", help="Ends after the pass that runs. Measured rows stay.")
    from effnet_core.results import NotEnoughMemory

    try:
        makers = {name: _maker(name, condition) for name in macs}
        begun, took_per_mac = monotonic(), 0.0
        for number, (name, measure) in enumerate(makers.items()):
            spent = monotonic() - begun
            if spent + took_per_mac * macs[name] > patience_s:
                break
            keep(condition, measure(progress=partial(_show, bar, f"{number + 1} of {len(macs)}: {name}")))
            took_per_mac = (monotonic() - begun - spent) / macs[name]
    except (NotEnoughMemory, ValueError) as problem:
        bar.empty()
        st.error(str(problem))
    else:
        st.rerun()


def _maker(name: str, condition: str) -> Callable[..., Measurement]:
    """bench.measure with all but its progress given. NotEnoughMemory, ValueError where there is no such device."""
    from effnet_core import bench, comparison

    make = partial(comparison.build, name)
    where = {"name": name, "resolution": resolution(name), "device": _device(condition)}
    bench.refuse_what_does_not_fit(make, **where)
    return partial(bench.measure, make, threads=1 if condition == ONE else None, **where)


def _device(condition: str) -> str:
    from effnet_core.device import available_devices

    best = available_devices()[0]
    if condition == GPU and best == "cpu":
        raise ValueError("PyTorch finds no GPU that it can use on this machine; measure on a core, or on all")
    return best if condition == GPU else "cpu"


def _show(bar: DeltaGenerator, what: str, done: float) -> bool:
    """Progress of one network; Streamlit ends the run here when something else was pressed."""
    bar.progress(min(done, 1.0), text=what)
    return True


def conditions(row: Measurement) -> str:
    """This run's time, machine and conditions, in a line."""
    threads = f"{row.threads} thread{'s' * (row.threads > 1)}"
    where = row.machine if row.device == "cpu" else f"{row.device_name} ({row.machine})"
    return (
        f"{row.name}: median of {row.runs} passes {spread(row)}, batch {row.batch}, {row.resolution} px, "
        f"{row.precision}, {threads} on {where}, {row.date}"
    )


def spread(row: Measurement) -> str:
    """The median with the quartiles: "98.1 ms (97.6 to 99.0)"."""
    median, lower, upper = (three_digits(value) for value in (row.median_ms, row.lower_ms, row.upper_ms))
    return f"{median} ms ({lower} to {upper})"


def download() -> None:
    """All rows of this session as JSON, once there is one."""
    rows = [{"condition": condition} | asdict(row) for (_, condition), row in _rows().items()]
    if rows:
        st.download_button(
            f"Download {len(rows)} measured rows (JSON)",
            json.dumps(rows, indent=2, ensure_ascii=False),
            "measured.json",
            "application/json",
            key="evidence.json",
            on_click="ignore",
        )
