"""A network that can't answer, a device that has gone, a damaged card: told in a sentence; the next request works."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from support.reports import told_at_the_end
from support.screen import on_screen, opened

from effnet_core.explain.engine import Engine
from effnet_core.machine import latency
from effnet_core.networks import offline_model, weights
from ui.session import engines

pytestmark = pytest.mark.usefixtures("started_server")

TOLD = "faults of a network, told on its page"
FAULTS = {
    "an operator that fails": RuntimeError("no kernel image is available for execution on the device [64, 3](x)"),
    "a GPU without memory": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
    "memory": MemoryError(),
}
ASKED = (  # page, link, what stands there once the network answers, the fault
    ("classify", {}, "classify.crop", "a GPU without memory"),
    ("classify", {"classify.stage": "stage 5 (features.4)"}, "classify.crop", "memory"),
    ("mbconv", {}, "mbconv.flow", "an operator that fails"),
    ("se_gates", {}, "se_gates.all", "memory"),
    ("se_gates", {"se_gates.panel": "Edit"}, "se_gates.pick", "an operator that fails"),
)


@pytest.fixture
def engine(monkeypatch, lively_model) -> Engine:
    """The pages' offline model: a network of this test alone."""
    made = Engine(replace(lively_model, name="tiny"), "cpu")
    made._quick = made._network
    monkeypatch.setattr(engines, "engine", lambda _name, _device="auto": made)
    return made


def errors(at) -> str:
    return " ".join(error.value for error in at.error)


@pytest.mark.parametrize(("page", "link", "shown", "fault"), ASKED)
def test_a_network_that_fails_is_told_and_the_next_request_works(engine, monkeypatch, page, link, shown, fault):
    def fails(_x):
        raise FAULTS[fault]

    with monkeypatch.context() as broken:
        broken.setattr(engine._network.features[0], "forward", fails)
        at = opened(page, **link)  # asserts that no exception reached the page
        assert "tiny could not answer this on CPU: " in errors(at) and engine.queue.idle
        assert (str(FAULTS[fault])[:12] or "MemoryError") in errors(at)
    at.run()
    assert not at.exception and not at.error and shown in on_screen(at)
    told_at_the_end(TOLD, 1)


def test_a_button_whose_work_fails_says_so_and_works_when_pressed_again(engine, monkeypatch):
    at = opened("se_gates", **{"se_gates.panel": "Which channels matter"})
    [key] = [key for key in on_screen(at) if key.startswith("se_gates.rank")]

    def fails(*_):
        raise RuntimeError("broken on purpose")

    with monkeypatch.context() as broken:
        broken.setattr(engine._network.features[-1], "forward", fails)
        at.button(key=key).click().run()
        assert not at.exception and "broken on purpose" in errors(at)
    at.button(key=key).click().run()
    assert not at.exception and not at.error


def test_a_gpu_that_has_gone_since_it_was_chosen():
    """The sentence names what there is; the choice of another device is one page away."""
    at = opened("classify")
    at.session_state["machine.device"] = "cuda:7"
    at.run()
    assert not at.exception and "device is 'cuda:7'; this machine has " in errors(at)
    at.session_state["machine.device"] = "cpu"
    at.run()
    assert not at.exception and not at.error and "classify.crop" in on_screen(at)
    told_at_the_end(TOLD, 1)


def test_a_measurement_that_fails_gets_a_sentence(monkeypatch):
    def fails(*_given, **_how):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    monkeypatch.setattr(latency, "measure", fails)
    at = opened("budgets", **{"budgets.panel": "Latency here"})
    at.get_by_key("budgets.measure").click().run()
    assert not at.exception and "CUDA out of memory" in errors(at)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"architecture": 3}', '{"labels": null}', "\ud83d"])
def test_a_damaged_card_costs_no_page(monkeypatch, tmp_path, content):
    """The stored answer of the first page stays, and so does its code; the pages that run the network say why not."""
    (tmp_path / "tiny.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    for module in (offline_model, weights):
        monkeypatch.setattr(module, "ASSETS", tmp_path)
    engines.engine.clear()
    at = opened("overview")
    at.button(key="overview.in_pytorch").click().run()
    assert not at.exception and at.get("download_button")
    for page in ("classify", "mbconv", "se_gates", "machine"):
        at = opened(page)
        assert not at.exception and "tiny.json" in errors(at)
    told_at_the_end(TOLD, 5)
