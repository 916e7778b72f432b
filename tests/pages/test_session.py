"""What outlives a run: one engine for all, loaded in the background in silence; answers computed once."""

import inspect
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.testing.v1 import AppTest
from support.paths import ROOT

from effnet_core.networks import weights
from ui.session import engines


@pytest.fixture
def loads(monkeypatch, lively_model):
    """Names of the models that were loaded; every one is the lively test model."""
    names = []
    monkeypatch.setattr(weights, "load", lambda name: names.append(name) or lively_model)
    engines.engine.clear()
    yield names
    engines.engine.clear()


def test_the_background_thread_loads_the_engine_that_pages_get_and_says_nothing(loads, caplog):
    thread = threading.Thread(target=engines._load_offline_model)
    thread.start()
    thread.join()
    assert loads == [engines.OFFLINE_MODEL]
    assert not [record for record in caplog.records if record.name.startswith("streamlit")]
    assert engines.engine(engines.OFFLINE_MODEL) is engines.engine(engines.OFFLINE_MODEL)
    assert loads == [engines.OFFLINE_MODEL]


def test_a_failure_in_the_background_is_logged_and_harms_nobody(loads, monkeypatch, caplog):
    def unavailable(name):
        raise weights.WeightsUnavailable("not here")

    monkeypatch.setattr(weights, "load", unavailable)
    engines._load_offline_model()
    assert "could not be loaded in the background" in caplog.text
    with pytest.raises(weights.WeightsUnavailable, match="not here"):
        engines.engine(engines.OFFLINE_MODEL)


class Opened:
    """In the place of an event: for each wait, whether a page was opened in that time."""

    def __init__(self, *answers: bool) -> None:
        self.answers, self.waited = list(answers), []

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return self.answers.pop(0)

    def clear(self) -> None:
        pass


def test_warming_up_waits_until_no_page_is_opened(monkeypatch):
    opened, warmed = Opened(True, True, False), []
    monkeypatch.setattr(engines, "FIRST_PAGE_S", 0)
    monkeypatch.setattr(engines, "_warm_up", lambda: warmed.append(len(opened.waited)))
    engines._warm_up_when_quiet(opened)
    assert opened.waited == [engines.WARM_UP_AFTER_S] * 3 and warmed == [3]


def test_a_class_that_keeps_opening_pages_does_not_keep_the_server_cold(monkeypatch):
    opened, warmed = Opened(*[True] * 100), []
    monkeypatch.setattr(engines, "FIRST_PAGE_S", 0)
    monkeypatch.setattr(engines.time, "monotonic", lambda: len(opened.waited) * engines.WARM_UP_AFTER_S)
    monkeypatch.setattr(engines, "_warm_up", lambda: warmed.append(len(opened.waited)))
    engines._warm_up_when_quiet(opened)
    assert warmed == [engines.WARM_UP_WITHIN]


def test_one_thread_waits_for_all_sessions(monkeypatch):
    started = []
    monkeypatch.setattr(engines, "_warm_up_when_quiet", started.append)
    engines._page_opened.clear()
    engines.warm_up()
    engines.warm_up()
    [opened] = started
    assert opened.is_set()
    engines._page_opened.clear()


def two_looks():
    import streamlit as st

    from ui.session import answer_cache, engines, pictures

    engine = engines.engine("tiny")
    for name in ("coffee", "coffee", "rocket"):
        found = answer_cache.explain(engine, pictures.sample(name))
        st.text(f"{name} {found.top[0].logit}")


def test_an_answer_is_computed_once_for_each_picture(loads, monkeypatch):
    asked = []
    explain = engines.engine("tiny").explain
    monkeypatch.setattr(
        engines.engine("tiny"), "explain", lambda images, **how: asked.append(how) or explain(images, **how)
    )
    at = AppTest.from_function(two_looks, default_timeout=300).run()
    assert not at.exception and len(asked) == 2
    first, again, other = (text.value for text in at.text)
    assert first == again and first.split()[1] != other.split()[1]
    at.run()
    assert len(asked) == 2


def setting_each_other():
    import streamlit as st

    from ui.session import kept_values
    from ui.shared import widgets

    kept_values.keep("others", st.number_input("other", value=0, key="page.other"))
    chosen = widgets.exact_and_slider(
        "x", key="page.x", default=1.0, limits=(0.5, 5.0), step=0.5, on_move={"page.other": 7}
    )
    st.text(chosen)


@pytest.mark.parametrize("move", ["slider", "input"])
def test_a_move_of_slider_or_input_sets_both_and_the_others(move):
    at = AppTest.from_function(setting_each_other, default_timeout=300).run()
    assert (at.text[0].value, at.number_input(key="page.other").value) == ("1.0", 0)
    widget = at.select_slider(key="page.x_slider") if move == "slider" else at.number_input(key="page.x")
    widget.set_value(3.5).run()
    assert at.text[0].value == "3.5" and at.number_input(key="page.other").value == 7
    assert at.select_slider(key="page.x_slider").value == at.number_input(key="page.x").value == 3.5


def test_sessions_that_begin_together_import_torch_one_after_the_other():
    """In a process of its own: here it is imported already."""
    code = """
import threading
from ui.session import engines
failed, start = [], threading.Barrier(8)

def begin():
    start.wait()
    try:
        engines.start_pytorch()
        from effnet_core.networks import weights
        weights.statuses()
    except BaseException as error:
        failed.append(error)

threads = [threading.Thread(target=begin) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert not failed, failed
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_slow_map_brings_in_no_library_after_the_warm_up():
    """Others would wait for the import, and for every later collection of garbage, which walks through its objects."""
    code = """
import gc, sys
from ui.session import engines
engines._warm_up()
before = {name.partition(".")[0] for name in sys.modules}
frozen = gc.get_freeze_count()
from effnet_core.images.samples import SAMPLES, load_sample
engines.engine(engines.OFFLINE_MODEL).attribute(load_sample(SAMPLES[0].name), method="saliency")
later = {name.partition(".")[0] for name in sys.modules} - before
assert not later, later
assert len(gc.get_objects()) < frozen / 10, (len(gc.get_objects()), frozen)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_a_server_that_ends_while_a_page_computes_does_not_crash():
    code = """
import threading, time
from ui.session import engines
engines.start_pytorch()
import torch
computes = threading.Event()

def run():
    picture, layer = torch.ones(8, 16, 64, 64), torch.nn.Conv2d(16, 16, 3)
    ends = time.monotonic() + 2  # here Streamlit ends it
    while time.monotonic() < ends:
        layer(picture)
        computes.set()

threading.Thread(target=run, daemon=True, name=engines.RUN).start()
assert computes.wait(60)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_streamlit_calls_the_thread_of_a_run_so():
    assert f'"{engines.RUN}"' in inspect.getsource(ScriptRunner.start)


def one_look():
    import streamlit as st

    from ui.session import answer_cache, engines, pictures

    st.text(answer_cache.explain(engines.engine("tiny"), pictures.sample("coffee")).top[0].logit)


def test_sessions_share_an_answer_and_ask_once_at_the_same_time(loads, monkeypatch):
    asked, explain = [], engines.engine("tiny").explain

    def slow(images, **how):
        asked.append(how)
        time.sleep(0.3)
        return explain(images, **how)

    monkeypatch.setattr(engines.engine("tiny"), "explain", slow)
    tabs = [AppTest.from_function(one_look, default_timeout=300) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        [*pool.map(AppTest.run, tabs)]
    assert len({tab.text[0].value for tab in tabs}) == 1 and len(asked) == 1
    assert not any(tab.caption for tab in tabs), "the note goes when the answer is there"


def test_a_full_queue_is_told_and_the_next_run_asks_again(loads, monkeypatch):
    monkeypatch.setattr(engines.engine("tiny").queue, "most_waiting", 0)
    at = AppTest.from_function(one_look, default_timeout=300).run()
    assert (
        [error.value for error in at.error] == ["0 questions wait for this network already; try again in a moment."]
        and not at.exception
        and not at.text
    )
    monkeypatch.setattr(engines.engine("tiny").queue, "most_waiting", 1)
    at.run()
    assert not at.error and at.text


def test_who_waits_sees_the_place_in_the_queue(loads, monkeypatch):
    queue, hold, notes = engines.engine("tiny").queue, threading.Event(), []
    caption = DeltaGenerator.caption

    def noted(self, text, *rest, **more):
        notes.append(text)
        hold.set()
        return caption(self, text, *rest, **more)

    monkeypatch.setattr(DeltaGenerator, "caption", noted)
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(queue.ask, None, lambda items: hold.wait(60) and items)
        while queue.idle:
            time.sleep(0.01)
        at = AppTest.from_function(one_look, default_timeout=300).run()
        busy.result(60)
    assert at.text and notes == ["One question comes before yours. A click on anything leaves the queue."]
