"""Which of B0 to B7 fits: the limit, the choice, and what the next one costs."""

from __future__ import annotations

import math
from itertools import takewhile
from typing import NamedTuple

import streamlit as st

from effnet_core.figures import evidence as figures_evidence
from effnet_core.published import accuracies
from effnet_core.scaling import member_choice
from effnet_core.units import mega, three_digits

from ..shared import costs, latency_runs, widgets
from . import curves

BUDGETS = {"macs": "Compute", "params": "Parameters", "memory": "Memory", "latency": "Measured latency"}
PATIENCE = {"30": "30 s", "120": "2 min", "600": "10 min"}


class Limit(NamedTuple):
    """What the limit is said in, and the input's default, end and step in that unit."""

    unit: str
    default: float
    high: float
    step: float


def _limit(budget: str) -> Limit:
    """At first the limit is as much as B3 takes, and at most what B7 takes; of latency nothing is known before."""
    if budget == "latency":
        return Limit("ms", 100.0, 5000.0, 1.0)
    unit, step = {
        "macs": (f"G {costs.unit()}", 0.1 * costs.quantity().factor),
        "params": ("M parameters", 0.5),
        "memory": ("MB", 5.0),
    }[budget]
    known = costs_of(budget, latency_runs.ONE)
    return Limit(unit, _rounded_up(known["b3"], step), _rounded_up(known["b7"], 10 * step), step)


def _rounded_up(value: float, step: float) -> float:
    return round(math.ceil(value / step) * step, 3)


def pick_limit(budget: str) -> float:
    """The limit, in the unit of _limit; compute has an input for each unit of the switch."""
    limit = _limit(budget)
    key = costs.unit().lower() if budget == "macs" else budget
    return widgets.exact_and_slider(
        f"At most, {limit.unit}",
        key=f"evidence.limit_{key}",
        default=limit.default,
        limits=(limit.step, limit.high),
        step=limit.step,
    )


def costs_of(budget: str, condition: str) -> dict[str, float]:
    """What each member takes, in the limit's unit; of latency what this session measured, from B0 on without a gap."""
    members = member_choice.members()
    if budget == "latency":
        rows = ((member.name, latency_runs.measured(f"efficientnet_{member.name}", condition)) for member in members)
        return {name: row.median_ms for name, row in takewhile(lambda pair: pair[1], rows)}
    scale = {"macs": costs.quantity().factor / 1e9, "params": 1e-6, "memory": 1e-6}[budget]
    return {member.name: scale * getattr(member, budget) for member in members}


def measure_all(condition: str) -> None:
    """A button that measures B0 to B7 in turn, as long as the chosen patience lasts."""
    patience = widgets.choice("For at most", PATIENCE, key="evidence.patience")
    if st.button("Measure B0 to B7 here", key="evidence.measure_family"):
        networks = [latency_runs.compared(f"efficientnet_{member.name}") for member in member_choice.members()]
        latency_runs.run(networks, condition, patience_s=float(patience))


def show(budget: str, limit: float, condition: str, view: str) -> None:
    """The largest that fits and the next one, then all of them against the limit."""
    costing = costs_of(budget, condition)
    if not costing:
        st.info("Nothing is measured yet under these conditions. Press the button: the answer comes from this machine.")
        return
    unit = _limit(budget).unit
    choice = member_choice.choose(costing, limit)
    paper = accuracies.released_accuracies(accuracies.table2())
    with st.grid(2, min_column_width=220):
        st.metric("The largest that fits", *_fits(choice.fits, costing, unit, paper), **widgets.CARD)
        st.metric("The next one", *_following(choice, costing, unit, paper), **widgets.CARD)
    if view == curves.TABLE:
        _family_table(paper, _measured(costing, condition) if budget == "latency" else {})
    else:
        st.plotly_chart(
            figures_evidence.budget_bars(costing, limit, unit, fits=choice.fits),
            key=f"evidence.budget.{budget}",
            alt=f"B0 to B7 in {unit} against the limit of {limit:g}; the largest that fits is {choice.fits or 'none'}",
            config=widgets.STILL,
        )
    if budget == "latency":
        widgets.cite(f"Each row's conditions are in the table. {_measured(costing, condition)['measured']['b0']}.")


def _measured(costing: dict[str, float], condition: str) -> dict[str, dict[str, float | str]]:
    """Columns of the measured members: milliseconds, and the run's conditions."""
    rows = {name: latency_runs.measured(f"efficientnet_{name}", condition) for name in costing}
    return {"ms": costing, "measured": {name: latency_runs.conditions(row) for name, row in rows.items()}}


def _fits(name: str | None, costing: dict[str, float], unit: str, paper: dict) -> tuple[str, str]:
    if name is None:
        return "none", "even B0 takes more"
    return name.upper(), f"{three_digits(costing[name])} {unit}, top-1 {paper[name].top1:.1f} %"


def _following(choice: member_choice.Choice, costing: dict[str, float], unit: str, paper: dict) -> tuple[str, str]:
    following, fits = choice.following, choice.fits
    if following is None:
        return "none", "the largest that is known here"
    cost = f"{three_digits(costing[following])} {unit}"
    if fits is None:
        return following.upper(), f"{cost}, top-1 {paper[following].top1:.1f} %"
    more = paper[following].top1 - paper[fits].top1
    return following.upper(), f"{cost}: × {three_digits(costing[following] / costing[fits])} for {more:+.1f} points"


def _family_table(paper: dict[str, accuracies.Network], measured: dict[str, dict[str, float | str]]) -> None:
    """B0 to B7 with everything that can be limited, and both published accuracies with their training.

    `measured`: columns of what was measured, title -> member -> value.
    """
    ported = accuracies.released_accuracies(accuracies.torchvision())
    rows = [
        {
            "network": member.name.upper(),
            "input, px": member.resolution,
            "parameters": mega(member.params),
            costs.unit(): costs.compute(member.macs),
            "memory": f"{three_digits(member.memory / 1e6)} MB",
            **{title: values.get(member.name) for title, values in measured.items()},
            "top-1 in the paper, %": paper[member.name].top1,
            "top-1 in torchvision, %": ported[member.name].top1,
            "torchvision's weights": ported[member.name].recipe,
        }
        for member in member_choice.members()
    ]
    columns = {name: st.column_config.NumberColumn(format="%.1f") for name in rows[0] if name.startswith("top-1")}
    st.dataframe(rows, column_config=columns, hide_index=True, placeholder="", key="evidence.family", alt="B0 to B7")
