"""The panel "Look": the gates of all blocks, and the channels of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from effnet_core import units
from effnet_core.figures import gate_rows, inside

from ..components import gate_choice
from ..session import answer_cache, kept_values, pictures
from ..shared import heat_overlay, widgets

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation


EXTREMES = 4  # channels shown at either end


MOST_OPEN, MOST_CLOSED = -1, -2  # in the place of a channel's number


def gates_of(answer: Explanation) -> dict[str, np.ndarray]:
    return {gates.block: gates.values for gates in answer.gates}


def all_blocks(answer: Explanation, block: str) -> None:
    """The gates of all blocks, a row each; a click on a row chooses the block."""
    means = {gates.block: gates.values.mean() for gates in answer.gates}
    low, high = min(means, key=means.get), max(means, key=means.get)
    st.header(f"All {len(answer.gates)} blocks: click a row to choose one", anchor=False)
    gate_choice.rows(
        [
            gate_choice.Row(gates.block, gate_rows.name_of(gates.block, gates.values), _sorted(gates.values))
            for gates in answer.gates
        ],
        block,
        key="se_gates.all",
        alt="Gates of all blocks, one row a block, each sorted from closed to open. On average "
        f"{low} is most closed, {means[low]:.2f}, and {high} most open, {means[high]:.2f}",
        on_picked=lambda picked: kept_values.keep("se_gates.block", picked),
    )
    st.caption("Block · its channels, sorted from closed (dark, gate 0) to open (yellow, gate 1).")


def _sorted(values: np.ndarray) -> list[float]:
    return gate_rows.at_even_ranks(values.tolist())


def one_block(answer: Explanation, block: str) -> None:
    """A block's gates in numbers, and as a histogram."""
    values = gates_of(answer)[block]
    closed_share, open_share = (units.percent(round(some.mean(), 2)) for some in (values < 0.1, values > 0.9))
    st.markdown(
        f"Mean gate **{values.mean():.2f}**. Nearly closed, under 0.1: **{closed_share}** of the channels. "
        f"Nearly open, over 0.9: **{open_share}**."
    )
    shares = f"{closed_share} nearly closed, {open_share} nearly open"
    st.plotly_chart(
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
    st.caption(
        "Above each channel's map before its gate, below after it, in the same greys: black means zero or below, white "
        "is its strongest value before the gate."
    )
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
