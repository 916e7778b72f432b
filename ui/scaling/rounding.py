"""The panel "Rounding": how each size of the network was rounded."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from effnet_core.architecture import B0_STAGES, Architecture, compound, growth, released
from effnet_core.cost import cost_of
from effnet_core.scaling import implied_phi, rounding
from effnet_core.units import mega

from ..components import stage_table
from ..shared import costs

STAGES = {"stem": 1, "head": len(B0_STAGES) + 2}  # places that are not called by their stage
FINE = 20  # points of a curve for each step of φ


def formula_network(value: float, coefficients: dict[str, float]) -> Architecture | None:
    """The formula's network; None, after a sentence, where there is none (the page's top says why)."""
    try:
        architecture = compound(value, **coefficients)
        cost_of(architecture)
    except ValueError:
        st.info("The formula has no network at these settings; choose a smaller φ or smaller coefficients.")
        return None
    return architecture


def show_rounding(network: str, value: float, coefficients: dict[str, float]) -> None:
    """The formula's numbers before and after rounding, beside the released network chosen, or else the nearest one."""
    formula = formula_network(value, coefficients)
    if formula is None:
        return
    member = implied_phi.nearest_release(cost_of(formula).macs) if network == costs.FORMULA else network
    theirs, names = released(member), (f"formula, φ = {value:g}", f"{member.upper()} as released")
    reason = "the release nearest in compute" if network == costs.FORMULA else "chosen above"
    st.markdown(f"**{names[0]}** beside **{names[1]}** ({reason}). They are not the same network.")
    _show_sizes(formula, theirs, value, coefficients, names)
    st.markdown("**Channels** are rounded to multiples of 8; where that would lose more than 10 %, one step up.")
    _show_steps(rounding.channel_steps(formula.width), rounding.channel_steps(theirs.width), names, key="channels")
    st.markdown("**Blocks** of each stage are rounded up, so a little more depth can add a block to every stage.")
    _show_steps(rounding.depth_steps(formula.depth), rounding.depth_steps(theirs.depth), names, key="blocks")


def _show_sizes(
    formula: Architecture,
    theirs: Architecture,
    value: float,
    coefficients: dict[str, float],
    names: tuple[str, str],
) -> None:
    ours, others, base = cost_of(formula), cost_of(theirs), cost_of(released("b0"))
    pixels = rounding.resolution_step(coefficients["gamma"] ** value)
    blocks = sum(step.raw for step in rounding.depth_steps(formula.depth))
    promised = base.macs * growth(**coefficients) ** value
    rows = (
        ("depth", f"× {formula.depth:.4f}", "stage by stage, below", f"× {theirs.depth:g}"),
        ("width", f"× {formula.width:.4f}", "stage by stage, below", f"× {theirs.width:g}"),
        ("resolution, px", f"{pixels.raw:.2f}", f"{pixels.rounded}", f"{theirs.resolution}"),
        ("blocks", f"{blocks:.2f}", f"{len(formula.blocks)}", f"{len(theirs.blocks)}"),
        ("parameters", "", mega(ours.params), mega(others.params)),
        (f"compute, {costs.unit()}", costs.compute(promised), costs.compute(ours.macs), costs.compute(others.macs)),
    )
    header = ("", f"{names[0]}, before rounding", f"{names[0]}, rounded", names[1])
    st.table([dict(zip(header, row, strict=True)) for row in rows], hide_index=True)


def _show_steps(
    ours: Sequence[rounding.Step], theirs: Sequence[rounding.Step], names: tuple[str, str], *, key: str
) -> None:
    here, there = names
    rows = [
        {"where": own.place, "B0": f"{own.base:,}", f"{here}: raw": f"{own.raw:,.2f}", "rounded": f"{own.rounded:,}"}
        | {"why": own.why, f"{there}: raw": f"{other.raw:,.2f}", "rounded ": f"{other.rounded:,}", "why ": other.why}
        for own, other in zip(ours, theirs, strict=True)
    ]
    stages = [STAGES.get(own.place) or int(own.place.removeprefix("stage ")) for own in ours]
    stage_table.show(
        [*zip(stages, rows, strict=True)], key=f"scaling.rounding.{key}", alt=f"{key.capitalize()}, rounded"
    )
