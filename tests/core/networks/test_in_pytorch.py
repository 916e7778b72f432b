"""PyTorch code for what is on the screen: run as a notebook and in a process of its own, against the app's Engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from support.paths import ROOT

from docs.run_notebooks import code_cells, run
from effnet_core.architecture import released
from effnet_core.explain.engine import Engine
from effnet_core.images.reading import read_image
from effnet_core.images.samples import load_sample
from effnet_core.networks import in_pytorch, weights
from effnet_core.networks.builder import build
from effnet_core.networks.in_pytorch import LABELS_FILE, Shown
from effnet_core.networks.weights import Model
from effnet_core.networks.weights_source import WeightsSource
from effnet_core.scaling.export import Cell, notebook

AGREES = 1e-4  # of a probability
PICTURE = "coffee.png"
DUMP = "\nprint(json.dumps(probabilities.topk(5).values.tolist()), json.dumps(probabilities.topk(5).indices.tolist()))"
SHARE = re.compile(r"^([0-9.]+)%  (.+)$")


class Case(NamedTuple):
    """A network as the app holds it, and what is shown of its answer; its files lie in the current folder."""

    shown: Shown
    answers: list[tuple[int, float]]


def of(model: Model, *, transparent: bool = False) -> Case:
    """The model asked about a picture, transparent at the left if so asked; labels and picture lie beside the code."""
    image = load_sample("coffee")
    if transparent:
        image.putalpha(Image.linear_gradient("L").rotate(90).resize(image.size))
    image.save(PICTURE)
    [answer] = Engine(model, "cpu").explain([read_image(Path(PICTURE).read_bytes())])
    if model.labels:
        with open(LABELS_FILE, "w", encoding="utf-8") as file:
            json.dump(model.labels, file)
    named = [(one.label or f"class {one.index}", one.probability) for one in answer.top]
    shown = Shown(model.name, model.weights, model.architecture, model.preparation, bool(model.labels), PICTURE, named)
    return Case(shown, [(one.index, one.probability) for one in answer.top])


@pytest.fixture
def b0(make_lively, sample_batch):
    """torchvision's B0 with weights that nobody trained, which spread an answer over several classes."""

    @torch.no_grad()
    def made(classes: int):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = make_lively(build(released("b0", classes=classes)), 224)
        network.classifier[1].weight *= 2 / network(sample_batch(224)).std()
        return network

    return made


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def bundled(in_folder) -> Case:
    shutil.copy(weights.ASSETS / "tiny.safetensors", in_folder)
    return of(weights.load("tiny"), transparent=True)


@pytest.fixture
def reduced(in_folder) -> Case:
    """The offline model, had it been trained on smaller pictures than it gets: a step that torchvision lacks."""
    shutil.copy(weights.ASSETS / "tiny.safetensors", in_folder)
    model = weights.load("tiny")
    return of(replace(model, preparation=replace(model.preparation, resize=110, reduce=48)))


@pytest.fixture
def imagenet(in_folder, b0) -> Case:
    """With other weights where torchvision keeps what it has downloaded, so that it fetches nothing."""
    known, network = weights.known("efficientnet_b0"), b0(1000)
    [choice] = weights.published("efficientnet_b0")
    (in_folder / "hub/checkpoints").mkdir(parents=True)
    torch.save(network.state_dict(), in_folder / "hub/checkpoints" / choice.url.rpartition("/")[2])
    return of(Model("efficientnet_b0", known.weights, known.architecture, network, known.labels, known.preparation))


@pytest.fixture
def own(in_folder, b0) -> Case:
    file = in_folder / "my pets.pth"
    torch.save(b0(6).state_dict(), file)
    return of(weights.load_checkpoint(file.read_bytes(), file.name))


@pytest.fixture
def own_safetensors(in_folder, b0) -> Case:
    file = in_folder / 'my "pets".safetensors'
    save_file(b0(6).state_dict(), file)
    return of(weights.load_checkpoint(file.read_bytes(), file.name, labels="\n".join("abcdef")))


@pytest.fixture
def own_wrapped(in_folder, b0) -> Case:
    file = in_folder / "lightning.ckpt"
    torch.save({"state_dict": {f"net.{name}": value for name, value in b0(6).state_dict().items()}, "epoch": 3}, file)
    return of(weights.load_checkpoint(file.read_bytes(), file.name))


CASES = ("bundled", "reduced", "imagenet", "own", "own_safetensors", "own_wrapped")
EACH_CASE = pytest.mark.parametrize("name", CASES)


@EACH_CASE
def test_the_notebook_runs_and_prints_what_stands_in_it(name, request):
    parts = in_pytorch.parts(request.getfixturevalue(name).shown)
    text = notebook(in_pytorch.as_cells("A title", parts))
    nbformat.validate(nbformat.reads(text, as_version=4))
    book = json.loads(text)
    assert len(code_cells(book)) == len(parts)
    for cell, printed, _ in run(book):
        kept = "".join(line for output in cell["outputs"] for line in output["text"])
        assert_same(kept.splitlines(), printed.splitlines())


def assert_same(kept: list[str], printed: list[str]) -> None:
    """Word by word; probabilities to AGREES, beside what rounding to their digits takes."""
    assert len(kept) == len(printed)
    ranks, apart = count(), told_apart([float(share[1]) / 100 for line in kept if (share := SHARE.match(line))])
    for before, now in zip(kept, printed, strict=True):
        if share := SHARE.match(before):
            assert next(ranks) not in apart or SHARE.match(now)[2] == share[2]
            assert float(SHARE.match(now)[1]) == pytest.approx(float(share[1]), abs=100 * AGREES + 0.011)
        else:
            assert as_torch_prints(now) == as_torch_prints(before)


def as_torch_prints(line: str) -> str:
    """Batch norm tells whether it has biases since PyTorch 2.14."""
    return line.replace("affine=True, bias=True", "affine=True")


@EACH_CASE
def test_the_script_gives_the_answer_of_the_engine(name, request):
    case = request.getfixturevalue(name)
    code = f"import json\n{in_pytorch.as_script(in_pytorch.parts(case.shown)[:2])}{DUMP}"
    environment = os.environ | ({"PYTHONPATH": str(ROOT)} if name == "own_wrapped" else {})
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    values, indices = done.stdout.splitlines()[-1].split("] [")
    assert json.loads(f"{values}]") == pytest.approx([share for _, share in case.answers], abs=AGREES)
    apart = told_apart([share for _, share in case.answers])
    assert [json.loads(f"[{indices}")[place] for place in apart] == [case.answers[place][0] for place in apart]
    assert max(share for _, share in case.answers) > 2 * min(share for _, share in case.answers), "it tells apart"


def told_apart(shares: list[float]) -> list[int]:
    """Places of a ranking that are the same on every machine; behind the last one may be another as good."""
    return [place for place in range(len(shares) - 1) if min(steps(shares, place)) > AGREES]


def steps(shares: list[float], place: int) -> list[float]:
    return [shares[upper] - shares[upper + 1] for upper in (place - 1, place) if upper >= 0]


def shown_b(member: str, **settings) -> Shown:
    known = weights.known(f"efficientnet_{member}")
    given = Shown(f"efficientnet_{member}", known.weights, known.architecture, known.preparation, True, PICTURE, [])
    return replace(given, **settings)


def test_downloads_are_told_where_there_are_any(bundled, own):
    assert "downloads the weights (21 MB)" in in_pytorch.parts(shown_b("b0"))[0].text
    for case in (bundled, own):
        assert "Nothing is downloaded" in in_pytorch.parts(case.shown)[0].text


def test_weights_and_transforms_are_those_in_use():
    second = shown_b("b1", weights=WeightsSource("imagenet", "IMAGENET1K_V2"))
    assert "weights = EfficientNet_B1_Weights.IMAGENET1K_V2\n" in in_pytorch.parts(second)[0].code


@pytest.mark.parametrize("member", ["b3", "b5"])  # with either of the two settings of batch norm
def test_a_larger_network_prints_what_it_is_said_to(member):
    from torchvision import models

    with torch.device("meta"):
        network = models.get_model(f"efficientnet_{member}")
    look = next(part for part in in_pytorch.parts(shown_b(member)) if part.title == "Look inside")
    assert as_torch_prints(look.printed) == as_torch_prints(str(network.features[0]))


def test_where_torchvision_cannot_load_a_file_that_is_told(own, own_wrapped):
    assert own.shown.weights.as_is and not own_wrapped.shown.weights.as_is
    part = in_pytorch.parts(own_wrapped.shown)[0]
    assert "can't load your file as it is" in part.text and "effnet_core" in part.code
    assert "effnet_core" not in in_pytorch.parts(own.shown)[0].code


@pytest.mark.parametrize("file", ['a"b.pth', "a\\b.pth", "a\nimport os.pth", "é \u2028.pth", "plain.pth"])
def test_no_name_of_a_file_is_code(file):
    shown = shown_b("b0", weights=WeightsSource("own", file), picture=file, answers=[("x", 1.0)])
    script = in_pytorch.as_script(in_pytorch.parts(shown))
    compile(script, "script", "exec")
    assert f"Image.open({file!r})" in script or f'Image.open("{file}")' in script
    assert "\nimport os" not in script


def test_a_notebook_keeps_text_code_and_what_it_prints():
    book = nbformat.reads(notebook([Cell("# é"), Cell("1 + 1\nprint(2)", True, "2\n"), Cell("x = 1", True)]), 4)
    nbformat.validate(book)
    assert [cell.cell_type for cell in book.cells] == ["markdown", "code", "code"]
    assert book.cells[1].source == "1 + 1\nprint(2)" and book.cells[1].outputs[0].text == "2\n"
    assert book.cells[2].outputs == [] and book.cells[0].source == "# é"
