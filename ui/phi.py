"""What the scaling page shows of φ: rounding step by step, the φ of B0 to B7, compute over φ, the constraint."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from effnet_core import facts, figures_phi, phi
from effnet_core.architecture import ALPHA, BETA, GAMMA, PHI_RANGE, RELEASES, Architecture, compound, growth, released
from effnet_core.cost import cost_of

from . import costs, widgets

FINE = 20  # points of a curve for each step of φ
TOLERANCES = (0.01, 0.3)
BELIEFS = ("E02", "E03", "E17", "E18", "E16", "E37")  # rows of errata.csv that this lesson answers


def _formula(value: float, coefficients: dict[str, float]) -> Architecture | None:
    """The formula's network; None, after a sentence, where there is none (the page's top says why)."""
    try:
        architecture = compound(value, **coefficients)
        cost_of(architecture)
    except ValueError:
        st.info("The formula has no network at these settings; choose a smaller φ or smaller coefficients.")
        return None
    return architecture


# Rounding, step by step -------------------------------------------------------------------------------------------


def show_rounding(network: str, value: float, coefficients: dict[str, float]) -> None:
    """The formula's numbers before and after rounding, beside the released network chosen, or else the nearest one."""
    formula = _formula(value, coefficients)
    if formula is None:
        return
    member = phi.nearest_release(cost_of(formula).macs) if network == costs.FORMULA else network
    theirs, names = released(member), (f"formula, φ = {value:g}", f"{member.upper()} as released")
    reason = "the release nearest in compute" if network == costs.FORMULA else "chosen above"
    st.markdown(f"**{names[0]}** beside **{names[1]}** ({reason}). One is not the other.")
    _show_sizes(formula, theirs, value, coefficients, names)
    st.markdown("**Channels** are rounded to multiples of 8; where that would lose more than 10 %, one step up.")
    _show_steps(phi.channel_steps(formula.width), phi.channel_steps(theirs.width), names, key="channels")
    st.markdown("**Blocks** of each stage are rounded up, so a little more depth can add a block to every stage.")
    _show_steps(phi.depth_steps(formula.depth), phi.depth_steps(theirs.depth), names, key="blocks")


def _show_sizes(
    formula: Architecture,
    theirs: Architecture,
    value: float,
    coefficients: dict[str, float],
    names: tuple[str, str],
) -> None:
    ours, others, base = cost_of(formula), cost_of(theirs), cost_of(released("b0"))
    pixels = phi.resolution_step(coefficients["gamma"] ** value)
    blocks = sum(step.raw for step in phi.depth_steps(formula.depth))
    promised = base.macs * growth(**coefficients) ** value
    rows = (
        ("depth", f"× {formula.depth:.4f}", "stage by stage, below", f"× {theirs.depth:g}"),
        ("width", f"× {formula.width:.4f}", "stage by stage, below", f"× {theirs.width:g}"),
        ("resolution, px", f"{pixels.raw:.2f}", f"{pixels.rounded}", f"{theirs.resolution}"),
        ("blocks", f"{blocks:.2f}", f"{len(formula.blocks)}", f"{len(theirs.blocks)}"),
        ("parameters", "", costs.millions(ours.params), costs.millions(others.params)),
        (f"compute, {costs.unit()}", costs.compute(promised), costs.compute(ours.macs), costs.compute(others.macs)),
    )
    header = ("", f"{names[0]}, before rounding", f"{names[0]}, rounded", names[1])
    st.table([dict(zip(header, row, strict=True)) for row in rows], hide_index=True)


def _show_steps(ours: Sequence[phi.Step], theirs: Sequence[phi.Step], names: tuple[str, str], *, key: str) -> None:
    rows = [
        {"where": here.place, "B0": here.base}
        | {f"{names[0]}: raw": here.raw, "rounded": here.rounded, "why": here.why}
        | {f"{names[1]}: raw": there.raw, "rounded ": there.rounded, "why ": there.why}
        for here, there in zip(ours, theirs, strict=True)
    ]
    raw = {f"{name}: raw": st.column_config.NumberColumn(format="%.2f") for name in names}
    st.dataframe(rows, hide_index=True, column_config=raw, key=f"scaling.rounding.{key}", height="content")


# The φ of B0 to B7 ------------------------------------------------------------------------------------------------


def show_implied() -> None:
    """The φ that each release implies, what differs from the formula, and what torchvision does otherwise."""
    found = [phi.implied(member) for member in RELEASES]
    st.markdown("**Which φ is B3?** None: its depth, its width and its resolution each ask for another one.")
    st.plotly_chart(
        figures_phi.implied_phis(found),
        key="scaling.implied",
        alt="The φ that depth, width and resolution of B0 to B7 ask for; "
        + ", ".join(
            f"{row.member.upper()} {min(row.axes.values()):.2f} to {max(row.axes.values()):.2f}" for row in found
        ),
        config=widgets.chart_config("implied-phi"),
    )
    widgets.cite(
        f"φ = ln(factor) / ln(α, β or γ) with the paper's α = {ALPHA:g}, β = {BETA:g}, γ = {GAMMA:g}; factors from the "
        "official code (efficientnet_params). Paper and code never print a φ for B1 to B7."
    )
    _show_members(found)
    _show_ports()
    st.markdown("**What is often believed, and what holds**")
    beliefs = {row["id"]: row for row in facts.table("errata")}
    st.table(
        [
            {
                "on": row["topic"],
                "often believed": row["printed_or_common_belief"],
                "what holds": row["correct_or_clarified"],
            }
            for row in map(beliefs.get, BELIEFS)
        ],
        hide_index=True,
    )


def _show_members(found: Sequence[phi.Implied]) -> None:
    rows = []
    for row in found:
        theirs = released(row.member)
        cost = cost_of(theirs)
        rows.append(
            {"network": row.member.upper(), "depth ×": theirs.depth, "width ×": theirs.width, "px": theirs.resolution}
            | {f"φ from {axis}": value for axis, value in row.axes.items()}
            | {f"φ from {costs.unit()}": row.compute, "blocks": len(theirs.blocks)}
            | {"parameters": costs.millions(cost.params), costs.unit(): costs.compute(cost.macs)}
        )
    exact = {column: st.column_config.NumberColumn(format="%.3f") for column in rows[0] if column.startswith("φ from")}
    st.dataframe(rows, hide_index=True, column_config=exact, key="scaling.members", height="content")
    st.markdown("**What differs from the formula, at the φ that people give for each**")
    st.table(
        [
            {
                "network": row.member.upper(),
                "φ usually given": f"{row.phi:g}",
                "as released": row.differs,
                "why": row.why,
            }
            for row in map(phi.comparison, RELEASES)
        ],
        hide_index=True,
    )
    [source] = {row["source"] for row in facts.table("effnet_phi_fit")}
    widgets.cite(f"“φ usually given”: {source.split('; ')[-1]}.")


def _show_ports() -> None:
    """torchvision's own choices, one row a set of weights."""
    st.markdown("**What torchvision does otherwise**")
    ports = phi.ports()
    rows = [
        {
            "network": port.member.upper(),
            "weights": port.weights,
            "evaluated at, px": port.crop,
            "released for, px": port.resolution,
            f"{costs.unit()} as evaluated": costs.compute(port.macs_at_crop),
            "top-1, %": port.top1,
            "trained by": port.trained_by,
            "batch norm's eps": f"{port.norm_eps:g}",
            "head channels": port.head,
            "official head": port.official_head,
        }
        for port in ports
    ]
    st.dataframe(rows, hide_index=True, key="scaling.ports", height="content")
    other = [port.member.upper() for port in ports if port.crop != port.resolution]
    heads = [port.member.upper() for port in ports if port.head != port.official_head]
    step = 1 / FINE
    phis = [PHI_RANGE[0] + step * count for count in range(int((PHI_RANGE[1] - PHI_RANGE[0]) / step) + 1)]
    apart = [value for value in phis if len(set(phi.heads(BETA**value))) > 1]
    st.markdown(
        f"Evaluated at another resolution than released: **{', '.join(other)}**. The head, 4 × the last stage here and "
        f"round(1280 · width) in the official code, differs for **{', '.join(heads) or 'none of the eight'}**; between "
        f"them it does, at {len(apart)} of {len(phis)} values of φ from {phis[0]:g} to {phis[-1]:g}."
    )
    widgets.cite(
        f"Source: {ports[0].source}; authors by the names of the weights' files. Steps between two rows that "
        "were trained by different people are not the effect of size alone."
    )


# Compute over φ ---------------------------------------------------------------------------------------------------


@st.cache_data(max_entries=64, show_spinner=False)
def _growth(alpha: float, beta: float, gamma: float) -> tuple[phi.Growth, ...]:
    low, high = PHI_RANGE
    phis = [low + count / FINE for count in range(round((high - low) * FINE) + 1)]
    return phi.growth_over(phis, alpha=alpha, beta=beta, gamma=gamma)


def show_growth(value: float, coefficients: dict[str, float]) -> None:
    """Compute over φ: the doubling that people quote, what α·β²·γ² promises, and what rounding gives."""
    formula = _formula(value, coefficients)
    if formula is None:
        return
    rows, here = _growth(**coefficients), (value, cost_of(formula).macs)
    releases = [(phi.implied(member), cost_of(released(member)).macs) for member in RELEASES]
    times = growth(**coefficients)
    st.plotly_chart(
        figures_phi.growth_over_phi(rows, releases, here, costs.quantity()),
        key="scaling.growth",
        alt=f"{costs.unit()} over φ on a log axis: doubling, × {times:.3f} a step, and what rounding gives",
        config=widgets.chart_config("compute-over-phi"),
    )
    last = rows[-1].phi
    widgets.cite(
        f"At φ = {last:g}, 2^φ is {2**last:,.0f} and (α · β² · γ²)^φ is {times**last:,.0f}: {times:.3f} is not 2. "
        "Releases stand at the middle of the φ that their depth, width and resolution imply (paper's α, β, γ)."
    )
    whole = rows[::FINE]
    shown = [
        {
            "φ": row.phi,
            f"2^φ, {costs.unit()}": costs.compute(row.doubling),
            f"(α·β²·γ²)^φ, {costs.unit()}": costs.compute(row.promised),
            f"rounded, {costs.unit()}": "no network" if row.rounded is None else costs.compute(row.rounded),
            "rounding adds": "" if row.rounded is None else f"{row.rounded / row.promised - 1:+.1%}",
        }
        for row in whole
    ]
    st.dataframe(shown, hide_index=True, key="scaling.growth_table", height="content")


# The constraint ---------------------------------------------------------------------------------------------------


def show_constraint(coefficients: dict[str, float]) -> None:
    """α·β²·γ² = 2 as a surface to turn, the paper's and the user's point, and the grid of a search."""
    tolerance = widgets.slider(
        "Grid points whose product is this near to 2",
        key="scaling.tolerance",
        default=0.1,
        limits=TOLERANCES,
        step=0.01,
    )
    grid = phi.search_grid(tolerance)
    here = tuple(coefficients[name] for name in ("alpha", "beta", "gamma"))
    picture, table = st.columns([1.5, 1], gap="large")
    with picture:
        st.plotly_chart(
            figures_phi.constraint_surface(here, grid),
            key="scaling.constraint",
            alt=f"The surface α · β² · γ² = 2; the point here has the product {growth(*here):.3f}",
            config=widgets.chart_config("constraint", turns=True),
        )
        widgets.keep_camera()
    with table:
        _show_grid(grid)
    place = [(row.alpha, row.beta, row.gamma) for row in grid]
    rank = (
        f"number {place.index((ALPHA, BETA, GAMMA)) + 1} of these"
        if (ALPHA, BETA, GAMMA) in place
        else "not among them"
    )
    widgets.cite(
        f"Drag to turn. {len(grid)} points of a grid in steps of {1 / phi.GRID_STEP:g} lie within {tolerance:g} of 2, "
        f"nearest first; the paper's point, product {growth(ALPHA, BETA, GAMMA):.3f}, is {rank}. This grid is computed "
        "here: the paper searched a small grid by accuracy and published neither the grid nor the accuracies of its "
        "points (asked in mingxingtan/efficientnet, issue 1)."
    )


def _show_grid(grid: Sequence[phi.Candidate]) -> None:
    rows = [
        {"α": row.alpha, "β": row.beta, "γ": row.gamma, "α·β²·γ²": row.product}
        | {f"{costs.unit()} at φ = 1": costs.compute(row.macs)}
        for row in grid
    ]
    exact = {name: st.column_config.NumberColumn(format="%.2f") for name in "αβγ"}
    exact["α·β²·γ²"] = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(rows, hide_index=True, column_config=exact, height=480, key="scaling.grid")
