"""Figures for /_stcore/metrics beside Streamlit's own: who waits for a network, and how long answers took."""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING
from weakref import WeakSet

import streamlit as st
from streamlit import runtime
from streamlit.runtime.stats import GaugeStat, HistogramStat, Stat

if TYPE_CHECKING:
    from effnet_core.explain.request_queue import RequestQueue

WAITING, ANSWERS = "effnet_waiting", "effnet_answer_seconds"
BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, math.inf)


class Counters:
    """What was counted since the server started. Safe to share between threads; a provider of Streamlit's statistics.

    Prometheus finds the number of answers in the histogram's _count, by where they came from.
    """

    stats_families = (WAITING, ANSWERS)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: WeakSet[RequestQueue] = WeakSet()  # of the networks that are loaded
        self._answers = {"network": Counter(), "cache": Counter()}  # by the number of the first bound that holds it
        self._seconds = dict.fromkeys(self._answers, 0.0)

    def watch(self, queue: RequestQueue) -> None:
        """Count what waits in a network's queue, as long as the network is there."""
        with self._lock:
            self._queues.add(queue)

    def answered(self, seconds: float, cached: bool) -> None:
        """One question was answered so long after it was asked."""
        source = "cache" if cached else "network"
        with self._lock:
            self._answers[source][bisect_left(BOUNDS_S, seconds)] += 1
            self._seconds[source] += seconds

    def get_stats(self, family_names: Sequence[str] | None = None) -> Mapping[str, Sequence[Stat]]:
        with self._lock:
            stats = {WAITING: [self._gauge()], ANSWERS: [self._histogram(source) for source in self._answers]}
        return {name: rows for name, rows in stats.items() if family_names is None or name in family_names}

    def _gauge(self) -> GaugeStat:
        return GaugeStat(
            WAITING, sum(queue.waiting for queue in self._queues), help="Questions that wait for a network."
        )

    def _histogram(self, source: str) -> HistogramStat:
        counts = accumulate(self._answers[source][number] for number in range(len(BOUNDS_S)))
        return HistogramStat(
            ANSWERS,
            tuple(zip(BOUNDS_S, counts, strict=True)),
            self._seconds[source],
            self._answers[source].total(),
            labels={"source": source},
            unit="seconds",
            help="From a question about a picture to its answer.",
        )


_counters = Counters()
watch, answered = _counters.watch, _counters.answered


@st.cache_resource(show_spinner=False)
def offer() -> None:
    """Show these figures at /_stcore/metrics, once a server."""
    if runtime.exists():  # not where a test runs a page by itself
        runtime.get_instance().stats_mgr.register_provider(_counters)
