"""The commands on SE gates as a machine and as a person meet them."""

from __future__ import annotations

import numpy as np
import pytest

from effnet_core.explain.engine import Engine
from effnet_core.explain.gate_edits import GateEdit
from effnet_core.images.samples import load_sample
from effnet_core.networks import weights


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "coffee.png"
    load_sample("coffee").save(path)
    return path


@pytest.mark.parametrize(
    ("words", "edits"),
    [
        (["features.4.0=0.0:3,17"], [GateEdit("features.4.0", 0.0, (3, 17))]),
        (["features.4.0=1.0"], [GateEdit("features.4.0", 1.0)]),
        (["all=1.0", "features.2.1=0:46"], [GateEdit("all", 1.0), GateEdit("features.2.1", 0.0, (46,))]),
    ],
)
def test_intervene_prints_the_engines_answers(ask, photo, words, edits):
    options = [part for word in words for part in ("--edit", word)]
    code, answer, _ = ask("intervene", photo, *options, "--device", "cpu", "--json")
    assert code == 0 and list(answer) == ["file", "before", "after"] and answer["file"] == str(photo)
    found = Engine(weights.load("tiny"), "cpu").intervene(load_sample("coffee"), edits)
    for key, expected in (("before", found.before), ("after", found.after)):
        assert [list(row) for row in answer[key]] == [["index", "label", "probability", "logit"]] * 5
        assert [row["index"] for row in answer[key]] == [row.index for row in expected.top[:5]]
        np.testing.assert_allclose([row["logit"] for row in answer[key]], [row.logit for row in expected.top[:5]], 1e-5)
    assert [row["logit"] for row in answer["before"]] != [row["logit"] for row in answer["after"]]


def test_intervene_prints_a_table(ask, photo):
    code, out, _ = ask("intervene", photo, "--edit", "features.2.1=0:46", "--device", "cpu")
    header, first, *_ = out.splitlines()
    assert code == 0 and header.split() == ["class", "before", "after", "logit", "after", "change"]
    assert first.startswith("espresso") and "%" in first


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--edit", "features.4.0"], "write BLOCK=VALUE"),
        (["--edit", "features.9.0=0"], "no block is called 'features.9.0'; there are all, features.1.0"),
        (["--edit", "features.1.0=0:16"], "its channels are 0 to 15"),
        (["--edit", "all=2"], "allowed is 0 to 1"),
        (["--edit", "all=1", "--model", "resnet50"], "no model is called 'resnet50'"),
        ([], "--edit"),
    ],
)
def test_intervene_refuses_with_a_sentence(ask, photo, words, sentence):
    for picture in (photo, photo.with_name("absent.jpg")):
        code, out, err = ask("intervene", picture, *words, "--json")
        assert (code, out) == (2, "") and sentence in err and "Traceback" not in err


def test_a_bad_picture_gets_a_sentence(ask, tmp_path):
    (tmp_path / "notes.png").write_text("not a picture")
    for name, sentence in (
        ("notes.png", "notes.png is text"),
        ("absent.jpg", "absent.jpg can't be read: No such"),
    ):
        code, out, err = ask("intervene", tmp_path / name, "--edit", "all=1")
        assert (code, out) == (1, "") and sentence in err


def test_intervene_on_an_own_checkpoint(ask, photo, tmp_path, lively_model):
    from safetensors.torch import save_file

    save_file(lively_model.module.state_dict(), tmp_path / "mine.safetensors")
    (tmp_path / "labels.txt").write_text("\n".join(lively_model.labels), encoding="utf-8")
    words = ["--weights", tmp_path / "mine.safetensors", "--labels", tmp_path / "labels.txt", "--json"]
    code, out, err = ask("intervene", photo, "--edit", "features.7.0=1.0", *words)
    assert code == 0 and {row["label"] for row in out["after"]} < set(lively_model.labels) and err
