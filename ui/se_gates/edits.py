"""The panel "Edit": gates closed, opened or set, and what that changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import units
from effnet_core.explain.gate_edits import EVERYWHERE, GateEdit, read_channels
from effnet_core.figures import gates as figures_gates
from effnet_core.scaling.export import harmless

from ..components import gate_choice
from ..session import answer_cache, kept_values, pictures
from ..shared import heat_overlay, map_pickers, predictions, widgets
from ..shared.plain import plain
from . import at_a_glance, compared

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import ClassChange, Explanation, Intervention


CHANNELS = "se_gates.channels"
OUT_OF_BOUNDS = 10  # times the largest logit before
SEEN = 0.01  # a probability whose bar is seen
CLOSE, OPEN, ONE, MEAN, OFF = "close", "open", "one", "mean", "off"


ALL_OFF = "Switching squeeze-and-excitation off in all blocks"
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
        return GateEdit(EVERYWHERE, 1.0), ALL_OFF
    block = map_pickers.pick_block(engine, key="se_gates.block")
    if action == ONE:
        return GateEdit(block, 1.0), f"Setting all gates of {block} to 1"
    if action == MEAN:
        return _to_mean(engine, block)
    channels = _pick_channels(answer, block, opened=action == OPEN)
    if action == OPEN:
        return GateEdit(block, 1.0, channels), f"Opening {listed(channels)} of {block}"
    return GateEdit(block, 0.0, channels), f"Closing {listed(channels)} of {block}"


def listed(channels: Sequence[int]) -> str:
    return ("channel " if len(channels) == 1 else "channels ") + ", ".join(map(str, channels))


def as_sentence(problem: Exception) -> str:
    text = str(problem)
    return f"{plain(text[:1].upper() + text[1:])}."


def _to_mean(engine: Engine, block: str) -> tuple[GateEdit, str] | None:
    statistics = answer_cache.gate_statistics(engine)
    if statistics is None:
        st.info(compared.NO_STATISTICS)
        return None
    edit = GateEdit(block, tuple(statistics.blocks[block].mean.tolist()))
    return edit, f"Setting all gates of {block} to their mean over {sum(statistics.counts):,} pictures"


def _pick_channels(answer: Explanation, block: str, *, opened: bool) -> tuple[int, ...]:
    """Bars to click, or exact numbers; with none, or none that can be, the channel whose gate the edit changes most."""
    values = at_a_glance.gates_of(answer)[block]
    instead = int(values.argmin() if opened else values.argmax())
    bars = st.container()
    with st.expander("Exact: type the numbers of channels"):
        text = st.text_input(
            f"Channels, 0 to {len(values) - 1}",
            key=CHANNELS,
            bind="query-params",
            max_chars=400,
            placeholder=f"such as 3, 17; empty: {instead}, its most {'closed' if opened else 'open'} one",
        )
    chosen = _read(text, block, len(values))
    with bars:
        st.markdown(f"**The gates of {block}**, a bar a channel: click those to {'open' if opened else 'close'}")
        gate_choice.bars(
            values.tolist(),
            dict.fromkeys(chosen or (instead,), float(opened)),
            key="se_gates.pick",
            alt=f"The gate of each channel of {block}",
            on_picked=lambda channel: _toggle(channel, chosen),
        )
    return chosen or (instead,)


def _read(text: str, block: str, width: int) -> tuple[int, ...]:
    """Channels that were typed; none, after a sentence, where they can't be."""
    try:
        channels = read_channels(text) if text.strip() else ()
        absent = [channel for channel in channels if channel >= width]
        if absent:
            raise ValueError(f"{block} has no channel {absent[0]}; its channels are 0 to {width - 1}")
    except ValueError as problem:
        st.error(
            f"{as_sentence(problem)} Here they are 0 to {width - 1}, each for itself and no range. "
            "Until then the channel is used whose gate the edit changes most."
        )
        return ()
    return channels


def _toggle(channel: int, chosen: tuple[int, ...]) -> None:
    kept = [other for other in chosen if other != channel]
    kept_values.keep(CHANNELS, ", ".join(map(str, kept if channel in chosen else [*kept, channel])))


def headline(engine: Engine, picture: pictures.Picture, edit: GateEdit, title: str) -> Intervention:
    """The answer before and after the edit, in a sentence."""
    intervention = answer_cache.intervene(engine, picture, (edit,), top=predictions.top_of(engine))
    st.markdown(f"## {title} {in_words(intervention)}")
    st.caption(logit_words(intervention))
    return intervention


def changes(intervention: Intervention, title: str) -> None:
    """The same as bars, of the classes that reach SEEN before or after."""
    rows = [
        (predictions.class_name(row.before), row.before.probability, row.after.probability)
        for row in intervention.changes
        if max(row.before.probability, row.after.probability) >= SEEN or row is intervention.changes[0]
    ]
    st.plotly_chart(
        figures_gates.changes(rows),
        key="se_gates.changes",
        alt=f"Probabilities before and after: {title}",
        config=widgets.STILL,
    )


def details(engine: Engine, picture: pictures.Picture, intervention: Intervention) -> None:
    """The same as Grad-CAM, and as a table."""
    maps, table = st.columns([1, 1.4], gap="large")
    with maps:
        show_maps(engine, picture, intervention)
    table.dataframe(harmless(change_rows(intervention.changes)), hide_index=True, key="se_gates.changes_table")


def in_words(intervention: Intervention) -> str:
    """What became of the first answer, as measured; which class is first afterwards; and of numbers out of bounds."""
    first = intervention.changes[0]
    name, after = (plain(predictions.class_name(row)) for row in (first.before, intervention.after.top[0]))
    old, new = (units.probability(row.probability) for row in (first.before, first.after))
    moved = f"takes **{name}** from **{old}** to **{new}**" if old != new else f"leaves **{name}** at **{old}**"
    stays = "It stays" if intervention.after.top[0].index == first.before.index else f"**{after}** becomes"
    return f"{moved}. {stays} the first answer."


def logit_words(intervention: Intervention) -> str:
    """The first answer's logit before and after; where the edit lets all logits grow out of bounds, how far and why."""
    first = intervention.changes[0]
    old, new = (max(abs(row.logit) for row in answer.top) for answer in (intervention.before, intervention.after))
    if new > OUT_OF_BOUNDS * old:
        return (
            f"The numbers have left all bounds: the largest logit was {units.three_digits(old)} and is now "
            f"{units.three_digits(new)}. Gates below 1 also keep the maps small; without them each block hands on maps "
            "that are stronger still, and the last layers see what they never saw in training."
        )
    return (
        f"Its logit goes from {first.before.logit:.2f} to {first.after.logit:.2f}; probabilities follow from all "
        "classes' logits."
    )


def show_maps(engine: Engine, picture: pictures.Picture, intervention: Intervention) -> None:
    """Grad-CAM of the first class, before and after, side by side."""
    image = picture.shown
    [old], [new] = intervention.before.heatmaps, intervention.after.heatmaps
    name = map_pickers.class_names(engine)[old.target]
    for column, title, heatmap in zip(st.columns(2), ("before", "after"), (old, new), strict=True):
        blank = "no positive evidence" if heatmap.is_blank else f"strongest value {heatmap.values.max():.3f}"
        column.image(
            heat_overlay.encoded(heat_overlay.on_crop(image, engine.preparation, heatmap.values)),
            width="stretch",
            caption=f"Grad-CAM {title}: {blank}",
            alt=f"Heat map for {name} over the crop of {picture.name}, {title} the edit",
        )
    st.caption(f"Both highlight what raises the score of {plain(name)}. Each is scaled to its own strongest value.")


def change_rows(changes: tuple[ClassChange, ...]) -> list[dict[str, str | float]]:
    return [
        {
            "class": predictions.class_name(row.before),
            "probability before": round(row.before.probability, 5),
            "after": round(row.after.probability, 5),
            "logit before": round(row.before.logit, 4),
            "logit after": round(row.after.logit, 4),
            "change of the logit": round(row.logit_change, 4),
        }
        for row in changes
    ]
