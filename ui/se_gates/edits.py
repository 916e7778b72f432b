"""The panel "Edit": gates closed, opened or set, and what that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import units
from effnet_core.explain.gate_edits import EVERYWHERE, GateEdit, read_channels
from effnet_core.figures import gates as figures_gates

from ..session import answer_cache, pictures
from ..shared import heat_overlay, map_pickers, predictions, widgets
from . import at_a_glance, compared

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import ClassChange, Explanation, Intervention


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
        block = map_pickers.pick_block(engine, key="se_gates.block")
    if action == ONE:
        return GateEdit(block, 1.0), f"Setting all gates of {block} to 1"
    if action == MEAN:
        return _to_mean(engine, block)
    with channel_column:
        channels = _pick_channels(answer, block, opened=action == OPEN)
    listed = ("channel " if len(channels) == 1 else "channels ") + ", ".join(map(str, channels))
    if action == OPEN:
        return GateEdit(block, 1.0, channels), f"Opening {listed} of {block}"
    return GateEdit(block, 0.0, channels), f"Closing {listed} of {block}"


def _to_mean(engine: Engine, block: str) -> tuple[GateEdit, str] | None:
    statistics = answer_cache.gate_statistics(engine)
    if statistics is None:
        st.info(compared.NO_STATISTICS)
        return None
    edit = GateEdit(block, tuple(statistics.blocks[block].mean.tolist()))
    return edit, f"Setting all gates of {block} to their mean over {sum(statistics.counts):,} pictures"


def _pick_channels(answer: Explanation, block: str, *, opened: bool) -> tuple[int, ...]:
    """Numbers that are typed; with none, or none that can be, the channel where the edit changes the gate most."""
    values = at_a_glance.gates_of(answer)[block]
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
        st.error(f"{problem}. Using {instead}.")
        return (instead,)
    return channels


def edited(engine: Engine, picture: pictures.Picture, edit: GateEdit, title: str) -> None:
    """The answer before and after the edit, in a sentence, as bars, as a table and as Grad-CAM."""
    intervention = answer_cache.intervene(engine, picture, (edit,), top=predictions.top_of(engine))
    with st.container(key="se_gates.verdict"):
        st.markdown(f"## {title} {in_words(intervention)}")
    bars, maps = st.columns([1, 1], gap="large")
    rows = [
        (predictions.class_name(row.before), row.before.probability, row.after.probability)
        for row in intervention.changes
    ]
    bars.plotly_chart(
        figures_gates.changes(rows),
        key="se_gates.changes",
        alt=f"Probabilities before and after. {title} {in_words(intervention)}",
        config=widgets.STILL,
    )
    with maps:
        show_maps(engine, picture, intervention)
    st.dataframe(change_rows(intervention.changes), hide_index=True, key="se_gates.changes_table")


def in_words(intervention: Intervention) -> str:
    """What was measured on the first class, and which class is first afterwards."""
    first = intervention.changes[0]
    way = "raises" if first.logit_change > 0 else "lowers"
    name, after = predictions.class_name(first.before), predictions.class_name(intervention.after.top[0])
    stays = "It stays" if intervention.after.top[0].index == first.before.index else f"**{after}** becomes"
    return (
        f"{way} the logit of **{name}** by {abs(first.logit_change):,.3f}: from {first.before.logit:,.3f} to "
        f"{first.after.logit:,.3f}, {units.probability(first.before.probability)} to "
        f"{units.probability(first.after.probability)}. {stays} the first answer."
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
    st.caption(f"Both highlight what raises the score of {name}. Each is scaled to its own strongest value.")


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
