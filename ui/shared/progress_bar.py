"""A progress bar with a button that stops the work behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


def stoppable(
    start: str, say: Callable[[float], str], *, key: str, help: str | None = None
) -> tuple[DeltaGenerator, Callable[[float], bool]]:
    """The bar, and the callback that moves it to a share of the work in 0..1; `say` is its text at that share.

    Any click reruns the page, and the next update of the bar then ends the run that computes: so stopping needs a
    button to click, and nothing behind it.
    """
    bar = st.progress(0.0, text=start)
    st.button("Stop", key=key, help=help)

    def report(share: float) -> bool:
        bar.progress(min(share, 1.0), text=say(share))
        return True

    return bar, report
