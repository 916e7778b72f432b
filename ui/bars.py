"""Bars of parameters and compute, by stage or by role, which follow the scaling console without the server.

The component (assets/bars.*) draws what the page gives it after each run, and in between what the console announces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from effnet_core.cost import ROLES, Layer
from effnet_core.figures import cost_bars, style

from .scaling import console
from .shared import costs

KEY = "scaling.bars"
_component = st.components.v2.component(
    "scaling_bars",
    html=console.asset("bars.html"),
    css=console.asset("bars.css"),
    js=console.asset("common.js", "bars.js"),
)


def follow(by: str, layers: Sequence[Layer], title: str) -> None:
    """Bars of this network and of each that the console shows from now on; `by` is "stage" or "role"."""
    _component(key=f"{KEY}.{by}", data=bars_data(by, layers, title))


def bars_data(by: str, layers: Sequence[Layer], title: str) -> dict[str, object]:
    """What the component gets: the network's costs by stage and role, what is counted, names and colours."""
    return {
        "by": by,
        "network": {"title": title, "layers": summed(layers)},
        "quantities": [shown._asdict() for shown in (cost_bars.PARAMETERS, costs.quantity())],
        "roles": ROLES,
        "groups": cost_bars.ROLE_GROUPS,
        "colours": cost_bars.ROLE_COLOURS,
        "neutral": style.NEUTRAL,
    }


def summed(layers: Sequence[Layer]) -> list[dict[str, str | int]]:
    """The layers' parameters and MACs, a row for each role of a stage, in the order in which they run."""
    params: Counter[tuple[int, str]] = Counter()
    macs: Counter[tuple[int, str]] = Counter()
    for layer in layers:
        params[layer.stage, layer.role] += layer.params
        macs[layer.stage, layer.role] += layer.macs
    return [
        {"stage": stage, "role": role, "params": count, "macs": macs[stage, role]}
        for (stage, role), count in params.items()
    ]
