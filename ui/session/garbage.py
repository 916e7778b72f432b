"""Garbage of all runs, collected for all of them together and not after each.

Streamlit would collect after every run of every session (`runner.postScriptGC`, switched off in config.toml), and no
other thread computes meanwhile: a class that moves a slider waited for that most of its time, and five times as long
once any visitor had needed a large library, or a large network, whose objects are all walked through.
"""

from __future__ import annotations

import gc
import threading
import time

import streamlit as st
from streamlit import runtime

EVERY_S = 1.0  # photographs of one second may lie about, at most
MOST_SHARE = 0.05  # of the time


@st.cache_resource(show_spinner=False)
def watch() -> threading.Thread:
    """Collect now and then, once a server."""
    thread = threading.Thread(target=_collect_for_ever, daemon=True, name="garbage")
    thread.start()
    return thread


def _collect_for_ever() -> None:
    pause, seen = EVERY_S, 0
    while runtime.exists():
        time.sleep(pause)
        if (now := _made()) != seen:
            begun = time.monotonic()
            gc.collect()
            pause, seen = max(EVERY_S, (time.monotonic() - begun) / MOST_SHARE), now


def _made() -> int:
    """Grows where objects are made: Python's own collections of the youngest, after each few hundred."""
    return gc.get_stats()[0]["collections"]
