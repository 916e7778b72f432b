"""Statistics of gates against numpy on all gates at once; the file that is shipped; the command."""

from __future__ import annotations

import hashlib
import json
import weakref
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.paths import SHARED
from support.pictures import noise, saved

from effnet_core.__main__ import main
from effnet_core.cli.train import class_rows
from effnet_core.explain import gate_statistics, gate_statistics_file
from effnet_core.explain.engine import Engine
from effnet_core.images import class_folders
from effnet_core.images.class_folders import ClassFolders, open_folders
from effnet_core.networks import weights
from effnet_core.progress import Cancelled

VALIDATION = SHARED / "data" / "tiny-imagenet-200-val.zip"
COUNTS = {"stripes": 4, "waves": 3, "grain": 5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three classes of noise, with one file that is no picture."""
    root = tmp_path_factory.mktemp("classes")
    for place, (name, count) in enumerate(COUNTS.items()):
        (root / name).mkdir()
        for number in range(count):
            picture = noise(80, 70, seed=10 * place + number).rotate(90 * place).point(lambda v, p=place: v // (p + 1))
            (root / name / f"{number}.png").write_bytes(saved(picture, "PNG"))
    (root / "waves" / "broken.jpg").write_bytes(b"not a picture")
    return root


@pytest.fixture(scope="module")
def engine(lively_model) -> Engine:
    return Engine(lively_model, "cpu")


@pytest.fixture(scope="module")
def measured(engine, folder):
    return gate_statistics.measure(engine, open_folders(folder), about={"data": "noise"})


@pytest.fixture(scope="module")
def gates(engine, folder) -> dict[str, dict[str, np.ndarray]]:
    """Class -> block -> all its pictures' gates (N, C), float64."""
    found = {}
    for name in sorted(COUNTS):
        answers = engine.explain([Image.open(file).convert("RGB") for file in sorted((folder / name).glob("*.png"))])
        found[name] = {
            block.block: np.float64([answer.gates[place].values for answer in answers])
            for place, block in enumerate(answers[0].gates)
        }
    return found


def test_means_and_spreads_are_numpys(measured, gates):
    assert measured.classes == tuple(sorted(COUNTS))
    assert measured.counts == tuple(COUNTS[name] for name in measured.classes)
    for block, found in measured.blocks.items():
        every = np.concatenate([gates[name][block] for name in measured.classes])
        assert every.std(0).max() > 1e-3, "the pictures differ"
        for place, name in enumerate(measured.classes):
            np.testing.assert_allclose(found.means[place], gates[name][block].mean(0), atol=1e-3)
            np.testing.assert_allclose(found.spreads[place], gates[name][block].std(0), atol=1e-3)
        np.testing.assert_allclose(found.mean, every.mean(0), atol=1e-4)  # other batches
        np.testing.assert_allclose(found.between + found.within, every.var(0), rtol=1e-2, atol=1e-9)


def test_the_share_between_classes_is_eta_squared(measured, gates):
    for block, found in measured.blocks.items():
        every = np.concatenate([gates[name][block] for name in measured.classes])
        within = sum(((gates[name][block] - gates[name][block].mean(0)) ** 2).sum() for name in measured.classes)
        total = ((every - every.mean(0)) ** 2).sum()
        assert found.share_between == pytest.approx(1 - within / total, abs=1e-2)
        assert found.spread == pytest.approx(every.std(0).mean(), abs=1e-3)
        assert 0 <= found.class_spread <= found.spread + 1e-6


def test_by_chance_is_what_gates_without_a_class_have():
    seeded = np.random.default_rng(0)
    shares, sizes = [], (6, 10, 4)
    for _ in range(400):
        sums = [gate_statistics._Sums() for _ in sizes]
        for of_class, count in zip(sums, sizes, strict=True):
            for row in seeded.normal(size=(count, 8)):
                of_class.add(row)
        shares.append(gate_statistics._block(sums).share_between)
    expected = gate_statistics.GateStatistics(("a", "b", "c"), sizes, {}, {}).by_chance
    assert expected == 2 / 19
    assert np.mean(shares) == pytest.approx(expected, rel=0.05)


def test_steady_gates_keep_their_variance():
    """Near 1, float32 steps of a gate: sums of squares would lose them."""
    rows = 0.999 + 1e-7 * np.arange(10.0)[:, None]
    sums = gate_statistics._Sums()
    for row in rows:
        sums.add(row)
    assert sums.squares[0] / 10 == pytest.approx(rows.var(), rel=1e-6)


def test_bad_pictures_are_named(measured):
    [sentence] = measured.refused
    assert sentence.startswith("waves/broken.jpg is text")


def test_too_few_classes_get_a_sentence(engine, folder):
    only = tuple(entry for entry in open_folders(folder).entries if entry.folder == "waves")
    with pytest.raises(ValueError, match="pictures of 1 classes could be read; at least two are needed"):
        gate_statistics.measure(engine, ClassFolders(only, {}))


def test_progress_and_cancel(engine, folder, monkeypatch):
    monkeypatch.setattr(gate_statistics, "BATCH", 5)
    told = []
    gate_statistics.measure(engine, open_folders(folder), progress=lambda share: told.append(share) or True)
    assert told == sorted(told) and told[-1] == 1 and len(told) == 3
    with pytest.raises(Cancelled, match="stopped after 5 of 13 pictures"):
        gate_statistics.measure(engine, open_folders(folder), progress=lambda _: False)


def test_the_file_gives_back_what_was_measured(measured, tmp_path):
    (tmp_path / "gates.npz").write_bytes(gate_statistics_file.as_npz(measured))
    read = gate_statistics_file.load(tmp_path / "gates.npz")
    assert (read.classes, read.counts) == (measured.classes, measured.counts)
    assert read.about == {**measured.about, "precision": "float16"}
    for block, found in measured.blocks.items():
        for part, values in vars(found).items():
            np.testing.assert_array_equal(getattr(read.blocks[block], part), values, err_msg=f"{block} {part}")


# --- the shipped file


def test_the_shipped_file_is_of_the_bundled_model():
    """After another model is bundled: python -m effnet_core gatestats DATA --out effnet_core/assets/tiny_gates.npz"""
    shipped = gate_statistics_file.load()
    known = weights.known("tiny")
    assert gate_statistics_file.BUNDLED.stat().st_size < 2_000_000
    assert shipped.about["weights_sha256"] == hashlib.sha256(known.path.read_bytes()).hexdigest()
    assert set(shipped.classes) == set(known.labels)
    assert set(shipped.counts) == {50}
    assert {"model", "weights", "data", "date", "precision"} <= set(shipped.about)
    assert list(shipped.blocks) == [block.name for block in known.architecture.blocks]
    for block in known.architecture.blocks:
        found = shipped.blocks[block.name]
        assert found.means.shape == found.spreads.shape == (100, block.expanded_channels)
        np.testing.assert_allclose(found.means.mean(0), found.mean, atol=1e-3)
        np.testing.assert_allclose((found.means.astype(float) ** 2).mean(0) - found.mean**2, found.between, atol=1e-3)


def test_the_shipped_means_are_the_networks(bundled_model):
    if not VALIDATION.is_file():
        pytest.skip("../shared/data has no validation pictures to measure again")
    names = {row["class"]: row["label"] for row in class_rows(None)}
    shipped, engine = gate_statistics_file.load(), Engine(bundled_model, "cpu")
    entries = [entry for entry in open_folders(VALIDATION).entries if entry.folder == "n01443537"]
    answers = engine.explain([entry.image() for entry in entries], top=1)
    place = shipped.classes.index(names["n01443537"])
    for number, (block, found) in enumerate(shipped.blocks.items()):
        values = np.float64([answer.gates[number].values for answer in answers])
        np.testing.assert_allclose(found.means[place], values.mean(0), atol=1e-3, err_msg=block)
        np.testing.assert_allclose(found.spreads[place], values.std(0), atol=1e-3, err_msg=block)


# --- the command


def test_the_command_measures_a_folder(folder, tmp_path, capsys, bundled_model):
    out = tmp_path / "mine.npz"
    assert main(["gatestats", str(folder), "--device", "cpu", "--out", str(out), "--json"]) == 1, "one picture failed"
    told, err = capsys.readouterr()
    answer = json.loads(told)
    assert "left out: waves/broken.jpg" in err and len(answer["refused"]) == 1
    assert (answer["model"], answer["classes"], answer["pictures"], answer["data"]) == ("tiny", 3, 12, folder.name)
    written = gate_statistics_file.load(out)
    assert written.classes == tuple(sorted(COUNTS))
    for row, (block, found) in zip(answer["blocks"], written.blocks.items(), strict=True):
        assert row["block"] == block and row["channels"] == len(found.mean)
        assert row["share_between"] == pytest.approx(found.share_between)
    (folder / "waves" / "broken.jpg").rename(tmp_path / "broken.jpg")
    assert main(["gatestats", str(folder), "--device", "cpu"]) == 0
    assert "share_between" in capsys.readouterr().out
    (tmp_path / "broken.jpg").rename(folder / "waves" / "broken.jpg")


def test_the_command_refuses_what_has_no_classes(tmp_path, capsys):
    assert main(["gatestats", str(tmp_path)]) == 2
    assert "0 class folders" in capsys.readouterr().err
    assert main(["gatestats", str(tmp_path / "nowhere")]) == 2
    assert "is not there" in capsys.readouterr().err


def test_one_decoded_picture_at_a_time(engine, folder, monkeypatch):
    """Thirty-two blank pictures of 64 million pixels would take 6 GB."""
    decoded, most = [], []
    read = class_folders.read_image

    def counted(data: bytes, name: str):
        image = read(data, name)
        decoded.append(weakref.ref(image))
        most.append(sum(picture() is not None for picture in decoded))
        return image

    monkeypatch.setattr(class_folders, "read_image", counted)
    gate_statistics.measure(engine, open_folders(folder))
    assert len(most) > 4 and max(most) == 1
