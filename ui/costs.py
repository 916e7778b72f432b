"""What a network costs, on the screen: in the unit of the app's switch, against B0, layer by layer."""

from __future__ import annotations

import streamlit as st

from effnet_core.architecture import Architecture, compound, growth, released
from effnet_core.cost import Layer, cost_of, layers_of
from effnet_core.figures import FLOPS, MACS, Quantity, three_digits

from . import state

MACS_OR_FLOPS = "One multiply-accumulate is two operations; the paper prints MACs under the name FLOPs."
FORMULA = "formula"  # in the place of a released network's name


def unit() -> str:
    """The unit that all pages show compute in: "MACs" or "FLOPs"."""
    return "FLOPs" if state.value("app.unit") == "FLOPs" else "MACs"


def quantity() -> Quantity:
    """What charts of compute count, by the same switch."""
    return FLOPS if unit() == "FLOPs" else MACS


def compute(macs: float) -> str:
    """Multiply-accumulates in the unit of the switch, in giga: "1.81 G"; that unit stands in the label."""
    return f"{three_digits(quantity().factor * macs / 1e9)} G"


def millions(count: float) -> str:
    """Parameters in millions: "12.2 M"."""
    return f"{three_digits(count / 1e6)} M"


def scaled_network(network: str, phi: float, coefficients: dict[str, float]) -> tuple[Architecture, str]:
    """The released network of that name, or the formula's; with what the screen calls it.

    Settings that no network can have get a sentence, and B0 is shown instead.
    """
    slot = st.empty()  # always there, so that nothing below jumps
    if network != FORMULA:
        return released(network), f"{network.upper()} as released"
    try:
        architecture = compound(phi, **coefficients)
        layers_of(architecture)  # refuses what is too large
    except ValueError as problem:
        slot.error(f"No such network: {problem}. Shown instead: B0.")
        return released("b0"), "B0 as released"
    return architecture, f"Formula, φ = {phi:g}"


def what_it_is(network: str) -> str:
    """Where the sizes of the chosen network come from."""
    if network == FORMULA:
        return (
            "B0's depth × α^φ, width × β^φ, resolution × γ^φ, each rounded. "
            "B1 to B7 were released with coefficients picked by hand: no φ gives exactly those."
        )
    return (
        f"{network.upper()} with its published coefficients, picked by hand. φ, α, β and γ do not change it: "
        "move one of them and the page goes back to the formula."
    )


def readouts(architecture: Architecture, *, columns: int, with_size: bool = True) -> None:
    """Depth, width, resolution and compute, and with_size also blocks and parameters; each against B0."""
    b0 = released("b0")
    cost, base = cost_of(architecture), cost_of(b0)
    blocks, pixels = len(architecture.blocks), architecture.resolution
    exact = f"{cost.params:,} parameters", f"{cost.macs:,} MACs = {cost.flops:,} FLOPs. {MACS_OR_FLOPS}"
    size = (
        ("Blocks", f"{blocks}", f"{blocks - len(b0.blocks):+}", "MBConv blocks: each stage's layers are rounded up."),
        ("Parameters", millions(cost.params), _times(cost.params / base.params), exact[0]),
    )
    rows = (
        (
            "Depth",
            f"× {architecture.depth:.2f}",
            _percent(architecture.depth),
            "Layers of a stage, before rounding up.",
        ),
        ("Width", f"× {architecture.width:.2f}", _percent(architecture.width), "Channels, before rounding to 8."),
        ("Resolution", f"{pixels} px", f"{pixels - b0.resolution:+} px", "Side of the square picture."),
        *(size if with_size else ()),
        (f"Compute, {unit()}", compute(cost.macs), _times(cost.macs / base.macs), exact[1]),
    )
    with st.grid(columns, min_column_width=125):
        for label, number, change, help in rows:
            st.metric(label, number, f"{change} against B0", help=help, delta_color="off", delta_arrow="off")


def promise(phi: float, *, alpha: float, beta: float, gamma: float) -> None:
    """α·β²·γ² and its distance from 2; what it promises for φ stands against what rounding gives."""
    product = growth(alpha, beta, gamma)
    distance = f"{abs(product - 2):.3f} {'above' if product > 2 else 'below'} 2" if product != 2 else "exactly 2"
    st.metric("α · β² · γ²", f"{product:.3f}", distance, delta_color="off", delta_arrow="off")
    st.caption(
        f"For φ = {phi:g} the formula promises {_times(product**phi)} of B0's compute, before channels, layers and "
        "pixels are rounded. The paper holds the product near 2, so that φ counts doublings."
    )


def _times(ratio: float) -> str:
    return f"× {three_digits(ratio)}"


def _percent(ratio: float) -> str:
    return f"{ratio - 1:+.0%}"


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
    counts = ("parameters", unit(), "activations", "channels in", "channels out", "groups")
    exact = {name: st.column_config.NumberColumn(format="localized") for name in counts}
    st.dataframe(layer_rows(layers), column_config=exact, hide_index=True, height=420, key=key)
