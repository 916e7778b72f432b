"""The scaling console: exact inputs, which are the state, and a component that follows the hand without the server.

The component (assets/console.*) holds sliders, readouts and the drawing. It gets the inputs' values and all constants
as data, computes by itself while a slider is dragged, and reports when the hand lets go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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
    coefficient_for,
    growth,
    released,
)
from effnet_core.cost import PARAMS_LIMIT
from effnet_core.figures import network as figures_network

from ..components import scaling_console
from ..session import kept_values
from ..shared import costs, widgets

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

KEY = "scaling.console"
FREE = "none"  # no coefficient gives way
LOCKS = {FREE: "Nothing", **LETTERS}
NETWORKS = {costs.FORMULA: "Formula"} | {member: member.upper() for member in RELEASES}
FORMULA = {"scaling.network": costs.FORMULA}  # a move leaves the released network for the formula
PAPER = {"scaling.alpha": ALPHA, "scaling.beta": BETA, "scaling.gamma": GAMMA, "scaling.lock": FREE}


class Setting(NamedTuple):
    """One slider with its exact input; `step` is the slider's."""

    name: str
    label: str
    default: float
    limits: tuple[float, float]
    step: float

    @property
    def key(self) -> str:
        return f"scaling.{self.name}"


PHI = Setting("phi", "φ, all three", 1.0, PHI_RANGE, 0.1)
COEFFICIENTS = (
    Setting("alpha", "α, depth", ALPHA, COEFFICIENT_RANGE, 0.01),
    Setting("beta", "β, width", BETA, COEFFICIENT_RANGE, 0.01),
    Setting("gamma", "γ, resolution", GAMMA, COEFFICIENT_RANGE, 0.01),
)
SETTINGS = (PHI, *COEFFICIENTS)
TARGET = Setting("target", "Held at", 2.0, tuple(growth(limit, limit, limit) for limit in COEFFICIENT_RANGE), 0.1)


def exact_inputs() -> tuple[float, dict[str, float]]:
    """φ, and alpha, beta, gamma, from the number inputs; where their product is held, one of them gives way."""
    for setting in (*SETTINGS, TARGET):
        widgets.explain_refused_number(setting.key, setting.default, setting.limits)
    refused = st.empty()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        slots = {setting.name: st.container(width=135) for setting in SETTINGS}
        _back_to_the_paper()
    freed, target = _lock()
    values: dict[str, float] = {}
    for setting in sorted(SETTINGS, key=lambda setting: setting.name == freed):  # the freed one last: the others set it
        if setting.name == freed:
            values[freed] = _give_way(setting, target, values, refused)
        with slots[setting.name]:
            shown = _exact(setting, moves=FORMULA, disabled=setting.name == freed)
        values.setdefault(setting.name, shown)
    return values[PHI.name], {setting.name: values[setting.name] for setting in COEFFICIENTS}


def _lock() -> tuple[str, float]:
    """Which coefficient gives way, and the product that it holds."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        freed = widgets.choice(
            "Hold α · β² · γ²: what gives way?",
            LOCKS,
            key="scaling.lock",
            help="The paper holds it near 2, so that one step of φ doubles compute. "
            "The coefficient that gives way follows the two others.",
        )
        with st.container(width=135):
            return freed, _exact(TARGET, disabled=freed == FREE)


def _exact(setting: Setting, *, moves: dict[str, object] | None = None, disabled: bool = False) -> float:
    return widgets.exact(
        setting.label,
        key=setting.key,
        default=setting.default,
        limits=setting.limits,
        step=setting.step,
        on_move=moves,
        disabled=disabled,
    )


def _give_way(setting: Setting, target: float, values: dict[str, float], refused: DeltaGenerator) -> float:
    """Set the freed coefficient's input so that the product is the target; where none does, say so and stay close."""
    given = {name: values[name] for name in POWERS if name in values}
    try:
        value = coefficient_for(target, **given)
    except ValueError as problem:
        refused.warning(f"Can't hold the product: {problem}.")
        low, high = setting.limits
        value = high if growth(**given, **{setting.name: high}) < target else low
    kept_values.keep_all({setting.key: value})
    return value


def _back_to_the_paper() -> None:
    st.button(
        f"The paper's α = {ALPHA:g}, β = {BETA:g}, γ = {GAMMA:g}",
        on_click=kept_values.keep_all,
        args=(PAPER | FORMULA,),
        key="scaling.paper",
    )


def follow(network: str, phi: float, coefficients: dict[str, float]) -> None:
    """Sliders, readouts and drawing of these settings, which follow the hand."""
    settings = {"network": network, "phi": phi, **coefficients}
    scaling_console.mount(console_data(settings), key=KEY, on_moved=lambda: take(kept_values.value(KEY)["moved"]))


def console_data(settings: dict[str, str | float]) -> dict[str, object]:
    """What the component gets: the settings, and every constant that it computes and draws with."""
    shown = costs.quantity()
    return {
        "settings": settings,
        "possible": kept_values.value(costs.POSSIBLE),
        "heard": kept_values.value("scaling.heard", 0),
        "lock": {
            "frees": kept_values.value("scaling.lock", FREE),
            "target": kept_values.value(TARGET.key, TARGET.default),
        },
        "unit": {"name": shown.name, "factor": shown.factor},
        "sliders": [
            {"name": row.name, "label": row.label, "low": row.limits[0], "high": row.limits[1], "step": row.step}
            for row in SETTINGS
        ],
        "drawing": {
            "colours": palette.SLAB_COLOURS,
            "neutral": palette.NEUTRAL,
            "zooms": figures_network.ZOOMS,
            "gap": figures_network.STAGE_GAP,
        },
        "rules": rules(),
    }


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


def take(report: dict[str, object]) -> None:
    """The hand let go of a slider: its settings become those of the inputs."""
    settings = accepted(report.get("settings"))
    kept_values.keep_all({f"scaling.{name}": value for name, value in settings.items()})
    kept_values.keep(costs.POSSIBLE, accepted(report.get("possible")) or None)
    kept_values.keep("scaling.heard", report.get("number", 0))


def accepted(settings: object) -> dict[str, str | float]:
    """The browser's word for network and sliders, if all are there and within their limits; else nothing."""
    if not isinstance(settings, dict) or settings.get("network") not in NETWORKS:
        return {}
    values = {row.name: settings.get(row.name) for row in SETTINGS}
    for row in SETTINGS:
        value, (low, high) = values[row.name], row.limits
        if not isinstance(value, int | float) or not low <= value <= high:
            return {}
    return {"network": settings["network"]} | {name: float(value) for name, value in values.items()}
