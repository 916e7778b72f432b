"""The panel "Compare": gates of two pictures or of two classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from effnet_core.figures import gates as figures_gates
from effnet_core.scaling.export import harmless

from ..session import answer_cache, kept_values, pictures
from ..shared import heat_overlay, map_pickers, picture_picker, predictions, widgets
from ..shared.plain import plain
from .at_a_glance import EXTREMES, gates_of

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation


NO_STATISTICS = (
    "No mean gates have been measured for this network yet: the panel By depth measures them on your own class folders."
)


BlockGates = Mapping[str, np.ndarray]


class Side(NamedTuple):
    """One of two that are compared: what it is called, its gates, and of a class their spread over its pictures."""

    name: str
    gates: BlockGates
    spreads: BlockGates | None = None


def two_pictures(engine: Engine, picture: pictures.Picture, answer: Explanation) -> tuple[Side, Side]:
    """The picture in use and another: a sample, or another of the user's."""
    others = {other.digest: other for other in picture_picker.at_hand() if other.digest != picture.digest}
    titles = {digest: other.name for digest, other in others.items()}
    other = others[widgets.select("Second picture", titles, key="se_gates.second")]
    [second] = predictions.explained(engine, [other])
    for column, shown, answered in zip(
        st.columns([1, 1, 2], gap="large"), (picture, other), (answer, second), strict=False
    ):
        column.image(
            heat_overlay.encoded(answer_cache.view(engine, shown)),
            width="stretch",
            caption=plain(f"{shown.name}: {predictions.sentence(answered)}"),
            alt=f"{shown.name} as the network sees it",
        )
    return Side(picture.name, gates_of(answer)), Side(other.name, gates_of(second))


def two_classes(engine: Engine, answer: Explanation) -> tuple[Side, Side] | None:
    """Mean gates of two classes; None, after a sentence, where nobody measured them."""
    statistics = answer_cache.gate_statistics(engine)
    if statistics is None:
        st.info(NO_STATISTICS)
        return None
    best = [predictions.class_name(row) for row in answer.top if predictions.class_name(row) in statistics.classes]
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
    return plain(f"Measured on {about.get('data', 'own pictures')}, {about['date']}, with {about['weights']}.")


def compared(engine: Engine, first: Side, second: Side) -> None:
    """The differences of all blocks; one block in detail, and the channels that differ most."""
    rows = [(block, np.subtract(second.gates[block], values)) for block, values in first.gates.items()]
    most = max(rows, key=lambda row: float(np.abs(row[1]).mean()))
    st.header(f"{plain(second.name)} against {plain(first.name)}: where gates differ", anchor=False)
    st.plotly_chart(
        figures_gates.differences(rows, first=first.name, second=second.name),
        key="se_gates.differences",
        alt=f"Differences of all gates between {second.name} and {first.name}; most in {most[0]}",
        config=widgets.STILL,
    )
    end = figures_gates.widest(values for _, values in rows)
    st.caption(f"The colours end at −{end:.2f} and +{end:.2f}, the largest difference here; a gate goes from 0 to 1.")
    with st.container(key="se_gates.verdict"):
        st.markdown(f"On average the gates of **{most[0]}** differ most: by {np.abs(most[1]).mean():.3f}.")
    _one_block_compared(map_pickers.pick_block(engine, key="se_gates.block"), first, second)


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
        rows = [
            {
                "channel": int(channel),
                first.name: round(float(first.gates[block][channel]), 4),
                f"{second.name} ": round(float(second.gates[block][channel]), 4),
                "difference": round(float(change[channel]), 4),
            }
            for channel in order
        ]
        st.dataframe(harmless(rows), hide_index=True)


def profiles(engine: Engine, first: Side, second: Side) -> None:
    """Two classes' mean gates channel by channel, as the SE paper draws them, over the mean of all classes."""
    block = str(kept_values.value("se_gates.block"))
    st.plotly_chart(
        figures_gates.class_profiles(
            [(side.name, side.gates[block], side.spreads[block]) for side in (first, second)],
            answer_cache.gate_statistics(engine).blocks[block].mean,
        ),
        key="se_gates.profiles",
        alt=f"Mean gate of each channel of {block} for {first.name}, {second.name} and all classes",
        config=widgets.STILL,
    )
