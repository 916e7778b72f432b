"""The panel "Linear end": a spiral through a ReLU."""

from __future__ import annotations

import streamlit as st

from effnet_core.explain import relu_embedding
from effnet_core.figures import relu_embedding as figures_relu_embedding
from effnet_core.units import percent

from ..shared import widgets

SEED_LIMITS = (0, 9999)


def show_linear_bottleneck() -> None:
    """A spiral through a random space and a ReLU, and back: how much is lost depends on the space's dimensions."""
    controls, before, after = st.columns([1, 1.3, 1.3], gap="large")
    low, high = relu_embedding.DIMENSIONS
    with controls:
        dimensions = widgets.whole_number("Dimensions n of the space", key="mbconv.n", default=low, limits=(low, high))
        seed = widgets.whole_number("Seed of the random matrix", key="mbconv.seed", default=0, limits=SEED_LIMITS)
        rectify = widgets.choice("In that space", {"relu": "ReLU", "linear": "Nothing"}, key="mbconv.relu") == "relu"
    embedding = relu_embedding.embed(dimensions, seed=seed, rectify=rectify)
    with controls, st.container(key="mbconv.loss"):
        st.metric("Loss: error after the way back", percent(embedding.error, 0), help=LOSS_HELP)
        collapsed, points = int(embedding.collapsed.sum()), len(embedding.curve)
        st.metric("Points that collapsed", f"{collapsed} of {points}", help=COLLAPSE_HELP)
    for column, title, shape in (
        (before, "The spiral", embedding.curve),
        (after, f"After {dimensions} dimensions and back", embedding.back * embedding.shrinkage),
    ):
        column = column.container(key=f"mbconv.shape.{title.split()[0]}")
        column.markdown(f"**{title}**")
        column.plotly_chart(
            figures_relu_embedding.spiral(shape, embedding.collapsed),
            key=f"mbconv.spiral.{title.split()[0]}",
            alt=f"{title}: {collapsed} of {points} points collapsed, error {percent(embedding.error, 0)}",
            config=widgets.STILL,
        )
    _show_losses()


LOSS_HELP = (
    "Root mean square distance from the spiral over its root mean square radius, after the one factor that fits best: "
    "ReLU makes the shape smaller, and that alone loses nothing."
)


COLLAPSE_HELP = (
    "Fewer than two of the point's n coordinates are above zero: ReLU then sends a whole line or region to one value, "
    "and nothing can tell its points apart again. They are drawn as crosses."
)


def _show_losses() -> None:
    """What is lost for every number of dimensions, the median of several matrices, as lines and as a table."""
    rows, last = relu_embedding.losses(), relu_embedding.MATRICES - 1
    st.plotly_chart(
        figures_relu_embedding.losses(rows),
        key="mbconv.losses",
        alt="Error with ReLU: "
        + ", ".join(f"{percent(row.error, 0)} in {row.dimensions} dimensions" for row in (rows[0], rows[-1])),
        config=widgets.STILL,
    )
    st.caption(f"With ReLU; medians of {relu_embedding.MATRICES} random matrices, seeds 0 to {last}.")
    with st.expander("The numbers"):
        shares = {name: st.column_config.NumberColumn(format="percent") for name in ("error", "collapsed")}
        table = [row._asdict() for row in rows]
        st.dataframe(table, hide_index=True, column_config=shares, key="mbconv.losses.table")
