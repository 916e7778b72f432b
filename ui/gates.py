"""SE gates of one picture on the screen, of two side by side, and as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from effnet_core import figures_gates, figures_inside
from effnet_core.images import SAMPLES

from . import answers, pictures, state, widgets

if TYPE_CHECKING:
    from effnet_core.engine import Engine
    from effnet_core.results import Explanation

EXTREMES = 4  # channels shown at either end
MOST_OPEN, MOST_CLOSED = -1, -2  # in the place of a channel's number
NO_STATISTICS = (
    "What these gates are on the mean over many pictures is not known for this network yet: "
    "the panel By depth measures it on class folders of yours."
)
BlockGates = Mapping[str, np.ndarray]


def gates_of(answer: Explanation) -> dict[str, np.ndarray]:
    return {gates.block: gates.values for gates in answer.gates}


def glance(engine: Engine, picture: state.Picture, answer: Explanation) -> None:
    """The picture beside the gates of all blocks."""
    look, overview = st.columns([1, 3], gap="large")
    look.image(
        answers.for_screen(engine.preparation.view(picture.image)),
        width="stretch",
        caption=f"What the network sees. Its answer: {answers.sentence(answer)}",
        alt=f"{picture.name} as the network sees it",
    )
    means = {gates.block: gates.values.mean() for gates in answer.gates}
    low, high = min(means, key=means.get), max(means, key=means.get)
    with overview:
        st.header(f"All {len(answer.gates)} blocks at a glance", anchor=False)
        st.plotly_chart(
            figures_inside.all_gates([(gates.block, gates.values) for gates in answer.gates]),
            key="se_gates.all",
            alt="Gates of all blocks, one row a block, each sorted from closed to open. On the mean "
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
        figures_inside.gate_bars(values, marked=[int(values.argmax())]),
        key="se_gates.bars",
        alt=f"The gate of each channel of {block}; most open: channel {values.argmax()}, {values.max():.2f}",
        config=widgets.STILL,
    )
    histogram.plotly_chart(
        figures_inside.gate_histogram(values),
        key="se_gates.histogram",
        alt=f"How many channels of {block} have which gate: {shares}",
        config=widgets.STILL,
    )


def channels(engine: Engine, picture: state.Picture, answer: Explanation, block: str) -> None:
    """The most open and most closed channels' maps before and after the gate; one of them over the picture."""
    values = gates_of(answer)[block]
    order = values.argsort()
    with st.spinner("Reading the block's feature maps …", show_time=True):
        steps = dict(state.trace(engine, picture, block).steps)
    place, maps = st.columns([2, 5], gap="large")
    for title, chosen in (("most open", order[: -EXTREMES - 1 : -1]), ("most closed", order[:EXTREMES])):
        maps.subheader(f"Its {title} channels, before and after their gates", anchor=False)
        maps.plotly_chart(
            figures_inside.feature_maps(
                [(channel, values[channel], steps["depthwise"][channel], steps["gated"][channel]) for channel in chosen]
            ),
            key=f"se_gates.maps.{title}",
            alt=f"Feature maps of the {title} channels of {block}, before and after their gates",
            config=widgets.STILL,
        )
    with place:
        _place_of_channel(engine, picture, values, steps["depthwise"])


def _place_of_channel(engine: Engine, picture: state.Picture, values: np.ndarray, before: np.ndarray) -> None:
    """One channel's map before its gate, over the picture. `before`: the block's maps (C, H, W)."""
    st.subheader("Where a channel is active", anchor=False)
    named = {MOST_OPEN: "its most open", MOST_CLOSED: "its most closed"}
    numbered = {channel: f"channel {channel}" for channel in range(len(values))}
    chosen = widgets.select("Channel over the picture", named | numbered, key="se_gates.channel")
    channel = {MOST_OPEN: int(values.argmax()), MOST_CLOSED: int(values.argmin())}.get(chosen, chosen)
    active = before[channel]
    shown, look = answers.for_screen(picture.image), answers.Look(0.6, "viridis")
    st.image(
        answers.on_crop(shown, engine.preparation, active, look),
        width="stretch",
        caption=f"Channel {channel}, gate {values[channel]:.3f}. Highlighted: where its map before the gate is over "
        f"zero, {figures_inside.percent((active > 0).mean())} of its positions. "
        f"Strongest value {active.max():.2f}, behind the gate {values[channel] * active.max():.2f}",
        alt=f"Map of channel {channel} over {picture.name}",
    )


# Two pictures, two classes ----------------------------------------------------------------------------------------


class Side(NamedTuple):
    """One of two that are compared: what it is called, its gates, and of a class their spread over its pictures."""

    name: str
    gates: BlockGates
    spreads: BlockGates | None = None


def two_pictures(engine: Engine, picture: state.Picture, answer: Explanation) -> tuple[Side, Side]:
    """The picture in use and another: a sample, or one more that was brought."""
    kept = [
        state.value(f"pictures.{source}", pictures.Brought()).pictures for source in (pictures.UPLOAD, pictures.CAMERA)
    ]
    known = [pictures.sample_picture(sample) for sample in SAMPLES]
    others = {other.digest: other for other in [*known, *kept[0], *kept[1]] if other.digest != picture.digest}
    titles = {digest: other.name for digest, other in others.items()}
    other = others[widgets.select("Second picture", titles, key="se_gates.second")]
    [second] = answers.explained(engine, [other])
    for column, shown, found in zip(
        st.columns([1, 1, 2], gap="large"), (picture, other), (answer, second), strict=False
    ):
        column.image(
            answers.for_screen(engine.preparation.view(shown.image)),
            width="stretch",
            caption=f"{shown.name}: {answers.sentence(found)}",
            alt=f"{shown.name} as the network sees it",
        )
    return Side(picture.name, gates_of(answer)), Side(other.name, gates_of(second))


def two_classes(engine: Engine, answer: Explanation) -> tuple[Side, Side] | None:
    """Mean gates of two classes; None, after a sentence, where nobody measured them."""
    statistics = state.gate_statistics(engine)
    if statistics is None:
        st.info(NO_STATISTICS)
        return None
    best = [answers.class_name(row) for row in answer.top if answers.class_name(row) in statistics.classes]
    best += [name for name in statistics.classes if name not in best]
    sides = []
    for column, place, key in zip(st.columns(2), ("first", "second"), ("class_a", "class_b"), strict=True):
        texts = {name: name for name in best}
        with column:
            name = widgets.select(f"The {place} class", texts, key=f"se_gates.{key}", default=best[len(sides)])
        number = statistics.classes.index(name)
        means, spreads = (
            {block: getattr(rows, part)[number] for block, rows in statistics.blocks.items()}
            for part in ("means", "spreads")
        )
        sides.append(Side(name, means, spreads))
    st.caption(f"Mean gates over the pictures of each class. {measured_on(statistics.about)}")
    return sides[0], sides[1]


def measured_on(about: Mapping[str, str]) -> str:
    """Which pictures the statistics are of, in words."""
    return f"Measured on {about.get('data', 'own pictures')}, {about['date']}, with {about['weights']}."


def compared(engine: Engine, first: Side, second: Side) -> None:
    """The differences of all blocks; one block in detail, and the channels that differ most."""
    rows = [(block, np.subtract(second.gates[block], values)) for block, values in first.gates.items()]
    most = max(rows, key=lambda row: float(np.abs(row[1]).mean()))
    st.header(f"{second.name} against {first.name}: where gates differ", anchor=False)
    st.plotly_chart(
        figures_gates.differences(rows, first=first.name, second=second.name),
        key="se_gates.differences",
        alt=f"Differences of all gates between {second.name} and {first.name}; most in {most[0]}",
        config=widgets.STILL,
    )
    st.markdown(f"On the mean the gates of **{most[0]}** differ most: by {np.abs(most[1]).mean():.3f}.")
    _one_block_compared(answers.pick_block(engine, key="se_gates.block"), first, second)


def _one_block_compared(block: str, first: Side, second: Side) -> None:
    """Its gates on both sides, channel by channel, and a table of the channels that differ most."""
    st.plotly_chart(
        figures_gates.side_by_side((first.name, first.gates[block]), (second.name, second.gates[block])),
        key="se_gates.sides",
        alt=f"Gates of {block} for {first.name} and {second.name}, and their difference",
        config=widgets.STILL,
    )
    change = np.subtract(second.gates[block], first.gates[block])
    order = np.abs(change).argsort()[::-1][: 2 * EXTREMES]
    with st.expander(f"The channels of {block} that differ most, as a table"):
        st.dataframe(
            [
                {
                    "channel": int(channel),
                    first.name: round(float(first.gates[block][channel]), 4),
                    f"{second.name} ": round(float(second.gates[block][channel]), 4),
                    "difference": round(float(change[channel]), 4),
                }
                for channel in order
            ],
            hide_index=True,
        )


def profiles(engine: Engine, first: Side, second: Side) -> None:
    """Two classes' mean gates channel by channel, as the SE paper draws them, over the mean of all classes."""
    block = str(state.value("se_gates.block"))
    st.plotly_chart(
        figures_gates.class_profiles(
            [(side.name, side.gates[block], side.spreads[block]) for side in (first, second)],
            state.gate_statistics(engine).blocks[block].mean,
        ),
        key="se_gates.profiles",
        alt=f"Mean gate of each channel of {block} for {first.name}, {second.name} and all classes",
        config=widgets.STILL,
    )
