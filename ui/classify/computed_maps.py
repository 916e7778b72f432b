"""Slow answers, each behind its button."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from effnet_core.cost import cost_of
from effnet_core.units import percent, three_digits

from ..session import answer_cache
from ..shared import progress_bar

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.progress import Progress


Answer = TypeVar("Answer")


MOST_MACS = {"cpu": 6e13}  # of one question: some minutes
MOST_MACS_ELSEWHERE = 6e15


def refuses(engine: Engine, passes: int) -> bool:
    """Whether so many passes are too many for one question; says so in a sentence."""
    macs = cost_of(engine.architecture).macs
    most = MOST_MACS.get(engine.device, MOST_MACS_ELSEWHERE)
    if passes * macs > most:
        st.warning(
            f"This takes {passes:,} passes of {three_digits(macs / 1e9)} G MACs, {three_digits(passes * macs / 1e12)} "
            f"T in all; on the {engine.device.upper()} one question may take {most / 1e12:,.0f} T MACs. Choose fewer, "
            "larger steps, or a smaller network."
        )
    return passes * macs > most


def on_demand(question: tuple, label: str, work: Callable[[Progress], Answer], *, key: str) -> Answer | None:
    """The answer to a slow question if it is there, else a button that computes it; None until it was pressed."""
    answer = answer_cache.remembered(question)
    if answer is not None:
        return answer
    slot, start = st.empty(), time.monotonic()
    if not slot.button(label, key=key, type="primary", help=progress_bar.BOUND):
        return None
    with slot.container():
        _, report = progress_bar.stoppable(
            "Starting …",
            lambda share: f"{percent(share, 0)} after {time.monotonic() - start:.0f} s",
            key=f"{key}.stop",
        )
        with answer_cache.queueing():
            answer = work(report)
    slot.empty()
    answer_cache.remember(question, answer)
    return answer
