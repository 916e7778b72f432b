"""Bars of parameters and compute, by stage or by role, which follow the scaling console without the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from effnet_core import palette
from effnet_core.cost import ROLES, Layer
from effnet_core.figures.quantities import PARAMETERS

from ..components import cost_bars
from ..shared import costs

KEY = "scaling.bars"


def follow(by: str, layers: Sequence[Layer], title: str) -> None:
    """Bars of this network and of each that the console shows from now on; `by` is "stage" or "role"."""
    cost_bars.mount(bars_data(by, layers, title), key=f"{KEY}.{by}")


def bars_data(by: str, layers: Sequence[Layer], title: str) -> dict[str, object]:
    """What the component gets: the network's costs by stage and role, what is counted, names and colours."""
    return {
        "by": by,
        "network": {"title": title, "layers": summed(layers)},
        "quantities": [shown._asdict() for shown in (PARAMETERS, costs.quantity())],
        "roles": ROLES,
        "groups": palette.ROLE_GROUPS,
        "colours": palette.ROLE_COLOURS,
        "neutral": palette.NEUTRAL,
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
