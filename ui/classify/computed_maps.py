"""Heat maps that are computed once a session, slow ones behind a button."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from ..session import answer_cache

if TYPE_CHECKING:
    from effnet_core.progress import Progress


Answer = TypeVar("Answer")


def computed_once(question: tuple, work: Callable[[], Answer]) -> Answer:
    """The answer to a quick question, kept for the next run."""
    found = answer_cache.remembered(question)
    if found is None:
        with st.spinner("The network looks at the picture …", show_time=True):
            found = work()
        answer_cache.remember(question, found)
    return found


def on_demand(question: tuple, label: str, work: Callable[[Progress], Answer], *, key: str) -> Answer | None:
    """The answer to a slow question if it is there, else a button that computes it; None until it was pressed.

    While it computes, a click anywhere starts the page anew, and the call that moves the bar ends this run: so
    stopping needs a button to click, and nothing behind it.
    """
    found = answer_cache.remembered(question)
    if found is not None:
        return found
    slot, start = st.empty(), time.monotonic()
    if not slot.button(label, key=key, type="primary"):
        return None
    with slot.container():
        bar = st.progress(0.0, text="Starting …")
        st.button("Stop", key=f"{key}.stop")

    def show(share: float) -> bool:
        bar.progress(min(share, 1.0), text=f"{share:.0%} after {time.monotonic() - start:.0f} s")
        return True

    found = work(show)
    slot.empty()
    answer_cache.remember(question, found)
    return found
