"""The head of the panel "Look": the answer, and what becomes of it when gates are set, a click each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from effnet_core.cost import cost_of
from effnet_core.explain.gate_edits import EVERYWHERE, GateEdit, read_channels
from effnet_core.figures import gates as figures_gates

from ..components import gate_choice
from ..session import answer_cache, kept_values, pictures
from ..shared import predictions, widgets
from ..shared.plain import plain
from . import edits
from .at_a_glance import gates_of

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation, Intervention

TRIED = "se_gates.tried"  # what is set, as the URL has it: one of these, or the channels whose gates are flipped
OWN, STRONGEST, BLOCK, OFF = "", "strongest", "block", "off"
SHOWN = 4  # classes
QUICK_MACS = 1e9  # of a network that is asked for its strongest gate before anybody wants to know
STYLE = ".st-key-se_gates-tried-kept { display: none; }"


@st.fragment  # a click runs this alone
def offered(engine: Engine, picture: pictures.Picture, answer: Explanation, block: str) -> None:
    """The answer with the network's own gates, buttons that set some, the block's gates to click, and the effect."""
    gates = gates_of(answer)[block]
    with st.container(key="se_gates.tried.kept"):  # holds the choice and stands in the URL; buttons are what is seen
        st.html(f"<style>{STYLE}</style>")
        st.text_input("Gates that are set", key=TRIED, bind="query-params", max_chars=400)
    with st.container():  # what stands here while the network looks: what follows keeps its place, and its focus
        strongest = _strongest(engine, picture, block)
        set_to = _set_to(gates, strongest)
        set_edits = _edits(block, set_to)
        found = (
            answer_cache.intervene(engine, picture, set_edits, top=predictions.top_of(engine)) if set_edits else None
        )
    _headline(answer, block, set_to, found)
    _buttons(block, gates, strongest, is_set=found is not None)
    bars, channels = st.columns(2, gap="large")
    with bars:
        _show_answer(answer, found)
    with channels:
        st.markdown(f"**{len(gates)} gates of {block}**: click a bar to flip it")
        flipped = set_to if isinstance(set_to, dict) else {}
        gate_choice.bars(
            gates.tolist(),
            flipped,
            key="se_gates.bars",
            alt=f"The gate of each channel of {block}; most open: channel {gates.argmax()}, {gates.max():.2f}",
            on_picked=lambda channel: _flip(channel, flipped),
        )


def _strongest(engine: Engine, picture: pictures.Picture, block: str) -> int | None:
    """The channel whose flip changes the answer most; None where it takes long and nobody has asked yet."""
    known = answer_cache.remembered(answer_cache.flip_key(engine, picture, block)) is not None
    if known or kept_values.value(TRIED) == STRONGEST or cost_of(engine.architecture).macs < QUICK_MACS:
        return answer_cache.strongest_flip(engine, picture, block)
    return None


def _set_to(gates: np.ndarray, strongest: int | None) -> str | dict[int, float]:
    """What is set: nothing, the block, all blocks, or single channels with their new gates."""
    text = str(kept_values.value(TRIED) or OWN).strip()
    if text in (OWN, BLOCK, OFF):
        return text
    if text == STRONGEST:
        return {strongest: farther_end(gates[strongest])}
    try:
        channels = read_channels(text)
    except ValueError as problem:
        st.warning(f"{edits.as_sentence(problem)} Nothing is set.")
        return OWN
    there = [channel for channel in channels if channel < len(gates)]
    return {channel: farther_end(gates[channel]) for channel in there} or OWN


def farther_end(gate: float) -> float:
    """Where a flip moves a gate: open from below a half, else closed."""
    return 1.0 if gate < 0.5 else 0.0


def _edits(block: str, set_to: str | Mapping[int, float]) -> tuple[GateEdit, ...]:
    if set_to == OFF:
        return (GateEdit(EVERYWHERE, 1.0),)
    if set_to == BLOCK:
        return (GateEdit(block, 1.0),)
    return tuple(GateEdit(block, value, (channel,)) for channel, value in dict(set_to or {}).items())


def _headline(answer: Explanation, block: str, set_to: str | Mapping[int, float], found: Intervention | None) -> None:
    """What is set and what it does, with the numbers that were measured."""
    if found is None:
        count = sum(len(gates.values) for gates in answer.gates)
        st.markdown(f"## {plain(predictions.sentence(answer))}: what if one of its {count:,} gates stood otherwise?")
    else:
        st.markdown(f"## {_title(block, set_to)} {edits.in_words(found)}")


def _title(block: str, set_to: str | Mapping[int, float]) -> str:
    if set_to == OFF:
        return edits.ALL_OFF
    if set_to == BLOCK:
        return f"Setting all gates of {block} to 1"
    done = [
        f"{word} {edits.listed(channels)}"
        for word, end in (("opening", 1.0), ("closing", 0.0))
        if (channels := [channel for channel, value in set_to.items() if value == end])
    ]
    return f"{' and '.join(done)} of {block}".capitalize()


def _buttons(block: str, gates: np.ndarray, strongest: int | None, *, is_set: bool) -> None:
    """One for each intervention, and one that takes them all back."""
    if strongest is None:
        first = "Flip the gate that matters most"
    else:
        first = f"{'Open' if farther_end(gates[strongest]) else 'Close'} channel {strongest}"
    offers = (
        (STRONGEST, first, f"Of the gates of {block} the one that changes this answer most."),
        (BLOCK, "Block's gates to 1", f"All {len(gates)} gates of {block}: squeeze-and-excitation off in one block."),
        (OFF, "SE off everywhere", "All gates of all blocks to 1."),
    )
    now = kept_values.value(TRIED)
    with st.container(horizontal=True):
        for what, label, help_text in offers:
            st.button(
                label,
                key=f"se_gates.try.{what}",
                type="primary" if now == what else "secondary",
                help=help_text,
                on_click=kept_values.keep,
                args=(TRIED, what),
            )
        st.button(
            "Undo",
            icon=":material/undo:",
            key="se_gates.try.undo",
            disabled=not is_set,
            on_click=kept_values.keep,
            args=(TRIED, OWN),
        )


def _show_answer(answer: Explanation, found: Intervention | None) -> None:
    """The first classes before, and after; the class that has come first is always among them."""
    rows = [(predictions.class_name(row), row.probability, None) for row in answer.top[:SHOWN]]
    if found:
        changes = list(found.changes[:SHOWN])
        first = found.after.top[0].index
        if first not in [row.before.index for row in changes]:
            changes[-1] = next(row for row in found.changes if row.before.index == first)
        rows = [(predictions.class_name(row.before), row.before.probability, row.after.probability) for row in changes]
    said = (
        edits.logit_words(found) if found else "Nothing is set: these are the gates that the network gave this picture."
    )
    st.plotly_chart(
        figures_gates.changes(rows),
        key="se_gates.effect",
        alt="Probabilities of the first answers" + " before and after" * bool(found),
        config=widgets.STILL,
    )
    st.caption(said)


def _flip(channel: int, flipped: Mapping[int, float]) -> None:
    """Set the channel's gate too, or give it back its own."""
    chosen = [other for other in flipped if other != channel]
    if channel not in flipped:
        chosen.append(channel)
    kept_values.keep(TRIED, ", ".join(map(str, chosen)))
