"""Measuring networks from a page: the conditions, progress behind a button, and the rows kept for the session.

Opens without torch: only a pressed button imports it. A press of Stop, or of anything else, ends the run at the next
pass; what was measured until then stays.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from effnet_core.foreign_text import shortened
from effnet_core.machine import system
from effnet_core.published import tables
from effnet_core.units import duration, three_digits

from ..session import engines, kept_values
from . import progress_bar, widgets
from .plain import plain

if TYPE_CHECKING:
    from torch import nn

    from effnet_core.machine.latency import Measurement
    from effnet_core.progress import Progress

ONE, ALL, GPU = "one", "all", "gpu"
CONDITIONS = {ONE: "One core, as in the paper", ALL: "All cores", GPU: "GPU"}
KEPT = "measured"
YARDSTICK = "efficientnet_b0"  # its pace tells how long others will take


class Network(NamedTuple):
    """One network to measure: `name` identifies its rows; `make` builds it once the button was pressed."""

    name: str
    resolution: int
    macs: float
    make: Callable[[], nn.Module]


def compared(name: str) -> Network:
    """A network of the paper's comparisons, at the size that it is compared at."""
    row = next(row for row in tables.networks() if row["name"] == name)
    return Network(name, row["resolution"], row["macs"], partial(_build_compared, name))


def _build_compared(name: str) -> nn.Module:
    from effnet_core.networks import comparison

    return comparison.build(name)


def pick_condition(page: str) -> str:
    """What a measurement runs on, one picture at a time."""
    options = {name: text for name, text in CONDITIONS.items() if name != GPU or system.may_have_gpu()}
    return widgets.choice(
        "Measure on",
        options,
        key=f"{page}.condition",
        help="One picture at a time, float32, random weights: the time of a pass does not depend on their values. "
        "The paper measured on one core of a server's processor.",
        wrap=True,
    )


def measured(name: str, condition: str) -> Measurement | None:
    """This session's row of a network, None before it was measured."""
    return _rows().get((name, condition))


def _rows() -> dict[tuple[str, str], Measurement]:
    return kept_values.value(KEPT, {})


def run(networks: Sequence[Network], condition: str, *, patience_s: float = math.inf, all_or_none: bool = True) -> None:
    """Measure these one after another, then rerun the page; inside a pressed button.

    Networks that need more memory than is free are named before the first is measured; the others are measured only
    where not all_or_none. A network that would probably outlast the patience, judged by its MACs, is not begun, nor
    are those after it.
    """
    waiting: list[Network] = []
    begun = monotonic()

    def place(share: float) -> str:
        if not waiting:
            return "B0 first: it tells how long the others take"
        number = min(int(share * len(waiting)), len(waiting) - 1)
        left = _left(waiting, condition, share, monotonic() - begun)
        return f"{number + 1} of {len(waiting)}: {waiting[number].name}{left}"

    problems: list[str] = []
    running = progress_bar.stoppable(
        "Starting PyTorch …", place, key="measuring.stop", help="Ends after the pass that runs. Measured rows stay."
    )
    with running as (bar, report):
        engines.start_pytorch()
        try:
            device = _device(condition)
            refusals = progress_bar.compute(lambda report: _refusals(networks, device, report), report)
            problems += refusals.values()
            if not (refusals and all_or_none):
                if not measured(YARDSTICK, condition) and YARDSTICK not in [network.name for network in networks]:
                    _measure([compared(YARDSTICK)], condition, device, lambda _: report(0.0), math.inf)
                waiting[:] = [network for network in networks if network not in refusals]
                begun = monotonic()
                _measure(waiting, condition, device, report, patience_s)
        except (RuntimeError, ValueError) as problem:  # memory is short, or PyTorch can't run the network there
            problems.append(shortened(str(problem), 300))
        bar.empty()
    for problem in problems:
        st.error(plain(problem))
    if not problems:
        st.rerun()


def say_how_long(networks: Sequence[Network], condition: str) -> None:
    """Beside the button: what a press will take, by B0's pace here once that was measured."""
    seconds = _expected(networks, condition)
    if seconds:
        st.caption(
            f"About {duration(sum(seconds))}, by the pace of B0 here. Stop ends it at the next pass. "
            f"{progress_bar.BOUND}"
        )
    else:
        st.caption(
            "Several passes of each: minutes, for the largest. B0 comes first and tells how long the others take here; "
            f"Stop ends it at the next pass. "
            f"{progress_bar.BOUND}"
        )


def _expected(networks: Sequence[Network], condition: str) -> list[float]:
    """Seconds that each probably takes, by its MACs; nothing before B0 was measured."""
    row = measured(YARDSTICK, condition)
    if row is None:
        return []
    from effnet_core.machine import latency

    pace = row.median_ms / 1e3 / compared(YARDSTICK).macs
    return [latency.seconds_for(pace * network.macs) for network in networks]


def _left(networks: Sequence[Network], condition: str, share: float, spent: float) -> str:
    """How long the rest takes: as expected, and by what the finished ones really took."""
    expected = _expected(networks, condition)
    if not expected:
        return ""
    number = min(int(share * len(networks)), len(networks) - 1)
    done = sum(expected[:number]) + expected[number] * (share * len(networks) - number)
    left = (sum(expected) - done) * (spent / done if number else 1)
    return f", about {duration(left)} left"


def _refusals(networks: Sequence[Network], device: str, report: Progress) -> dict[Network, str]:
    """Those that cannot be measured there, with why not."""
    refusals = {}
    for network in networks:
        report(0.0)
        if reason := _refusal(network, device):
            refusals[network] = reason
    return refusals


def _refusal(network: Network, device: str) -> str | None:
    """Why the network cannot be measured there: a sentence about memory."""
    from effnet_core.machine import latency
    from effnet_core.machine.latency import NotEnoughMemory

    try:
        latency.refuse_what_does_not_fit(network.make, name=network.name, resolution=network.resolution, device=device)
    except NotEnoughMemory as problem:
        return str(problem)
    return None


def _measure(networks: Sequence[Network], condition: str, device: str, report: Progress, patience_s: float) -> None:
    from effnet_core.machine import latency

    begun, took_per_mac = monotonic(), 0.0
    for number, (name, resolution, macs, make) in enumerate(networks):
        spent = monotonic() - begun
        if spent + took_per_mac * macs > patience_s:
            break
        timing = partial(
            latency.measure,
            make,
            name=name,
            resolution=resolution,
            device=device,
            threads=1 if condition == ONE else None,
        )
        row = progress_bar.compute(
            lambda progress, timing=timing: timing(progress=progress),
            lambda done, number=number: report((number + done) / len(networks)),
        )
        kept_values.keep(KEPT, _rows() | {(name, condition): row})
        took_per_mac = (monotonic() - begun - spent) / macs


def _device(condition: str) -> str:
    from effnet_core.networks.device import available_devices

    best = available_devices()[0]
    if condition == GPU and best == "cpu":
        raise ValueError("PyTorch finds no GPU that it can use on this machine; measure on a core, or on all")
    return best if condition == GPU else "cpu"


def conditions(row: Measurement) -> str:
    """This run's time, machine and conditions, in a line."""
    settings = f"{where(row)}, input {row.resolution} px, {row.date}"
    return f"{row.name}: median of {row.runs} passes {spread(row)}, {settings}"


def where(row: Measurement) -> str:
    """Batch, precision, threads and machine: "batch 1, float32, 1 thread on a machine"."""
    threads = f"{row.threads} thread{'s' * (row.threads > 1)}"
    place = row.machine if row.device == "cpu" else f"{row.device_name} ({row.machine})"
    return f"batch {row.batch}, {row.precision}, {threads} on {place}"


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
            key="measuring.json",
            on_click="ignore",
        )
