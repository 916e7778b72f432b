"""Accuracy against cost: networks of the paper and of torchvision."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from effnet_core.figures import evidence
from effnet_core.figures.quantities import PARAMETERS
from effnet_core.published import accuracies
from effnet_core.published.accuracies import PAPER, TORCHVISION, Network
from effnet_core.units import mega

from ..shared import costs, widgets
from .curves import TABLE, compute_text, show_figure, show_table

FAMILIES = list(accuracies.FAMILIES)
THERE_ONLY = "this source has no row of them. Choose accuracies of both above"


def pick_families() -> list[str]:
    """Which families are shown; none chosen is possible."""
    key = "evidence.families"
    widgets.explain_refused(key, ", ".join(FAMILIES), lambda text: text in ("", *FAMILIES), "the others")
    return st.pills("Families", FAMILIES, selection_mode="multi", default=FAMILIES, key=key, bind="query-params")


def networks(origin: str, families: Sequence[str]) -> list[Network]:
    """The rows of one source, or of both."""
    rows = [
        *(accuracies.table2() if origin != TORCHVISION else ()),
        *(accuracies.torchvision() if origin != PAPER else ()),
    ]
    return [row for row in rows if row.family in families]


def show_map(rows: Sequence[Network], families: Sequence[str], cost: str, view: str) -> None:
    """Accuracy of these families' networks against parameters or compute, drawn or listed."""
    quantity = PARAMETERS if cost == "params" else costs.quantity()
    placed = [row for row in rows if getattr(row, quantity.column) is not None]
    if not placed:
        _say_nothing_is_drawn(families)
    elif view == TABLE:
        show_table([_listed(row) for row in rows], "evidence.networks", "Every network with its source")
    else:
        show_figure(
            evidence.accuracy_map(placed, quantity),
            f"map.{quantity.column}",
            f"Top-1 of {len(placed)} networks over {quantity.name}",
        )
    without = [family for family in families if family not in {row.family for row in rows}]
    if rows and without:
        st.caption(f"Nothing is drawn of {' and '.join(without)}: {THERE_ONLY}.")
    if left_out := [row.name for row in rows if row not in placed]:
        st.caption(f"Not drawn, since its source prints no FLOPs: {', '.join(left_out)}.")


def _say_nothing_is_drawn(families: Sequence[str]) -> None:
    if families:
        st.info(f"There is nothing to draw of {' and '.join(families)} yet: {THERE_ONLY}.")
    else:
        st.info("No network is chosen. Choose at least one family above.")


def _listed(row: Network) -> dict[str, str | float | None]:
    return {
        "network": row.name,
        "family": row.family,
        "top-1, %": row.top1,
        "parameters": mega(row.params),
        **compute_text(row.macs),
        "trained": row.recipe,
        "source": row.source,
    }


def warn_of_recipes() -> None:
    """Why torchvision's accuracies of B0 to B7 are no curve, read from its rows."""
    trainings: dict[str, list[str]] = {}
    for row in networks(TORCHVISION, ["EfficientNet"]):
        name = row.name.removeprefix("EfficientNet-").removesuffix(" V1")
        trainings.setdefault(row.recipe, []).append(name)
    st.warning(
        f"**torchvision's weights do not come from one training.** B5 is {_step_up(TORCHVISION):.2f} points above B4 "
        f"there, {_step_up(PAPER):.1f} in the paper. "
        + " ".join(f"{', '.join(names)}: {recipe}." for recipe, names in trainings.items())
        + " A step from one training recipe to another is not an effect of size."
    )


def _step_up(origin: str) -> float:
    """Points of top-1 from B4 to B5 in one source."""
    rows = accuracies.released_accuracies(networks(origin, ["EfficientNet"]))
    return rows["b5"].top1 - rows["b4"].top1
