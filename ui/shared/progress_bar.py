"""Long answers: a progress bar with a button that stops the work behind it, and what one of them may take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from effnet_core.cost import cost_of
from effnet_core.explain.low_priority import at_low_priority
from effnet_core.units import three_digits

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from effnet_core.explain.engine import Engine
    from effnet_core.progress import Progress

Answer = TypeVar("Answer")

MOST_MINUTES = 10  # of one question: others use the server, too
MOST_AT_ONCE = 2  # long answers of one server: each has a batch of its own in memory
MOST_MACS = {"cpu": 6e13}  # of one question: some minutes
MOST_MACS_ELSEWHERE = 6e15
BOUND = f"It ends after {MOST_MINUTES} minutes at the latest; the server computes {MOST_AT_ONCE} such answers at once."
TOO_LONG = (
    f"Ended after {MOST_MINUTES} minutes, the most that one question may take of a server that others use, too. Ask "
    "for less, choose a smaller network, or take the command line, which has no such limit."
)
OTHERS_FIRST = (
    f"The server computes {MOST_AT_ONCE} long answers at once. Yours begins when one of them ends; a click on anything "
    "leaves the queue."
)
LOOK_EVERY_S = 0.3
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


def refuses(engine: Engine, passes: int, fewer: str) -> bool:
    """Whether so many passes are too many for one question; says so in a sentence that ends with `fewer`."""
    macs = cost_of(engine.architecture).macs
    most = MOST_MACS.get(engine.device, MOST_MACS_ELSEWHERE)
    if passes * macs > most:
        st.warning(
            f"This takes {passes:,} passes of {three_digits(macs / 1e9)} G MACs, {three_digits(passes * macs / 1e12)} "
            f"T in all; on the {engine.device.upper()} one question may take {most / 1e12:,.0f} T MACs. {fewer}"
        )
    return passes * macs > most


@contextmanager
def stoppable(
    start: str, say: Callable[[float], str], *, key: str, help: str | None = None
) -> Iterator[tuple[DeltaGenerator, Callable[[float], bool]]]:
    """The bar, and the callback that moves it to a share of the work in 0..1; `say` is its text at that share.

    Any click reruns the page, and the next update of the bar then ends the run that computes: so stopping needs a
    button to click, and nothing behind it. So does the callback itself after MOST_MINUTES, with a sentence; `BOUND`
    says so before. Waits while MOST_AT_ONCE others compute.
    """
    bar = st.progress(0.0, text=start)
    st.button("Stop", key=key, help=help)
    while not _places.acquire(timeout=LOOK_EVERY_S):
        bar.progress(0.0, text=OTHERS_FIRST)
    begun = monotonic()

    def report(share: float) -> bool:
        if monotonic() - begun > 60 * MOST_MINUTES:
            bar.warning(TOO_LONG)
            st.stop()
        bar.progress(min(share, 1.0), text=say(share))
        return True

    try:
        yield bar, report
    finally:
        _places.release()


def compute(work: Callable[[Progress], Answer], report: Progress) -> Answer:
    """A long answer, in a thread of this session that leaves the processors to other people's clicks."""
    session = get_script_run_ctx()

    def in_session(report: Progress) -> Answer:
        add_script_run_ctx(None, session)
        return work(report)

    return at_low_priority(in_session, report)
