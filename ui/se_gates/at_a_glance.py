"""The panel "Look": the gates of all blocks, and the channels of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from effnet_core import units
from effnet_core.figures import inside

from ..session import answer_cache, pictures
from ..shared import heat_overlay, predictions, widgets

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation


EXTREMES = 4  # channels shown at either end


MOST_OPEN, MOST_CLOSED = -1, -2  # in the place of a channel's number


def gates_of(answer: Explanation) -> dict[str, np.ndarray]:
    return {gates.block: gates.values for gates in answer.gates}


def glance(engine: Engine, picture: pictures.Picture, answer: Explanation) -> None:
    """The picture beside the gates of all blocks."""
    look, overview = st.columns([1, 3], gap="large")
    look.image(
        heat_overlay.encoded(answer_cache.view(engine, picture)),
        width="stretch",
        caption=f"What the network sees. Its answer: {predictions.sentence(answer)}",
        alt=f"{picture.name} as the network sees it",
    )
    means = {gates.block: gates.values.mean() for gates in answer.gates}
    low, high = min(means, key=means.get), max(means, key=means.get)
    with overview:
        st.header(f"All {len(answer.gates)} blocks at a glance", anchor=False)
        st.plotly_chart(
            inside.all_gates([(gates.block, gates.values) for gates in answer.gates]),
            key="se_gates.all",
            alt="Gates of all blocks, one row a block, each sorted from closed to open. On average "
            f"{low} is most closed, {means[low]:.2f}, and {high} most open, {means[high]:.2f}",
            config=widgets.STILL,
        )


def one_block(answer: Explanation, block: str) -> None:
    """A block's gates, a bar a channel and as a histogram."""
    values = gates_of(answer)[block]
    closed_share, open_share = 100 * (values < 0.1).mean(), 100 * (values > 0.9).mean()
    st.markdown(
        f"Mean gate **{values.mean():.2f}**. Nearly closed, under 0.1: **{closed_share:.0f} %** of the channels. "
        f"Nearly open, over 0.9: **{open_share:.0f} %**."
    )
    shares = f"{closed_share:.0f} % nearly closed, {open_share:.0f} % nearly open"
    bars, histogram = st.columns([3, 2], gap="large")
    bars.plotly_chart(
        inside.gate_bars(values, marked=[int(values.argmax())]),
        key="se_gates.bars",
        alt=f"The gate of each channel of {block}; most open: channel {values.argmax()}, {values.max():.2f}",
        config=widgets.STILL,
    )
    histogram.plotly_chart(
        inside.gate_histogram(values),
        key="se_gates.histogram",
        alt=f"How many channels of {block} have which gate: {shares}",
        config=widgets.STILL,
    )


def channels(engine: Engine, picture: pictures.Picture, answer: Explanation, block: str) -> None:
    """The most open and most closed channels' maps before and after the gate; one of them over the picture."""
    values = gates_of(answer)[block]
    order = values.argsort()
    steps = dict(answer_cache.trace(engine, picture, block).steps)
    place, maps = st.columns([2, 5], gap="large")
    for title, chosen in (("most open", order[: -EXTREMES - 1 : -1]), ("most closed", order[:EXTREMES])):
        maps.subheader(f"Its {title} channels, before and after their gates", anchor=False)
        maps.plotly_chart(
            inside.feature_maps(
                [(channel, values[channel], steps["depthwise"][channel], steps["gated"][channel]) for channel in chosen]
            ),
            key=f"se_gates.maps.{title}",
            alt=f"Feature maps of the {title} channels of {block}, before and after their gates",
            config=widgets.STILL,
        )
    with place:
        _place_of_channel(engine, picture, values, steps["depthwise"])


def _place_of_channel(engine: Engine, picture: pictures.Picture, values: np.ndarray, before: np.ndarray) -> None:
    """One channel's map before its gate, over the picture. `before`: the block's maps (C, H, W)."""
    st.subheader("Where a channel is active", anchor=False)
    named = {MOST_OPEN: "its most open", MOST_CLOSED: "its most closed"}
    numbered = {channel: f"channel {channel}" for channel in range(len(values))}
    chosen = widgets.select("Channel over the picture", named | numbered, key="se_gates.channel")
    channel = {MOST_OPEN: int(values.argmax()), MOST_CLOSED: int(values.argmin())}.get(chosen, chosen)
    active = before[channel]
    st.image(
        heat_overlay.encoded(heat_overlay.on_crop(picture.shown, engine.preparation, active)),
        width="stretch",
        caption=f"Channel {channel}, gate {values[channel]:.3f}. Highlighted: where its map before the gate is above "
        f"zero, {units.probability((active > 0).mean())} of its positions. "
        f"Strongest value {active.max():.2f}, behind the gate {values[channel] * active.max():.2f}",
        alt=f"Map of channel {channel} over {picture.name}",
    )
