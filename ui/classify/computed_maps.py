"""Slow answers, each behind its button."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from effnet_core.units import percent

from ..session import answer_cache
from ..shared import progress_bar

if TYPE_CHECKING:
    from effnet_core.progress import Progress


Answer = TypeVar("Answer")


def on_demand(question: tuple, label: str, work: Callable[[Progress], Answer], *, key: str) -> Answer | None:
    """The answer to a slow question if it is there, else a button that computes it; None until it was pressed."""
    answer = answer_cache.remembered(question)
    if answer is not None:
        return answer
    slot, start = st.empty(), time.monotonic()
    if not slot.button(label, key=key, type="primary", help=progress_bar.BOUND):
        return None
    running = progress_bar.stoppable(
        "Starting …",
        lambda share: f"{percent(share, 0)} after {time.monotonic() - start:.0f} s",
        key=f"{key}.stop",
    )
    with slot.container(), running as (_, report), answer_cache.queueing():
        answer = progress_bar.compute(work, report)
    slot.empty()
    answer_cache.remember(question, answer)
    return answer
