"""What the server tells of its answers at /_stcore/metrics."""

from __future__ import annotations

import gc
import threading
from unittest.mock import Mock

import pytest
from streamlit import runtime
from streamlit.runtime.stats import StatsManager
from streamlit.web.server.starlette.starlette_routes import _stats_to_text

from ui.session import metrics


@pytest.fixture
def shown():
    """Counters of its own, and what Streamlit writes of them: name with labels -> number."""
    counters, manager = metrics.Counters(), StatsManager()
    manager.register_provider(counters)

    def read() -> dict[str, float]:
        lines = _stats_to_text(manager.get_stats()).splitlines()
        return {name: float(number) for name, _, number in (line.rpartition(" ") for line in lines if line[0] != "#")}

    return counters, read


def test_those_who_wait_are_of_all_networks_that_are_loaded(shown):
    counters, read = shown
    assert read()["effnet_waiting"] == 0
    b0, other = Mock(waiting=3), Mock(waiting=2)
    counters.watch(b0)
    counters.watch(other)
    assert read()["effnet_waiting"] == 5
    del b0
    gc.collect()
    assert read()["effnet_waiting"] == 2


def test_answers_are_counted_by_where_they_come_from_and_how_long_they_took(shown):
    counters, read = shown
    for seconds, cached in ((0.02, False), (0.3, False), (99.0, False), (0.025, True)):
        counters.answered(seconds, cached)
    told = read()
    by_network = [told[f'effnet_answer_seconds_bucket{{le="{le}",source="network"}}'] for le in ("0.01", "0.5", "+Inf")]
    assert by_network == [0, 2, 3] and told['effnet_answer_seconds_sum{source="network"}'] == pytest.approx(99.32)
    assert told['effnet_answer_seconds_bucket{le="0.025",source="cache"}'] == 1, "a bound belongs to what it bounds"
    assert told['effnet_answer_seconds_count{source="cache"}'] == 1


def test_no_answer_is_lost_between_threads(shown):
    counters, read = shown
    threads = [threading.Thread(target=lambda: [counters.answered(1.0, True) for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read()['effnet_answer_seconds_count{source="cache"}'] == 8000


def test_only_what_was_asked_for_is_told():
    assert list(metrics.Counters().get_stats([metrics.WAITING])) == [metrics.WAITING]


def test_the_server_is_told_once(monkeypatch):
    manager = StatsManager()
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: type("Runtime", (), {"stats_mgr": manager}))
    metrics.offer.clear()
    metrics.offer()
    metrics.offer()
    assert len(manager.get_stats()[metrics.WAITING]) == 1
    metrics.offer.clear()
