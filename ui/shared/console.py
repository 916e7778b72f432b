"""What the scaling console gets on every page that shows it: its sliders, and all constants that it computes with.

The inputs of the page are the state: the component gets their values, computes by itself while a slider is dragged,
and reports when the hand lets go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

import streamlit as st

from effnet_core import palette
from effnet_core.architecture import (
    ALPHA,
    B0_STAGES,
    BETA,
    CHANNEL_STEP,
    COEFFICIENT_RANGE,
    GAMMA,
    HEAD_FACTOR,
    LEAST_KEPT,
    LETTERS,
    PHI_RANGE,
    POWERS,
    RELEASES,
    RESOLUTION_RANGE,
    STEM_KERNEL,
    STEM_STRIDE,
    released,
)
from effnet_core.cost import PARAMS_LIMIT
from effnet_core.figures.slabs import STAGE_GAP, ZOOMS

from ..components import scaling_console
from ..session import kept_values
from . import costs

FREE = "none"  # no coefficient gives way
STAGE = "console.stage"  # the one that was clicked last
MBCONV_STAGES = range(2, len(B0_STAGES) + 2)  # between stem and head
READOUTS = ("depth", "width", "resolution", "blocks", "params", "compute", "growth")


class Setting(NamedTuple):
    """One slider; `step` is the slider's."""

    name: str
    label: str
    default: float
    limits: tuple[float, float]
    step: float


PHI = Setting("phi", "φ, all three", 1.0, PHI_RANGE, 0.1)
PAPER = {"alpha": ALPHA, "beta": BETA, "gamma": GAMMA}


def mount(data: dict[str, object], *, key: str, take: Callable[[dict], None], height: int | str = "content") -> None:
    """Show the console; `take` gets its report when the hand lets go of a slider. What stage is clicked is kept."""

    def stage_clicked() -> None:
        stage = kept_values.value(key)["stage"]
        kept_values.keep(STAGE, stage if stage in MBCONV_STAGES else None)

    def moved() -> None:
        take(kept_values.value(key)["moved"])

    scaling_console.mount(data, key=key, height=height, on_moved=moved, on_stage=stage_clicked)


def link_to_block() -> None:
    """The way into an MBConv: into that of the stage which was clicked in the drawing, where it has some."""
    stage = kept_values.value(STAGE)
    st.page_link(
        "pages/mbconv.py",
        label=f"MBConv: inside a block of stage {stage}" if stage else "MBConv: inside a block",
        icon=":material/arrow_forward:",
        query_params={"mbconv.block": f"features.{stage - 1}.0"} if stage else None,
    )


def data(
    settings: dict[str, str | float],
    sliders: Iterable[Setting],
    *,
    heard: int,
    readouts: Iterable[str] = READOUTS,
    share_of_b0: tuple[float, float] | None = None,
    **more: object,
) -> dict[str, object]:
    """`heard`: the number of the last report that came. `share_of_b0`: of the frame, across and down; then the scale
    stays as it is, however large the network. `more`: lock and possible, where there are such."""
    shown = costs.quantity()
    return {
        "settings": settings,
        "heard": heard,
        "lock": {"frees": FREE},
        "unit": {"name": shown.name, "factor": shown.factor},
        "sliders": [
            {"name": row.name, "label": row.label, "low": row.limits[0], "high": row.limits[1], "step": row.step}
            for row in sliders
        ],
        "readouts": list(readouts),
        "drawing": {
            "colours": palette.SLAB_COLOURS,
            "neutral": palette.NEUTRAL,
            "zooms": ZOOMS,
            "gap": STAGE_GAP,
            "share_of_b0": share_of_b0,
        },
        "rules": rules(),
        **more,
    }


@cache
def rules() -> dict[str, object]:
    """Stage table, limits, rounding constants and releases, for the component's arithmetic."""
    measures = ("width", "depth", "resolution")
    return {
        "stages": [stage._asdict() for stage in B0_STAGES],
        "stem": {"kernel": STEM_KERNEL, "stride": STEM_STRIDE},
        "channel_step": CHANNEL_STEP,
        "least_kept": LEAST_KEPT,
        "head_factor": HEAD_FACTOR,
        "classes": released("b0").classes,
        "releases": {
            member: {name: getattr(release, name) for name in measures} for member, release in RELEASES.items()
        },
        "powers": POWERS,
        "letters": LETTERS,
        "coefficients": COEFFICIENT_RANGE,
        "resolutions": RESOLUTION_RANGE,
        "params_limit": PARAMS_LIMIT,
    }


def accepted(settings: object, sliders: Iterable[Setting]) -> dict[str, float]:
    """The browser's word for the sliders, if all are there and within their limits; else nothing."""
    if not isinstance(settings, Mapping):
        return {}
    values = {row.name: settings.get(row.name) for row in sliders}
    for row in sliders:
        value, (low, high) = values[row.name], row.limits
        if not isinstance(value, int | float) or not low <= value <= high:
            return {}
    return {name: float(value) for name, value in values.items()}
