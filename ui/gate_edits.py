"""Edited SE gates on the screen: the answer before and after, and which channels of a block a class needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import figures_gates, figures_inside
from effnet_core.edits import EVERYWHERE, GateEdit, read_channels
from effnet_core.gatestats import rank_correlation

from . import answers, gates, state, widgets

if TYPE_CHECKING:
    from effnet_core.engine import Engine
    from effnet_core.results import ChannelEffect, ClassChange, Comparison, Explanation

CLOSE, OPEN, ONE, MEAN, OFF = "close", "open", "one", "mean", "off"
ACTIONS = {
    CLOSE: "Close channels",
    OPEN: "Open channels",
    ONE: "Block's gates to 1",
    MEAN: "Block's gates to their mean",
    OFF: "SE off everywhere",
}


def pick_edit(engine: Engine, answer: Explanation) -> tuple[GateEdit, str] | None:
    """What is to be edited, and the same in words; None, after a sentence, where it can't be done."""
    action = widgets.choice("Edit", ACTIONS, key="se_gates.edit", wrap=True)
    if action == OFF:
        return GateEdit(EVERYWHERE, 1.0), "Switching squeeze-and-excitation off in all blocks"
    block_column, channel_column = st.columns(2, vertical_alignment="bottom")
    with block_column:
        block = answers.pick_block(engine, key="se_gates.block")
    if action == ONE:
        return GateEdit(block, 1.0), f"Setting all gates of {block} to 1"
    if action == MEAN:
        return _to_mean(engine, block)
    with channel_column:
        channels = _pick_channels(answer, block, opened=action == OPEN)
    told = ("channel " if len(channels) == 1 else "channels ") + ", ".join(map(str, channels))
    if action == OPEN:
        return GateEdit(block, 1.0, channels), f"Opening {told} of {block}"
    return GateEdit(block, 0.0, channels), f"Closing {told} of {block}"


def _to_mean(engine: Engine, block: str) -> tuple[GateEdit, str] | None:
    statistics = state.gate_statistics(engine)
    if statistics is None:
        st.info(gates.NO_STATISTICS)
        return None
    edit = GateEdit(block, tuple(statistics.blocks[block].mean.tolist()))
    return edit, f"Setting all gates of {block} to their mean over {sum(statistics.counts):,} pictures"


def _pick_channels(answer: Explanation, block: str, *, opened: bool) -> tuple[int, ...]:
    """Numbers that are typed; with none, or none that can be, the channel where the edit changes the gate most."""
    values = gates.gates_of(answer)[block]
    instead = int(values.argmin() if opened else values.argmax())
    text = st.text_input(
        f"Channels, 0 to {len(values) - 1}",
        key="se_gates.channels",
        bind="query-params",
        max_chars=400,
        placeholder=f"such as 3, 17; empty: {instead}, its most {'closed' if opened else 'open'} one",
    )
    if not text.strip():
        return (instead,)
    try:
        channels = read_channels(text)
        absent = [channel for channel in channels if channel >= len(values)]
        if absent:
            raise ValueError(f"{block} has no channel {absent[0]}; its channels are 0 to {len(values) - 1}")
    except ValueError as problem:
        st.error(f"{problem}. Shown instead: {instead}.")
        return (instead,)
    return channels


def edited(engine: Engine, picture: state.Picture, edit: GateEdit, told: str) -> None:
    """The answer before and after the edit, in a sentence, as bars, as a table and as Grad-CAM."""
    with st.spinner("The network looks again …", show_time=True):
        found = state.intervene(engine, picture, (edit,), top=answers.top_of(engine))
    st.markdown(f"## {told} {in_words(found)}")
    bars, maps = st.columns([1, 1], gap="large")
    rows = [(answers.class_name(row.before), row.before.probability, row.after.probability) for row in found.changes]
    bars.plotly_chart(
        figures_gates.changes(rows),
        key="se_gates.changes",
        alt=f"Probabilities before and after. {told} {in_words(found)}",
        config=widgets.STILL,
    )
    with maps:
        show_maps(engine, picture, found)
    st.dataframe(change_rows(found.changes), hide_index=True, key="se_gates.changes_table")


def in_words(found: Comparison) -> str:
    """What was measured on the first class, and which class is first afterwards."""
    first = found.changes[0]
    way = "raises" if first.logit > 0 else "lowers"
    name, after = answers.class_name(first.before), answers.class_name(found.after.top[0])
    stays = "It stays" if found.after.top[0].index == first.before.index else f"**{after}** becomes"
    return (
        f"{way} the logit of **{name}** by {abs(first.logit):,.3f}: from {first.before.logit:,.3f} to "
        f"{first.after.logit:,.3f}, {figures_inside.percent(first.before.probability)} to "
        f"{figures_inside.percent(first.after.probability)}. {stays} the first answer."
    )


def show_maps(engine: Engine, picture: state.Picture, found: Comparison) -> None:
    """Grad-CAM of the first class, before and after, side by side."""
    image, [old], [new] = answers.for_screen(picture.image), found.before.heatmaps, found.after.heatmaps
    name = answers.class_names(engine)[old.target]
    for column, title, heatmap in zip(st.columns(2), ("before", "after"), (old, new), strict=True):
        blank = "no positive evidence" if heatmap.is_blank else f"strongest value {heatmap.values.max():.3f}"
        column.image(
            answers.on_crop(image, engine.preparation, heatmap.values, answers.Look(0.5, "viridis")),
            width="stretch",
            caption=f"Grad-CAM {title}: {blank}",
            alt=f"Heat map for {name} over the crop of {picture.name}, {title} the edit",
        )
    st.caption(f"Both highlight what raises the score of {name}. Each is scaled to its own strongest value.")


def change_rows(changes: tuple[ClassChange, ...]) -> list[dict[str, str | float]]:
    return [
        {
            "class": answers.class_name(row.before),
            "probability before": round(row.before.probability, 5),
            "after": round(row.after.probability, 5),
            "logit before": round(row.before.logit, 4),
            "logit after": round(row.after.logit, 4),
            "change of the logit": round(row.logit, 4),
        }
        for row in changes
    ]


# Which channels a class needs -------------------------------------------------------------------------------------


def rank(engine: Engine, picture: state.Picture, answer: Explanation) -> None:
    """Close each channel of a block in turn, and compare the falls of the logit with the gates."""
    block_column, class_column, button = st.columns([2, 2, 1], vertical_alignment="bottom")
    with block_column:
        block = answers.pick_block(engine, key="se_gates.block")
    with class_column:
        target = answers.pick_class(engine, answer, key="se_gates.target")
    name, width = answers.class_names(engine)[target], engine.architecture.block(block).expanded_channels
    st.header(f"Which channels of {block} does “{name}” need?", anchor=False)
    slot = st.empty()
    if button.button(f"Close each of {width}", key="se_gates.rank", type="primary"):
        with slot.container():
            _measure(engine, picture, block, target)
    asked = state.asked(engine, picture, "rank_channels", block, target)
    found = state.remembered(asked)
    if found is None:
        slot.info(f"Nothing is measured yet: the button closes each of the {width} channels in turn, one at a time.")
        return
    slot.markdown(effect_words(found, block, name))
    _show_effects(found, block, name)


def _show_effects(found: list[ChannelEffect], block: str, name: str) -> None:
    """A point a channel, and the same as a table."""
    chart, table = st.columns([3, 2], gap="large")
    chart.plotly_chart(
        figures_gates.effects([(row.channel, row.gate, row.drop) for row in found], target=name),
        key="se_gates.effects",
        alt=f"Fall of the logit of {name} against the gate, a point a channel of {block}; largest: channel "
        f"{found[0].channel}, {found[0].drop:.3f}",
        config=widgets.STILL,
    )
    rows = [
        {"channel": row.channel, "fall of the logit": round(row.drop, 4), "gate": round(row.gate, 4)} for row in found
    ]
    table.dataframe(rows, hide_index=True, height=420, key="se_gates.effects_table")


def _measure(engine: Engine, picture: state.Picture, block: str, target: int) -> None:
    """With a bar; a click on anything ends it where the bar is moved, and nothing is kept."""
    bar = st.progress(0.0, text="Closing channels …")
    st.button("Stop", key="se_gates.stop")

    def show(share: float) -> bool:
        bar.progress(share, text=f"{share:.0%} of the channels closed")
        return True

    found = engine.rank_channels(picture.image, block, target=target, progress=show)
    state.remember(state.asked(engine, picture, "rank_channels", block, target), found)


def effect_words(found: list[ChannelEffect], block: str, name: str) -> str:
    """The strongest effects, and whether the gates rank the channels alike."""
    most, least = found[0], found[-1]
    text = f"Closing channel **{most.channel}** of {block} lowers the logit of {name} most: by **{most.drop:.3f}**. "
    if most.drop <= 0:
        text = f"Closing no single channel of {block} lowers the logit of {name}. "
    if least.drop < 0:
        text += f"Closing channel {least.channel} raises it by {-least.drop:.3f}. "
    alike = rank_correlation([row.gate for row in found], [row.drop for row in found])
    if alike is None:
        return text + "All effects or all gates are equal, so there is no order to compare."
    kind = "much alike" if alike > 0.5 else "in nearly reversed order" if alike < -0.5 else "differently"
    return text + (
        f"Ranked by their gates the channels stand {kind}: rank correlation **{alike:.2f}** "
        "(1: same order, 0: unrelated, −1: reversed)."
    )
