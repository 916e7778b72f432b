"""A progress bar with a button that stops the work behind it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

MOST_MINUTES = 10  # of one question: others use the server, too
BOUND = f"It ends after {MOST_MINUTES} minutes at the latest."
TOO_LONG = (
    f"Ended after {MOST_MINUTES} minutes, the most that one question may take of a server that others use, too. Ask "
    "for less, choose a smaller network, or take the command line, which has no such limit."
)


def stoppable(
    start: str, say: Callable[[float], str], *, key: str, help: str | None = None
) -> tuple[DeltaGenerator, Callable[[float], bool]]:
    """The bar, and the callback that moves it to a share of the work in 0..1; `say` is its text at that share.

    Any click reruns the page, and the next update of the bar then ends the run that computes: so stopping needs a
    button to click, and nothing behind it. So does the callback itself after MOST_MINUTES, with a sentence; `BOUND`
    says so before.
    """
    begun = monotonic()
    bar = st.progress(0.0, text=start)
    st.button("Stop", key=key, help=help)

    def report(share: float) -> bool:
        if monotonic() - begun > 60 * MOST_MINUTES:
            bar.warning(TOO_LONG)
            st.stop()
        bar.progress(min(share, 1.0), text=say(share))
        return True

    return bar, report
