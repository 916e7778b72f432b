"""The panel "Which channels matter": each channel closed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import units
from effnet_core.explain.rank_correlation import rank_correlation
from effnet_core.figures import gates as figures_gates

from ..session import answer_cache, pictures
from ..shared import map_pickers, progress_bar, widgets
from ..shared.plain import plain

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import ChannelEffect, Explanation


def rank(engine: Engine, picture: pictures.Picture, answer: Explanation) -> None:
    """Close each channel of a block in turn, and compare the falls of the logit with the gates."""
    block_column, class_column, button = st.columns([2, 1, 1], vertical_alignment="bottom")
    with block_column:
        block = map_pickers.pick_block(engine, key="se_gates.block")
    with class_column:
        target = map_pickers.pick_class(engine, answer, key="se_gates.target")
    name, width = map_pickers.class_names(engine)[target], engine.architecture.block(block).expanded_channels
    st.header(f"Which channels of {block} does “{plain(name)}” need?", anchor=False)
    points = st.container(key="se_gates.points")
    slot = points.empty()
    if button.button(f"Close each of {width}", key="se_gates.rank", type="primary"):
        with slot.container():
            _measure(engine, picture, block, target)
    question = answer_cache.question_key(engine, picture, "rank_channels", block, target)
    effects = answer_cache.remembered(question)
    if effects is None:
        slot.info(
            f"Nothing is measured yet: the button closes each of the {width} channels in turn, one at a time. "
            f"{progress_bar.BOUND}"
        )
        return
    with slot.container(key="se_gates.verdict"):
        st.markdown(effect_words(effects, block, plain(name)))
    with points:
        _show_effects(effects, block, name)


def _show_effects(effects: list[ChannelEffect], block: str, name: str) -> None:
    """A point a channel, and the same as a table."""
    chart, table = st.columns([3, 2], gap="large")
    chart.plotly_chart(
        figures_gates.effects([(row.channel, row.gate, row.drop) for row in effects], target=name),
        key="se_gates.effects",
        alt=f"Fall of the logit of {name} against the gate, a point a channel of {block}; largest: channel "
        f"{effects[0].channel}, {effects[0].drop:.3f}",
        config=widgets.STILL,
    )
    rows = [
        {"channel": row.channel, "fall of the logit": round(row.drop, 4), "gate": round(row.gate, 4)} for row in effects
    ]
    table.dataframe(rows, hide_index=True, height=420, key="se_gates.effects_table")


def _measure(engine: Engine, picture: pictures.Picture, block: str, target: int) -> None:
    """With a bar; a click on anything ends it where the bar is moved, and nothing is kept."""
    running = progress_bar.stoppable(
        "Closing channels …",
        lambda share: f"{units.percent(round(share, 2))} of the channels closed",
        key="se_gates.stop",
    )
    with running as (_, report), answer_cache.queueing():
        effects = progress_bar.compute(
            lambda report: engine.rank_channels(
                answer_cache.prepared(engine, picture), block, target=target, progress=report
            ),
            report,
        )
    answer_cache.remember(answer_cache.question_key(engine, picture, "rank_channels", block, target), effects)


def effect_words(effects: list[ChannelEffect], block: str, name: str) -> str:
    """The strongest effects, and whether the gates rank the channels alike."""
    most, least = effects[0], effects[-1]
    fall = units.up_to_three_digits(most.drop)
    text = f"Closing channel **{most.channel}** of {block} lowers the logit of {name} most: by **{fall}**. "
    if most.drop <= 0:
        text = f"Closing no single channel of {block} lowers the logit of {name}. "
    if least.drop < 0:
        text += f"Closing channel {least.channel} raises it by {units.up_to_three_digits(-least.drop)}. "
    alike = rank_correlation([row.gate for row in effects], [row.drop for row in effects])
    if alike is None:
        return text + "All effects or all gates are equal, so there is no order to compare."
    kind = "a similar order" if alike > 0.5 else "nearly the reverse order" if alike < -0.5 else "a different order"
    return text + (
        f"Ranking the channels by their gates gives {kind}: rank correlation **{alike:.2f}** "
        "(1: same order, 0: unrelated, −1: reversed)."
    )
