"""Whom it hurts when a channel is closed, over the pictures of many classes."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from effnet_core.__main__ import main
from effnet_core.explain import closed_channels
from effnet_core.explain.engine import Engine
from effnet_core.explain.gate_edits import GateEdit
from effnet_core.images import class_folders
from effnet_core.images.samples import load_sample
from effnet_core.networks import weights
from effnet_core.progress import Cancelled

PICTURES = {"class 0": ("coffee", "chelsea"), "class 1": ("rocket", "astronaut")}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("classes")
    for name, pictures in PICTURES.items():
        (root / name).mkdir()
        for picture in pictures:
            load_sample(picture).save(root / name / f"{picture}.png")
    return class_folders.open_folders(root)


def test_a_class_falls_by_the_mean_over_its_pictures(lively_model, folders):
    """Oracle: closing the channel in each picture, one by one."""
    engine, block = Engine(lively_model, "cpu"), lively_model.architecture.blocks[-1].name
    found = closed_channels.measure(engine, folders, block, pictures=2, about={"data": "four"})
    assert found.classes == tuple(PICTURES) and found.pictures == 2 and found.about["data"] == "four"
    assert found.falls.shape == (lively_model.architecture.block(block).expanded_channels, 2) and found.falls.std() > 0
    for number, (name, pictures) in enumerate(PICTURES.items()):
        for channel in (0, 7):
            changes = [
                engine.intervene(load_sample(picture), [GateEdit(block, 0.0, (channel,))], top=12).changes
                for picture in pictures
            ]
            own = [row.logit_change for rows in changes for row in rows if row.before.label == name]
            assert found.falls[channel, number] == pytest.approx(-np.mean(own), rel=2e-3, abs=2e-3)
    again = closed_channels.measure(engine, folders, block, pictures=1)
    assert not np.allclose(again.falls, found.falls), "one picture alone says something else"


def test_what_can_not_be_measured_gets_a_sentence(lively_model, folders):
    engine, block = Engine(lively_model, "cpu"), lively_model.architecture.blocks[-1].name
    with pytest.raises(ValueError, match="class 0: a class of the network's and 3 pictures are needed, not 2"):
        closed_channels.measure(engine, folders, block, pictures=3)
    with pytest.raises(ValueError, match="cat: a class of the network's"):
        closed_channels.measure(engine, folders.titled({"class 0": "cat"}, ["cat"]), block, pictures=1)
    with pytest.raises(Cancelled, match="after 1 of 2 classes"):
        closed_channels.measure(engine, folders, block, pictures=1, progress=lambda share: False)


def test_a_group_s_own_channel_is_far_from_all_others():
    rows = np.array([[1.0, 5.0, 0.0], [1.0, 3.0, 0.0], [1.0, 0.0, 9.0]])
    own = closed_channels.preference(rows, ("pug", "collie", "cup"), ("pug", "collie"))
    assert own.tolist() == [0.0, 4.0, -9.0]
    for names in ((), ("pug", "collie", "cup"), ("none",)):
        with pytest.raises(ValueError, match="some and not all"):
            closed_channels.preference(rows, ("pug", "collie", "cup"), names)


def test_a_file_holds_what_was_measured(tmp_path):
    falls = np.array([[0.5, -0.25], [2.0, 0.0]], np.float32)
    before = closed_channels.ClosedChannels("features.7.0", ("pug", "cup"), 3, falls, {"data": "mine"})
    (tmp_path / "a.npz").write_bytes(closed_channels.as_npz(before))
    after = closed_channels.load(tmp_path / "a.npz")
    assert (after.block, after.classes, after.pictures, after.about) == (
        "features.7.0",
        ("pug", "cup"),
        3,
        before.about,
    )
    assert np.array_equal(after.falls, falls)


def test_the_bundled_file_is_of_the_bundled_model():
    """After another model is bundled: python -m effnet_core closed DATA --out effnet_core/assets/tiny_closed.npz"""
    found = closed_channels.load()
    known = weights.known("tiny")
    assert found.about["weights_sha256"] == hashlib.sha256(known.path.read_bytes()).hexdigest()
    last = known.architecture.blocks[-1]
    assert found.block == last.name and found.falls.shape == (last.expanded_channels, len(found.classes))
    assert sorted(found.classes) == sorted(known.labels)


def test_the_command_measures_and_writes(tmp_path, folders, capsys, monkeypatch):
    monkeypatch.setattr(closed_channels, "measure", lambda *given, **options: made(given[2], **options))

    def made(block, *, pictures, about, progress):
        falls = np.array([[0.5, -0.25], [0.0, 2.0]])
        return closed_channels.ClosedChannels(block, ("pug", "cup"), pictures, falls, about)

    out, root = tmp_path / "mine.npz", tmp_path / "pictures"
    for name in ("n07920052", "n02124075"):
        (root / name).mkdir(parents=True)
        load_sample("coffee").save(root / name / "coffee.png")
    assert main(["closed", str(root), "--device", "cpu", "--pictures", "4", "--out", str(out)]) == 0
    assert closed_channels.load(out).pictures == 4
    printed = capsys.readouterr().out
    assert "block features.7.0" in printed and "0.5000" in printed and "cup" in printed
