"""The scaling console's exact inputs, which are its state; the component above them follows the hand by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.architecture import (
    ALPHA,
    BETA,
    COEFFICIENT_RANGE,
    GAMMA,
    LETTERS,
    POWERS,
    RELEASES,
    coefficient_for,
    growth,
)
from effnet_core.scaling import implied_phi

from ..session import kept_values
from ..shared import console, costs, widgets
from ..shared.console import FREE, PHI, Setting

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

KEY, AGAIN = "scaling.console", "scaling.again"
LOCKS = {FREE: "Nothing", **LETTERS}
NETWORKS = {costs.FORMULA: "Formula"} | {member: member.upper() for member in RELEASES}
FORMULA = {"scaling.network": costs.FORMULA}  # a move leaves the released network for the formula
PAPER = {f"scaling.{name}": value for name, value in console.PAPER.items()} | {"scaling.lock": FREE}

COEFFICIENTS = (
    Setting("alpha", "α, depth", ALPHA, COEFFICIENT_RANGE, 0.01),
    Setting("beta", "β, width", BETA, COEFFICIENT_RANGE, 0.01),
    Setting("gamma", "γ, resolution", GAMMA, COEFFICIENT_RANGE, 0.01),
)
SETTINGS = (PHI, *COEFFICIENTS)
TARGET = Setting("target", "Held at", 2.0, tuple(growth(limit, limit, limit) for limit in COEFFICIENT_RANGE), 0.1)


def exact_inputs(network: str) -> tuple[float, dict[str, float]]:
    """φ, and alpha, beta, gamma, from the number inputs; where their product is held, one of them gives way.

    Of a released network they show what it implies, so that they never show another network's settings.
    """
    if network in RELEASES:
        kept_values.keep_all({f"scaling.{name}": value for name, value in implied_settings(network).items()})
    for setting in (*SETTINGS, TARGET):
        widgets.explain_refused_number(key_of(setting), setting.default, setting.limits)
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
    is_other = network in RELEASES and values[PHI.name] != implied_settings(network)[PHI.name]
    kept_values.keep(AGAIN, is_other and not kept_values.value(AGAIN))
    if kept_values.value(AGAIN):  # a link's number has gone before what is implied; in the next run it does not
        st.rerun()
    return values[PHI.name], {setting.name: values[setting.name] for setting in COEFFICIENTS}


def implied_settings(member: str) -> dict[str, float]:
    """The formula's settings nearest to a released network: the paper's α, β, γ, and the φ in the middle."""
    return console.PAPER | {PHI.name: round(implied_phi.implied(member).middle, 2)}


def key_of(setting: Setting) -> str:
    return f"scaling.{setting.name}"


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
        key=key_of(setting),
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
    kept_values.keep_all({key_of(setting): value})
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
    console.mount(console_data(settings), key=KEY, take=take)


def console_data(settings: dict[str, str | float]) -> dict[str, object]:
    """What the component gets."""
    return console.data(
        settings,
        SETTINGS,
        heard=kept_values.value("scaling.heard", 0),
        possible=kept_values.value(costs.POSSIBLE),
        lock={
            "frees": kept_values.value("scaling.lock", FREE),
            "target": kept_values.value(key_of(TARGET), TARGET.default),
        },
    )


def take(report: dict[str, object]) -> None:
    """The hand let go of a slider: its settings become those of the inputs."""
    settings = accepted(report.get("settings"))
    kept_values.keep_all({f"scaling.{name}": value for name, value in settings.items()})
    kept_values.keep(costs.POSSIBLE, accepted(report.get("possible")) or None)
    kept_values.keep("scaling.heard", report.get("number", 0))


def accepted(settings: object) -> dict[str, str | float]:
    """The browser's word for network and sliders, if all are there and within their limits; else nothing."""
    values = console.accepted(settings, SETTINGS)
    if not values or settings.get("network") not in NETWORKS:
        return {}
    return {"network": settings["network"]} | values
