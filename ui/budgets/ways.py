"""One budget of compute, spent four ways: inputs, drawing, bars and table."""

from __future__ import annotations

import streamlit as st

from effnet_core.architecture import RELEASES, released
from effnet_core.cost import cost_of, layers_of
from effnet_core.figures import budgets
from effnet_core.scaling import equal_compute, memory
from effnet_core.units import percent

from ..shared import costs, widgets

OWN = "own"


FIRST = "b3"  # shown at first: large enough for the four ways to differ


GIGA = 1e9


PHONE_STYLE = """
@media (max-width: 640px) { .st-key-budgets-drawing .textpoint { display: none; } }
"""  # stages are narrower than their numbers there; a tap says them


NAMES = {key: way.name for key, way in equal_compute.WAYS.items()}


def pick_budget() -> int:
    """MACs to spend: as much as a release takes, or an own number."""
    members = {member: f"as {member.upper()}" for member in RELEASES} | {OWN: "own number"}
    chosen = widgets.choice("As much compute", members, key="budgets.as", default=FIRST, wrap=True)
    macs = _own_number() if chosen == OWN else cost_of(released(chosen)).macs
    st.metric(
        f"Budget, {costs.unit()}",
        costs.compute(macs),
        f"exactly {costs.quantity().factor * macs:,}",
        help=costs.MACS_OR_FLOPS,
        delta_color="off",
        delta_arrow="off",
    )
    return macs


def _own_number() -> int:
    key, default, limits = "budgets.macs", round(cost_of(released(FIRST)).macs / GIGA, 2), equal_compute.BUDGET_RANGE_G
    widgets.explain_refused_number(key, default, limits)
    return round(GIGA * widgets.exact("Own number, G MACs", key=key, default=default, limits=limits, step=0.1))


def pick_batch() -> int:
    return widgets.whole_number(
        "Pictures in a training batch", key="budgets.batch", default=32, limits=memory.BATCH_RANGE
    )


@st.cache_data(max_entries=64, show_spinner=False)
def solutions(macs: int) -> dict[str, equal_compute.Solution]:
    """Each way's network for this budget."""
    return {way: equal_compute.solve(way, macs) for way in equal_compute.WAYS}


def how_near(solution: equal_compute.Solution) -> str:
    """How far a solution is off, and what keeps it there."""
    off = percent(solution.off, 2, signed=True)
    if solution.limit:
        return f"{off}: {solution.limit}"
    return f"{off}" if solution.is_exact else f"{off}: the nearest step that rounding allows"


def title(solution: equal_compute.Solution) -> str:
    """ "Depth alone, × 4.4"."""
    return f"{NAMES[solution.way]}, {equal_compute.setting(solution).removeprefix(solution.way).strip()}"


def show_drawing(spent: dict[str, equal_compute.Solution]) -> None:
    networks = {way: solution.architecture for way, solution in spent.items()}
    titles = {way: f"{title(spent[way])}: {len(network.blocks):,} blocks" for way, network in networks.items()}
    st.html(f"<style>{PHONE_STYLE}</style>")
    st.plotly_chart(
        budgets.four_networks({way: (titles[way], layers_of(network)) for way, network in networks.items()}),
        key="budgets.drawing",
        alt="Four networks for one budget, drawn to one scale. " + "; ".join(titles.values()),
        config=widgets.chart_config("four-ways"),
    )
    off = [f"{NAMES[way]} {how_near(solution)}" for way, solution in spent.items() if not solution.is_exact]
    if off:
        st.info("Not within 1 % of the budget. " + "; ".join(off) + ".")


def show_bars(spent: dict[str, equal_compute.Solution], *, batch: int) -> None:
    """Parameters, memory for one picture, memory for training: what the same compute costs elsewhere."""
    needs = {way: memory.needs(solution.architecture, batch=batch) for way, solution in spent.items()}
    charts = {  # titles of two lines: a column is narrow
        "parameters": ("parameters<br>(M)", {way: need.params / 1e6 for way, need in needs.items()}),
        "activations": (
            "activations of<br>one picture (MB)",
            {way: need.activation_bytes / 1e6 for way, need in needs.items()},
        ),
        "training": (
            f"training with a<br>batch of {batch:,} (GB)",
            {way: need.training_bytes / 1e9 for way, need in needs.items()},
        ),
    }
    for column, (key, (axis, values)) in zip(st.columns(3), charts.items(), strict=True):
        listed = ", ".join(f"{NAMES[way]} {value:.3g}" for way, value in values.items())
        column.plotly_chart(
            budgets.bars_by_way(values, NAMES, axis=axis),
            key=f"budgets.{key}",
            alt=f"{axis.replace('<br>', ' ')}: {listed}",
            config=widgets.chart_config(f"four-ways-{key}"),
        )


def show_table(spent: dict[str, equal_compute.Solution], *, batch: int) -> None:
    """A column a network: four fit where ten would be cut."""
    columns = {title(one): _numbers(one, memory.needs(one.architecture, batch=batch)) for one in spent.values()}
    widgets.whole_table(
        [{"": row} | {name: numbers[row] for name, numbers in columns.items()} for row in next(iter(columns.values()))],
        key="budgets.table",
    )


def _numbers(solution: equal_compute.Solution, need: memory.Needs) -> dict[str, str]:
    """All numbers of one network, by what they count."""
    return {
        "blocks": f"{need.blocks:,}",
        "parameters": f"{need.params:,}",
        costs.unit(): f"{costs.quantity().factor * need.macs:,}",
        "off the budget": percent(solution.off, 2, signed=True),
        "activations": f"{need.activation_bytes / 1e6:,.1f} MB",
        "training": f"{need.training_bytes / 1e9:,.2f} GB",
        f"depthwise: share of {costs.unit()}": percent(need.depthwise_of_macs, 2),
        f"SE: share of {costs.unit()}": percent(need.se_of_macs, 2),
        "SE: share of parameters": percent(need.se_of_params, 2),
    }
