"""The panel on the constraint α·β²·γ² = 2."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from effnet_core.architecture import ALPHA, BETA, GAMMA, growth
from effnet_core.figures import constraint as figures_constraint
from effnet_core.scaling import constraint

from ..components import camera
from ..shared import costs, widgets

TOLERANCES = (0.01, 0.3)


def show_constraint(coefficients: dict[str, float]) -> None:
    """α·β²·γ² = 2 as a surface to turn, the paper's and the user's point, and the grid of a search."""
    tolerance = widgets.slider(
        "Grid points whose product is within this distance of 2",
        key="scaling.tolerance",
        default=0.1,
        limits=TOLERANCES,
        step=0.01,
    )
    grid = constraint.search_grid(tolerance)
    here = tuple(coefficients[name] for name in ("alpha", "beta", "gamma"))
    picture, table = st.columns([1.5, 1], gap="large")
    with picture:
        st.plotly_chart(
            figures_constraint.constraint_surface(here, grid),
            key="scaling.constraint",
            alt=f"The surface α · β² · γ² = 2; the point here has the product {growth(*here):.3f}",
            config=widgets.chart_config("constraint", turns=True),
        )
        camera.keep()
    with table:
        _show_grid(grid)
    place = [(row.alpha, row.beta, row.gamma) for row in grid]
    rank = (
        f"number {place.index((ALPHA, BETA, GAMMA)) + 1} of these"
        if (ALPHA, BETA, GAMMA) in place
        else "not among them"
    )
    widgets.cite(
        f"Drag to turn. {len(grid)} points of a grid in steps of {1 / constraint.GRID_STEP:g} lie within "
        f"{tolerance:g} of 2, nearest first; the paper's point, product {growth(ALPHA, BETA, GAMMA):.3f}, is {rank}. "
        "This grid is computed here: the paper searched a small grid by accuracy and published neither the grid nor "
        "the accuracies of its points (asked in mingxingtan/efficientnet, issue 1)."
    )


def _show_grid(grid: Sequence[constraint.Candidate]) -> None:
    rows = [
        {"α": row.alpha, "β": row.beta, "γ": row.gamma, "α·β²·γ²": row.product}
        | {f"{costs.unit()} at φ = 1": costs.compute(row.macs)}
        for row in grid
    ]
    exact = {name: st.column_config.NumberColumn(format="%.2f") for name in "αβγ"}
    exact["α·β²·γ²"] = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(rows, hide_index=True, column_config=exact, height=480, key="scaling.grid")
