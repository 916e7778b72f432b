"""The panel "Many pictures": one channel is closed, and it is seen for whom it was open and whom that hurts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from effnet_core import units
from effnet_core.cost import cost_of
from effnet_core.explain.closed_channels import preference
from effnet_core.explain.gate_edits import GateEdit
from effnet_core.figures import gates as figures_gates

from ..session import answer_cache, kept_values
from ..shared import map_pickers, picture_picker, predictions, widgets
from . import compared

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine

GROUP, CHANNEL = "se_gates.across_group", "se_gates.across_channel"
FIRST_GROUP = "dogs"
SHOWN = 4  # classes, and pictures, that are hurt most
QUICK_MACS = 1e9  # of a network that closes a channel on all pictures before anybody asks
ASKED = "se_gates.across_asked"

NOTICE = """
It would be a dog channel if dogs alone missed it. That takes two questions: **a gate says how much passes; what is
missed once nothing passes says what later layers made of it.** Choose other groups, whose best candidates are tried at
once: some channels are nearly one class's own, hardly any is a whole group's, and each class leans on many.
"""


class ByClass(NamedTuple):
    """A block's channels as measured over the pictures of each class: `rows` (classes, C)."""

    classes: Sequence[str]
    rows: np.ndarray
    pictures: int  # a class
    about: Mapping[str, str]


@st.fragment
def one_channel(engine: Engine) -> None:
    """A block, a group of classes and a channel; what was measured for each class, and the pictures at hand."""
    block_place, group_place, channel_place = st.columns([3, 2, 2], vertical_alignment="bottom")
    last = engine.architecture.blocks[-1].name
    with block_place:
        block = map_pickers.pick_block(engine, key="se_gates.across", default=last)
    opens, hurts = _measured(engine, block)
    best = hurts or opens
    with group_place:
        group = _pick_group(engine, best) if engine.groups and best else ""
    names = _classes_of(engine, group, best)
    with channel_place:
        channel = widgets.whole_number(
            "Channel",
            key=CHANNEL,
            default=_candidate(best, names) if names else 0,
            limits=(0, engine.architecture.block(block).expanded_channels - 1),
            help=f"At first the best candidate for {group}." if names else None,
        )
    if names:
        st.header(f"Is channel {channel} of {block} there for {group}?", anchor=False)
        _by_class(channel, group, names, opens, hurts)
    with st.container(key="se_gates.at_hand"):
        _on_photographs(engine, block, channel)


def _measured(engine: Engine, block: str) -> tuple[ByClass | None, ByClass | None]:
    """For whom the block's channels are open, and whom closing them hurts, where somebody measured it."""
    statistics, closed = answer_cache.gate_statistics(engine), answer_cache.closed_channels(engine)
    opens = hurts = None
    if statistics:
        means = statistics.blocks[block].means
        opens = ByClass(statistics.classes, means, max(statistics.counts), statistics.about)
    if closed and closed.block == block:
        hurts = ByClass(closed.classes, closed.falls.T, closed.pictures, closed.about)
    return opens, hurts


def _pick_group(engine: Engine, best: ByClass) -> str:
    """A group of classes; with another one its best candidate is chosen, too."""
    groups = {name: name for name in sorted(set(engine.groups))}
    taken = {"on_change": _take_candidate, "args": (engine, best)}
    return widgets.select("For", groups, key=GROUP, default=FIRST_GROUP, **taken)


def _take_candidate(engine: Engine, best: ByClass) -> None:
    """Callback."""
    names = _classes_of(engine, str(kept_values.value(GROUP)), best)
    if names:
        kept_values.keep(CHANNEL, _candidate(best, names))


def _candidate(best: ByClass, names: Sequence[str]) -> int:
    """The channel that is most these classes' own, in comparison with all others."""
    return int(preference(best.rows, best.classes, names).argmax())


def _classes_of(engine: Engine, group: str, best: ByClass | None) -> tuple[str, ...]:
    """The measured classes of a group; none where they are all that was measured, and so nothing to compare with."""
    pairs = zip(engine.labels or (), engine.groups or (), strict=False)
    names = tuple(label for label, own in pairs if own == group and best and label in best.classes)
    return names if best and len(names) < len(best.classes) else ()


def _by_class(channel: int, group: str, names: Sequence[str], opens: ByClass | None, hurts: ByClass | None) -> None:
    """The first classes of each kind, those of the group marked; and in words whether the channel is theirs."""
    left, right = st.columns(2, gap="large")
    if opens:
        with left.container(key="se_gates.opens"):
            st.markdown("**For whom it is open**")
            _chart(opens, channel, names, "mean gate: 0 closed, 1 open")
    if hurts:
        with right.container(key="se_gates.hurts"):
            st.markdown("**Whom closing it hurts**")
            _chart(hurts, channel, names, "fall of the class's own logit")
        with st.container(key="se_gates.verdict"):
            st.markdown(verdict(hurts.rows[:, channel], hurts.classes, names, group))


def _chart(of: ByClass, channel: int, names: Sequence[str], title: str) -> None:
    rows = ranked(of.rows[:, channel], of.classes, names)
    st.plotly_chart(
        figures_gates.by_class(rows, title=title),
        key=f"se_gates.by_class.{title.partition(' ')[0]}",
        alt=f"Classes by {title}, of channel {channel}; first: {rows[0][1]}",
        config=widgets.STILL,
    )
    widgets.cite(f"Over {of.pictures} pictures a class. {compared.measured_on(of.about)}")


def ranked(values: np.ndarray, classes: Sequence[str], names: Sequence[str]) -> list[tuple[int, str, float, bool]]:
    """(rank from 1, class, value, of the group): the first classes, and all of the group wherever they come."""
    rows = [
        (rank, classes[at], float(values[at]), classes[at] in names) for rank, at in enumerate((-values).argsort(), 1)
    ]
    return [row for row in rows if row[0] <= SHOWN or row[3]]


def verdict(values: np.ndarray, classes: Sequence[str], names: Sequence[str], group: str) -> str:
    """Whom closing a channel hurts most, and whether that is the group and nobody else."""
    rows = ranked(values, classes, names)
    (_, first, fall, _), own = rows[0], [row for row in rows if row[3]]
    ahead = sum(rank <= len(own) for rank, *_ in own)
    return (
        f"Closing it hurts **{first}** most: its logit falls by **{units.up_to_three_digits(fall)}**. A channel for "
        f"{group} alone would hurt their {len(own)} classes before all others. **{ahead} of {len(own)}** are among the "
        f"first {len(own)}; {own[-1][1]} is number {own[-1][0]} of {len(classes)}."
    )


def _on_photographs(engine: Engine, block: str, channel: int) -> None:
    """The first answer to each picture before and after, those that are hurt most first."""
    st.header("The same on the photographs at hand", anchor=False)
    shown = picture_picker.at_hand()
    if cost_of(engine.architecture).macs > QUICK_MACS and not kept_values.value(ASKED):
        st.button(
            f"Close it on {len(shown)} photographs", key=f"{ASKED}.now", on_click=kept_values.keep, args=(ASKED, True)
        )
        return
    edit, top = GateEdit(block, 0.0, (channel,)), predictions.top_of(engine)
    changes = [(picture, answer_cache.intervene(engine, picture, (edit,), top=top).changes[0]) for picture in shown]
    changes.sort(key=lambda row: row[1].logit_change)
    rows = [
        (f"{picture.name}: {predictions.class_name(row.before)}", row.before.probability, row.after.probability)
        for picture, row in changes
    ]
    st.plotly_chart(
        figures_gates.changes(rows[:SHOWN]),
        key="se_gates.across_changes",
        alt=f"The first answers to photographs before and after channel {channel} is closed; most hurt: {rows[0][0]}",
        config=widgets.STILL,
    )
    others = f" The other {len(rows) - SHOWN} are hurt less." if len(rows) > SHOWN else ""
    st.caption(
        f"Those of {len(rows)} photographs whose first answer loses most.{others} Upload photographs of your own, "
        "several at once, such as some of dogs and some of other things: they are asked, too."
    )
