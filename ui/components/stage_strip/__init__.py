"""The network in small: its stages, of which one is chosen by clicking; all views of the page mark a stage together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

from effnet_core.cost import Layer
from effnet_core.figures.slabs import slabs

from ...session import kept_values
from ..files import component

_component = component("effnet_lab.stages", __file__)


def show(layers: Sequence[Layer], chosen: int, *, key: str, on_picked: Callable[[int], None]) -> None:
    """The stages of these layers' network; `on_picked` gets the one that is clicked, before the page runs again."""
    last = {slab.stage: slab for slab in slabs(layers)}
    tallest, widest = (max(getattr(slab, side) for slab in last.values()) for side in ("size", "channels"))

    def picked() -> None:
        stage = kept_values.value(key)["picked"]
        if stage in last:
            on_picked(stage)

    stages = [
        {
            "stage": stage,
            "words": f"Stage {stage}: {slab.kind}, {slab.channels:,} channels of {slab.size} × {slab.size} px",
            "tall": slab.size / tallest,
            "wide": sqrt(slab.channels / widest),
        }
        for stage, slab in last.items()
    ]
    _component(
        data={"alt": "Stages of the network", "stages": stages, "chosen": chosen}, key=key, on_picked_change=picked
    )
