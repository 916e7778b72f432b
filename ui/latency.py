"""Measuring the four networks of a budget on this machine: behind a button, with progress; rows kept for the session.

Opens without torch: only the pressed button imports it. A press of Stop, or of anything else, ends the run at the
next pass; what was measured until then stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import figures_budget
from effnet_core.architecture import Architecture
from effnet_core.figures import three_digits

from . import state, widgets

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from effnet_core.results import Measurement

THREADS = {"all": "All cores", "one": "One core, as in the paper"}
KEPT = "budgets.measured"
Rows = Mapping[str, "Measurement"]


def show(networks: Mapping[str, tuple[str, Architecture]]) -> None:
    """way -> (title, network): the button, and what this session has measured of them."""
    threads = widgets.choice("Measure on", THREADS, key="budgets.threads", wrap=True)
    if st.button(f"Measure the latency of all {len(networks)} here", key="budgets.measure"):
        _measure(networks, threads)
    rows = {way: row for way, (_, one) in networks.items() if (row := _kept().get(_key(one, threads)))}
    if not rows:
        st.caption(
            "Nothing measured yet. One picture at a time, random weights: a pass's time does not depend on them."
        )
        return
    _show_rows({way: networks[way][0] for way in networks}, rows)


def _key(architecture: Architecture, threads: str) -> tuple[Architecture, str, str]:
    return architecture, threads, state.device()


def _kept() -> dict[tuple[Architecture, str, str], Measurement]:
    return state.value(KEPT, {})


def _measure(networks: Mapping[str, tuple[str, Architecture]], threads: str) -> None:
    """Measure those that were not yet, one after another; a sentence where memory does not suffice."""
    bar = st.progress(0.0, text="Starting PyTorch …")
    st.button("Stop", key="budgets.stop", help="Ends after the pass that runs. Measured rows stay.")
    from effnet_core import bench
    from effnet_core.device import pick_device
    from effnet_core.model import build
    from effnet_core.results import NotEnoughMemory

    problems = []
    for number, (title, architecture) in enumerate(networks.values()):
        try:
            row = bench.measure(
                partial(build, architecture),
                name=title,
                resolution=architecture.resolution,
                device=pick_device(state.device()),
                threads=1 if threads == "one" else None,
                progress=partial(_progress, bar, number, len(networks), title),
            )
        except (NotEnoughMemory, ValueError) as problem:
            problems.append(str(problem))
        else:
            state.keep(KEPT, _kept() | {_key(architecture, threads): row})
    bar.empty()
    for problem in problems:
        st.error(problem)


def _progress(bar: DeltaGenerator, number: int, count: int, title: str, done: float) -> bool:
    """Streamlit ends the run here when something else was pressed."""
    bar.progress(min(1.0, (number + done) / count), text=f"{number + 1} of {count}: {title}")
    return True


def _show_rows(titles: Mapping[str, str], rows: Rows) -> None:
    st.plotly_chart(
        figures_budget.bars_by_way(
            {way: row.median_ms for way, row in rows.items()},
            titles,
            axis="one picture (ms), median; whiskers: quartiles",
            spread={way: (row.lower_ms, row.upper_ms) for way, row in rows.items()},
        ),
        key="budgets.latency",
        alt="Measured: " + ", ".join(f"{titles[way]} {three_digits(row.median_ms)} ms" for way, row in rows.items()),
        config=widgets.chart_config("four-ways-latency"),
    )
    table = [
        {
            "network": titles[way],
            "median, ms": row.median_ms,
            "quartiles, ms": f"{three_digits(row.lower_ms)} to {three_digits(row.upper_ms)}",
            "fastest to slowest, ms": f"{three_digits(row.fastest_ms)} to {three_digits(row.slowest_ms)}",
            "passes": row.runs,
            "threads": row.threads,
            "measured": row.date,
        }
        for way, row in rows.items()
    ]
    exact = {"median, ms": st.column_config.NumberColumn(format="%.1f")}
    st.dataframe(table, hide_index=True, column_config=exact, key="budgets.latency_table", height="content")
    row = next(iter(rows.values()))
    versions = ", ".join(f"{what} {version}" for what, version in row.versions.items())
    widgets.cite(f"{row.device_name} ({row.machine}); batch {row.batch}, {row.precision}; {versions}.")
