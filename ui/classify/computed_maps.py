"""Heat maps that are computed once a session, slow ones behind a button."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from ..session import answer_cache
from ..shared import progress_bar

if TYPE_CHECKING:
    from effnet_core.progress import Progress


Answer = TypeVar("Answer")


def computed_once(question: tuple, work: Callable[[], Answer]) -> Answer:
    """The answer to a quick question, kept for the next run."""
    answer = answer_cache.remembered(question)
    if answer is None:
        with st.spinner("The network looks at the picture …", show_time=True):
            answer = work()
        answer_cache.remember(question, answer)
    return answer


def on_demand(question: tuple, label: str, work: Callable[[Progress], Answer], *, key: str) -> Answer | None:
    """The answer to a slow question if it is there, else a button that computes it; None until it was pressed."""
    answer = answer_cache.remembered(question)
    if answer is not None:
        return answer
    slot, start = st.empty(), time.monotonic()
    if not slot.button(label, key=key, type="primary"):
        return None
    with slot.container():
        _, report = progress_bar.stoppable(
            "Starting …",
            lambda share: f"{share:.0%} after {time.monotonic() - start:.0f} s",
            key=f"{key}.stop",
        )
    answer = work(report)
    slot.empty()
    answer_cache.remember(question, answer)
    return answer
