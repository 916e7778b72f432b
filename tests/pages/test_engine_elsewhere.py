"""The pages beside an engine on another computer: the same on the screen as with the one here, and no torch needed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="requirements-cluster.txt is not installed")
from streamlit.testing.v1 import AppTest
from support.engine_server import engine_server
from support.paths import ROOT
from support.screen import as_read, on_screen, straight_to

from effnet_core.networks import offline_model, weights
from effnet_core.serving import remote
from ui.session import answer_cache, engines

pytestmark = pytest.mark.usefixtures("started_server", "asked_anew")

BUTTONS = {  # long answers wait for one
    "classify.faithfulness": {"classify.panel": "Can it be trusted?"},
    "classify.all": {"classify.panel": "Several networks"},
}
PAGES = [
    ("classify", {}),
    ("classify", {"classify.panel": "Every stage"}),
    ("classify", {"classify.panel": "Two classes", "classify.method": "Saliency"}),
    ("classify", {"classify.stage": "stage 5 (features.4)"}),
    ("mbconv", {}),
    ("mbconv", {"mbconv.panel": "Arithmetic", "mbconv.step": "gate"}),
    ("mbconv", {"mbconv.panel": "Structure"}),
    ("se_gates", {}),
    ("se_gates", {"se_gates.panel": "Compare"}),
    ("se_gates", {"se_gates.panel": "Edit"}),
    ("se_gates", {"se_gates.panel": "Many pictures"}),
    ("se_gates", {"se_gates.panel": "As data"}),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with engine_server() as address:
        yield address


@pytest.fixture
def asked_anew() -> Iterator[None]:
    """What a server is, is remembered for a while; its port may be another server's in the next test."""
    engines._engine_there.clear()
    engines._statuses_there.clear()
    yield
    engines._engine_there.clear()
    engines._statuses_there.clear()


def shown(at: AppTest) -> list[str]:
    """All texts and figures, but where an own checkpoint goes. Floats have three digits: sums differ in their order."""
    texts = [f"{each.label}: {each.value}" for each in at.metric]
    texts += [as_read(each.value) for kind in (at.markdown, at.caption, at.info, at.warning, at.error) for each in kind]
    texts += [each.value.to_csv(float_format="%.3g") for each in at.dataframe]
    texts = [text for text in texts if not text.startswith("A state dict of")]
    return [re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.3g}", text) for text in texts]


@pytest.mark.parametrize(("page", "link"), PAGES)
def test_a_page_shows_the_same_with_the_engine_elsewhere(monkeypatch, address, page, link):
    monkeypatch.delenv(remote.ENGINE, raising=False)
    here = shown(straight_to(page, **link))
    answer_cache.clear()
    monkeypatch.setenv(remote.ENGINE, address)
    there = shown(straight_to(page, **link))
    assert any(address in text for text in there), "it says where it runs"
    assert [text.replace(f" of {address}", "") for text in there] == here


@pytest.mark.parametrize("key", BUTTONS)
def test_a_long_answer_comes_from_there(monkeypatch, address, key):
    monkeypatch.setenv(remote.ENGINE, address)
    at = straight_to("classify", **BUTTONS[key])
    at.button(key=key).click().run()
    assert not at.exception and not at.error
    assert key not in on_screen(at), "the answer stands where the button stood"


def test_an_own_checkpoint_is_answered_there_and_labels_may_follow(monkeypatch, address):
    monkeypatch.setenv(remote.ENGINE, address)
    monkeypatch.setattr(engines, "start_pytorch", lambda: pytest.fail("PyTorch is started here"))
    data, classes = (offline_model.ASSETS / offline_model.FILE).read_bytes(), weights.load("tiny").architecture.classes
    at = straight_to("classify")
    assert any(f"It is sent to {address}" in as_read(text.value) for text in at.markdown)
    at.file_uploader(key="app.checkpoint").upload("mine.safetensors", data).run()
    assert not at.exception and not at.error
    said = " ".join(as_read(caption.value) for caption in at.caption)
    assert "own checkpoint mine.safetensors" in said and f"runs on CPU of {address}" in said
    assert "Pictures are prepared as for" in said, "what was noted while it was read"
    names = "\n".join(f"thing {number}" for number in range(classes))
    at.file_uploader(key="app.labels").upload("names.txt", names.encode()).run()
    assert not at.exception and re.match(r"Its answer: (perhaps )?thing \d+, ", at.header[0].value)
    at.file_uploader(key="app.checkpoint").upload("mine.pth", b"not a checkpoint").run()
    assert not at.exception and any("mine.pth" in error.value for error in at.error)


def test_without_torch_in_the_process_the_pages_answer(address):
    """In a process of its own, where importing torch would fail."""
    code = f"""
import sys, json
sys.modules["torch"] = sys.modules["torchvision"] = sys.modules["captum"] = None
from support.screen import straight_to
seen = []
for page, link in {PAGES!r} + [("machine", {{}})]:
    at = straight_to(page, **link)
    seen.append([error.value for error in at.error])
print(json.dumps(seen))
"""
    environment = os.environ | {remote.ENGINE: address, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT}"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [[]] * (len(PAGES) + 1)


def test_a_server_that_is_away_is_told_and_this_machine_offered(monkeypatch):
    with engine_server() as address:
        pass
    monkeypatch.setenv(remote.ENGINE, address)
    at = straight_to("classify")
    [said] = [as_read(error.value) for error in at.error]
    assert said == f"The engine at {address} can't be reached (Connection refused)."
    at.button(key="engines.take_over").click().run()
    assert not at.exception and not at.error and at.button(key="engines.go_back")
    at.button(key="engines.go_back").click().run()
    assert len(at.error) == 1


def test_a_server_that_goes_between_two_questions_is_told(monkeypatch):
    with engine_server() as address:
        monkeypatch.setenv(remote.ENGINE, address)
        at = straight_to("classify")
        assert not at.error
    at.query_params["classify.panel"] = "Every stage"
    answer_cache.clear()
    at.run()
    assert not at.exception and "can't be reached" in at.error[0].value
    assert at.button(key="engines.take_over")


def test_an_own_checkpoint_comes_back_from_a_server_that_went(monkeypatch):
    data = (offline_model.ASSETS / offline_model.FILE).read_bytes()
    with engine_server() as address:
        monkeypatch.setenv(remote.ENGINE, address)
        at = straight_to("classify")
        at.file_uploader(key="app.checkpoint").upload("mine.safetensors", data).run()
        assert any(f"runs on CPU of {address}" in as_read(caption.value) for caption in at.caption)
    at.query_params["classify.panel"] = "Every stage"
    answer_cache.clear()
    engines._statuses_there.clear()
    at.run()
    assert not at.exception and "can't be reached" in at.error[0].value
    at.button(key="engines.take_over").click().run()
    assert not at.exception and not at.error
    said = " ".join(as_read(caption.value) for caption in at.caption)
    assert "runs on CPU" in said and address not in said


def test_where_torch_is_not_installed_nothing_else_is_offered(monkeypatch):
    monkeypatch.setenv(remote.ENGINE, "http://127.0.0.1:1")
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    at = straight_to("se_gates")
    assert len(at.error) == 1 and "engines.take_over" not in on_screen(at)


def test_answers_of_two_engines_are_not_taken_for_each_other(address):
    there = remote.Server(address).engine("tiny")
    here = engines.engine("tiny", "cpu")
    assert engines.engine_key(there) != engines.engine_key(here)


def test_who_brings_pictures_reads_where_they_are_sent(monkeypatch, address):
    monkeypatch.delenv(remote.ENGINE, raising=False)
    link = {"app.source": "Upload", "se_gates.panel": "By depth"}
    here = straight_to("se_gates", **link)
    monkeypatch.setenv(remote.ENGINE, address)
    there = straight_to("se_gates", **link)
    for key in ("app.upload", "se_gates.zip"):
        assert "nobody else sees them" in as_read(here.file_uploader(key=key).help)
        assert f"is sent to {address}" in as_read(there.file_uploader(key=key).help)
