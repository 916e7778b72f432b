"""PyTorch code one click from an answer: on the overview from what is stored, on Classify from what was asked."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from PIL import Image
from support.screen import on_screen, opened

from effnet_core.explain import stored_example
from effnet_core.images.samples import load_sample
from effnet_core.networks import in_pytorch, offline_model
from effnet_core.networks.weights_source import WeightsSource
from ui.session import engines
from ui.shared import in_pytorch as offered

pytestmark = pytest.mark.usefixtures("started_server")
DOWNLOADS = ("app.code.tiny.ipynb", "app.code.tiny.py", "app.code.tiny.zip")


def asked_on(page: str):
    at = opened(page)
    assert not at.code
    at.button(key=f"{page}.in_pytorch").click().run()
    assert not at.exception
    return at


@pytest.mark.parametrize("page", ["overview", "classify"])
def test_the_code_is_for_the_network_and_the_answer_on_the_screen(page):
    at, card = asked_on(page), offline_model.card()
    if page == "overview":
        look = stored_example.stored()
        assert look["model"] == engines.OFFLINE_MODEL and look["weights"] == str(offline_model.SOURCE)
        answers, picture = [(one["label"], one["probability"]) for one in look["top"]], f"{look['sample']}.png"
    else:
        [answer] = engines.engine(engines.OFFLINE_MODEL).explain([load_sample("coffee")])
        answers, picture = [(one.label, one.probability) for one in answer.top], "A_cup_of_coffee.png"
    parts = in_pytorch.parts(
        in_pytorch.Shown("tiny", offline_model.SOURCE, card.architecture, card.preparation, True, picture, answers)
    )
    shown = [block.value for block in at.code]
    assert [text for part in parts for text in (part.code, part.printed) if text] == shown[:-1]
    assert shown[-1].rstrip("\n") == in_pytorch.as_script(parts).rstrip("\n")
    assert set(DOWNLOADS) <= set(on_screen(at))


def test_the_files_are_those_that_the_code_reads():
    card = offline_model.card()
    shown = in_pytorch.Shown("tiny", offline_model.SOURCE, card.architecture, card.preparation, True, "a.png", [])
    files = offered._network_files(shown, card.labels) | {"a.png": lambda: b"a picture"}
    with zipfile.ZipFile(io.BytesIO(offered._zipped(files))) as archive:
        assert sorted(archive.namelist()) == ["a.png", "labels.json", "tiny.safetensors"]
        assert json.loads(archive.read("labels.json")) == list(card.labels)
        assert archive.read("tiny.safetensors") == (offline_model.ASSETS / offline_model.FILE).read_bytes()
    code = in_pytorch.as_script(in_pytorch.parts(shown))
    assert all(f'"{name}"' in code for name in files)


def test_torchvisions_weights_come_without_files_and_an_own_checkpoint_with_its_labels():
    card = offline_model.card()
    for source, wanted in (
        (WeightsSource("imagenet", "IMAGENET1K_V1"), set()),
        (WeightsSource("own", "a.pth"), {"labels.json"}),
    ):
        shown = in_pytorch.Shown("efficientnet_b0", source, card.architecture, card.preparation, True, "a.png", [])
        assert set(offered._network_files(shown, card.labels)) == wanted


def test_a_sample_is_among_the_files_and_an_own_picture_is_not(monkeypatch):
    given = []
    monkeypatch.setattr(offered, "show", lambda shown, labels, pictures: given.append((shown.picture, pictures)))
    engine = engines.engine(engines.OFFLINE_MODEL)
    [answer] = engine.explain([load_sample("coffee")])
    for name in ("my cat.JPG", "Grace Hopper"):
        picture = type("Picture", (), {"name": name, "image": Image.new("RGB", (2, 2))})
        offered.show_answer(engine, picture, answer)
    (own, none), (sample, pictures) = given
    assert own == "my cat.JPG" and none == {}
    assert sample == "Grace_Hopper.png" and pictures[sample]().size == (2, 2)
