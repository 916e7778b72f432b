"""What a network costs, on the screen: in the unit of the app's switch, against B0, layer by layer."""

from __future__ import annotations

import streamlit as st

from effnet_core.architecture import Architecture, compound, growth, released
from effnet_core.cost import Layer, cost_of, layers_of
from effnet_core.figures.quantities import FLOPS, MACS, Quantity
from effnet_core.scaling.implied_phi import implied
from effnet_core.units import giga, times

from ..components import stage_table
from ..session import kept_values

MACS_OR_FLOPS = "One multiply-accumulate is two operations; the paper prints MACs under the name FLOPs."
FORMULA = "formula"  # in the place of a released network's name
POSSIBLE = "scaling.possible"  # the settings of the last network that there can be


def unit() -> str:
    """The unit that all pages show compute in: "MACs" or "FLOPs"."""
    return "FLOPs" if kept_values.value("app.unit") == "FLOPs" else "MACs"


def quantity() -> Quantity:
    """What charts of compute count, by the same switch."""
    return FLOPS if unit() == "FLOPs" else MACS


def compute(macs: float) -> str:
    """Multiply-accumulates in the unit of the switch, in giga: "1.81 G"; the unit is in the label."""
    return giga(quantity().factor * macs)


def scaled_network(network: str, phi: float, coefficients: dict[str, float]) -> tuple[Architecture, str]:
    """The released network of that name, or the formula's; with what the screen calls it.

    Settings that no network can have get a sentence, and the last possible network is shown instead, B0 at first.
    """
    slot = st.empty()  # always there, so that nothing below jumps
    wanted, b0 = {"network": network, "phi": phi, **coefficients}, {"network": "b0"}
    problems = []
    for settings in (wanted, kept_values.value(POSSIBLE) or b0, b0):  # the browser's word for the second is not trusted
        try:
            architecture = _made(**settings)
            break
        except ValueError as problem:
            problems.append(problem)
    if problems:
        slot.error(f"No such network: {problems[0]}. Using {architecture[1]}.")
    else:
        kept_values.keep(POSSIBLE, wanted)
    return architecture


def _made(network: str, phi: float = 0, **coefficients: float) -> tuple[Architecture, str]:
    if network != FORMULA:
        return released(network), f"{network.upper()} as released"
    architecture = compound(phi, **coefficients)
    layers_of(architecture)  # refuses what is too large
    return architecture, f"Formula, φ = {phi:g}"


def what_it_is(network: str) -> str:
    """Where the sizes of the chosen network come from."""
    if network == FORMULA:
        return (
            "B0's depth × α^φ, width × β^φ, resolution × γ^φ, each rounded. "
            "B1 to B7 were released with coefficients picked by hand: no φ gives exactly those."
        )
    phis = sorted(implied(network).axes.values())
    asked = f"φ from {phis[0]:.1f} to {phis[-1]:.1f}" if phis[-1] else "φ = 0"
    return (
        f"{network.upper()} with its published coefficients, picked by hand: its depth, width and resolution ask for "
        f"{asked}. The sliders stand in the middle of that and do not change it: move one of them and the page goes "
        "back to the formula."
    )


def exactly(title: str, architecture: Architecture) -> None:
    """The network's numbers to the last digit, in words."""
    cost = cost_of(architecture)
    st.caption(
        f"**{title}**, exactly: depth × {architecture.depth:.4f}, width × {architecture.width:.4f}, "
        f"{architecture.resolution} px, {len(architecture.blocks)} blocks, {cost.params:,} parameters, "
        f"{cost.macs:,} MACs = {cost.flops:,} FLOPs, {cost.activations:,} activations. {MACS_OR_FLOPS}"
    )


def promise(phi: float, *, alpha: float, beta: float, gamma: float) -> None:
    """What α·β²·γ² promises for φ, before rounding."""
    product = growth(alpha, beta, gamma)
    st.caption(
        f"α · β² · γ² = {product:.4f}: for φ = {phi:g} the formula promises {times(product**phi)} of B0's compute, "
        "before channels, layers and pixels are rounded. The paper holds the product near 2: then φ counts doublings."
    )


def layer_rows(layers: list[Layer]) -> list[dict[str, str | int]]:
    """Every layer with its exact counts, compute in the unit of the switch: what the table shows and the CSV holds."""
    shown = quantity()
    return [
        {
            "layer": row.name,
            "stage": row.stage,
            "role": row.role,
            "channels in": row.in_channels,
            "channels out": row.out_channels,
            "kernel": row.kernel,
            "stride": row.stride,
            "groups": row.groups,
            "size, px": row.size,
            "parameters": row.params,
            shown.name: shown.factor * row.macs,
            "activations": row.activations,
        }
        for row in layers
    ]


def layer_table(layers: list[Layer], *, key: str) -> None:
    """Every layer, linked with its stage on the page; the CSV under "Export" is for sorting and counting."""
    texts = [
        {name: f"{value:,}" if isinstance(value, int) else value for name, value in row.items()}
        for row in layer_rows(layers)
    ]
    rows = [(layer.stage, text) for layer, text in zip(layers, texts, strict=True)]
    stage_table.show(rows, key=key, alt="Every layer with its exact counts", height=420)
