"""What outlives a run: one engine for all, loaded in the background in silence; answers computed once."""

import threading

import pytest
from streamlit.testing.v1 import AppTest

from effnet_core import weights
from ui import state


@pytest.fixture
def loads(monkeypatch, lively_model):
    """Names of the models that were loaded; every one is the lively test model."""
    names = []
    monkeypatch.setattr(weights, "load", lambda name: names.append(name) or lively_model)
    state.engine.clear()
    yield names
    state.engine.clear()


def test_the_background_thread_loads_the_engine_that_pages_get_and_says_nothing(loads, caplog):
    thread = threading.Thread(target=state._load_offline_model)
    thread.start()
    thread.join()
    assert loads == [state.OFFLINE_MODEL]
    assert not caplog.records
    assert state.engine(state.OFFLINE_MODEL) is state.engine(state.OFFLINE_MODEL)
    assert loads == [state.OFFLINE_MODEL]


def test_a_failure_in_the_background_is_logged_and_harms_nobody(loads, monkeypatch, caplog):
    def unavailable(name):
        raise weights.WeightsUnavailable("not here")

    monkeypatch.setattr(weights, "load", unavailable)
    state._load_offline_model()
    assert "could not be loaded in the background" in caplog.text
    with pytest.raises(weights.WeightsUnavailable, match="not here"):
        state.engine(state.OFFLINE_MODEL)


def test_warming_up_starts_one_thread_for_all_sessions(monkeypatch):
    monkeypatch.setattr(state, "WARM_UP_AFTER_S", 1e6)
    state.warm_up.clear()
    first = state.warm_up()
    assert first is state.warm_up() and first.daemon and first.is_alive()
    first.cancel()
    state.warm_up.clear()


def two_looks():
    import streamlit as st

    from ui import state

    engine = state.engine("tiny")
    for name in ("coffee", "coffee", "rocket"):
        found = state.explain(engine, state.sample(name))
        st.text(f"{name} {found.top[0].logit}")


def test_an_answer_is_computed_once_for_each_picture(loads, monkeypatch):
    asked = []
    explain = state.engine("tiny").explain
    monkeypatch.setattr(
        state.engine("tiny"), "explain", lambda images, **how: asked.append(how) or explain(images, **how)
    )
    at = AppTest.from_function(two_looks, default_timeout=300).run()
    assert not at.exception and len(asked) == 2
    first, again, other = (text.value for text in at.text)
    assert first == again and first.split()[1] != other.split()[1]
    at.run()
    assert len(asked) == 2
