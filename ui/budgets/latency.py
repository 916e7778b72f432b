"""The panel that measures a budget's four networks on this machine. Opens without torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.architecture import Architecture
from effnet_core.cost import cost_of
from effnet_core.figures import budgets
from effnet_core.units import three_digits

from ..shared import latency_runs, widgets

if TYPE_CHECKING:
    from torch import nn

    from effnet_core.machine.latency import Measurement


def show(networks: Mapping[str, tuple[str, Architecture]]) -> None:
    """way -> (title, network): the button, and what this session has measured; a title identifies its network."""
    condition = latency_runs.pick_condition("budgets")
    measurable = [_network(*pair) for pair in networks.values()]
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(f"Measure the latency of all {len(networks)} here", key="budgets.measure")
        latency_runs.say_how_long(measurable, condition)
    if pressed:
        latency_runs.run(measurable, condition, all_or_none=False)
    rows = {way: row for way, (title, _) in networks.items() if (row := latency_runs.measured(title, condition))}
    if not rows:
        st.caption(
            "Nothing measured yet. One picture at a time, random weights: a pass's time does not depend on them."
        )
        return
    titles = {way: title for way, (title, _) in networks.items()}
    _show_chart(titles, rows)
    _show_table(titles, rows)
    latency_runs.download()


def _network(title: str, architecture: Architecture) -> latency_runs.Network:
    return latency_runs.Network(
        title, architecture.resolution, cost_of(architecture).macs, partial(_build, architecture)
    )


def _build(architecture: Architecture) -> nn.Module:
    from effnet_core.networks.builder import build

    return build(architecture)


def _show_chart(titles: Mapping[str, str], rows: Mapping[str, Measurement]) -> None:
    st.plotly_chart(
        budgets.bars_by_way(
            {way: row.median_ms for way, row in rows.items()},
            titles,
            axis="one picture (ms), median; whiskers: quartiles",
            spread={way: (row.lower_ms, row.upper_ms) for way, row in rows.items()},
        ),
        key="budgets.latency",
        alt="Measured: " + ", ".join(f"{titles[way]} {three_digits(row.median_ms)} ms" for way, row in rows.items()),
        config=widgets.chart_config("four-ways-latency"),
    )


def _show_table(titles: Mapping[str, str], rows: Mapping[str, Measurement]) -> None:
    table = [
        {
            "network": titles[way],
            "median, ms": three_digits(row.median_ms),
            "quartiles, ms": f"{three_digits(row.lower_ms)} to {three_digits(row.upper_ms)}",
            "fastest to slowest, ms": f"{three_digits(row.fastest_ms)} to {three_digits(row.slowest_ms)}",
            "passes": row.runs,
            "threads": row.threads,
            "measured": row.date,
        }
        for way, row in rows.items()
    ]
    widgets.whole_table(table, key="budgets.latency_table")
    row = next(iter(rows.values()))
    versions = ", ".join(f"{what} {version}" for what, version in row.versions.items())
    widgets.cite(f"Measured with {latency_runs.where(row)}; {versions}.")
