"""Training on pictures that the test draws: it learns, resumes where it stopped, and keeps what it promises."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from support.training_pictures import CLASSES, write_archive

from effnet_core.__main__ import main
from effnet_core.architecture import tiny
from effnet_core.networks.builder import build
from effnet_core.networks.weights import fill
from effnet_core.training import data as training_data
from effnet_core.training import evaluation, model_card
from effnet_core.training import recipe as training_recipe
from effnet_core.training import run as training_run

RECIPE = training_recipe.Recipe(
    phases=(training_recipe.Phase(12, 32, 0.7), training_recipe.Phase(4, 48, 0.9)),
    batch=12,
    ema_decay=0.8,
    learning_rate=5e-3,
    jitter=0.05,
    dropout=0.0,
    warmup=2,
    cooldown=6,
    validation_pixels=32,
    validate_every=4,
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("data") / "colours.zip", 24)


@pytest.fixture(scope="module")
def pictures(archive):
    names = [row["class"] for row in CLASSES]
    return tuple(training_data.read_pictures([archive], names, split) for split in ("train", "val"))


def new_run(folder, recipe=RECIPE):
    torch.manual_seed(1)
    return training_run.Run(folder, build(tiny(classes=3), dropout=0.0), recipe, device="cpu", compiled=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, pictures):
    run = new_run(tmp_path_factory.mktemp("run"))
    return run, list(run.train(*pictures))


def test_pictures_are_read_with_their_classes(pictures, archive):
    train, test = pictures
    assert train.images.shape == (72, 3, 64, 64) and train.images.dtype == torch.uint8
    assert train.targets.tolist() == [0] * 24 + [1] * 24 + [2] * 24 and len(test.targets) == 24
    assert train.images[-1].float().mean((1, 2)).argmax() == 2, "the last class is blue"
    with pytest.raises(ValueError, match="no train/<class>/ pictures"):
        training_data.read_pictures([archive], ["n9"], "train")


def test_augmentation_keeps_the_picture_recognisable_and_varies(pictures):
    images = pictures[0].images[:8]
    torch.manual_seed(0)
    one, other = (training_data.augment(images, training_recipe.Phase(1, 40, 0.6), jitter=0.2) for _ in range(2))
    assert one.shape == (8, 3, 40, 40) and not torch.equal(one, other)
    plain = training_data.normalise(images.float() / 255).mean((2, 3))
    assert (one.mean((2, 3)) - plain).abs().max() < 1.2 and torch.equal(one.mean((2, 3)).argmax(1), plain.argmax(1))


def test_it_learns(finished):
    run, rows = finished
    assert [row["pixels"] for row in rows] == [32] * 12 + [48] * 4
    assert run.best > 0.6  # chance is a third; whether red and orange also come apart, a processor's rounding decides
    assert [row["epoch"] for row in rows if "top1" in row] == [4, 8, 12, 13, 14, 15, 16]
    assert rows[-1]["loss"] < 0.5 * rows[0]["loss"]
    assert [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()] == rows


def test_the_learning_rate_warms_up_and_falls_to_nothing():
    rates = [training_recipe.rate_at(epoch, RECIPE) for epoch in range(17)]
    assert rates[0] == 0 and rates[1] == RECIPE.learning_rate / 2
    assert set(rates[2:11]) == {RECIPE.learning_rate}, "level until the cool-down"
    assert rates[10:] == sorted(rates[10:], reverse=True) and rates[13] == RECIPE.learning_rate / 2 and rates[16] == 0


def test_squeeze_and_excite_learns_at_a_share_of_the_rate(finished):
    run, _ = finished
    run.optimizers.step(0.0)
    groups = run.optimizers.all[0].param_groups
    squeeze = {p for name, p in run.model.named_parameters() if "fc" in name}
    slow = [group for group in groups if "share" in group]
    assert {p for group in slow for p in group["params"]} == squeeze and slow[0]["share"] == RECIPE.squeeze_rate


def test_half_of_the_pictures_choose_and_the_other_half_only_measures(pictures):
    choosing, kept_apart = pictures[1].halves()
    assert len(choosing.images) + len(kept_apart.images) == len(pictures[1].images)
    assert torch.equal(torch.stack([choosing.images, kept_apart.images], 1).flatten(0, 1), pictures[1].images)
    assert choosing.targets.bincount().tolist() == kept_apart.targets.bincount().tolist() == [4, 4, 4]


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path, pictures, finished):
    stopped = new_run(tmp_path)
    for row in stopped.train(*pictures):
        if row["epoch"] == 12:
            break
    resumed = new_run(tmp_path)
    assert resumed.epoch == 12
    rows = list(resumed.train(*pictures))
    assert [row["epoch"] for row in rows] == [13, 14, 15, 16]
    assert [row["loss"] for row in rows] == pytest.approx([row["loss"] for row in finished[1][12:]], rel=1e-3)


def test_muon_steps_the_networks_own_weights(finished):
    run, _ = finished
    assert run.optimizers.pairs
    for parameter, view in run.optimizers.pairs:
        assert view.data_ptr() == parameter.data_ptr() and parameter.shape[2:] == (1, 1)
    grouped = [p for optimizer in run.optimizers.all for group in optimizer.param_groups for p in group["params"]]
    assert sum(p.numel() for p in grouped) == sum(p.numel() for p in run.model.parameters())


def test_the_kept_weights_are_half_precision_and_answer_as_measured(finished, pictures):
    run, _ = finished
    state = load_file(run.best_weights)
    assert {value.dtype for value in state.values()} == {torch.float16, torch.int64}
    network = fill(tiny(classes=3), load_file(run.best_weights))
    logits = evaluation.predict(network, pictures[1].images, 32)
    assert evaluation.accuracy(logits, pictures[1].targets) == pytest.approx(run.best, abs=0.05)


def test_the_card_tells_what_was_measured(finished, pictures, tmp_path):
    run, _ = finished
    network = fill(tiny(classes=3), load_file(run.best_weights))
    measured = model_card.measure(network, pictures[1], CLASSES, 32)
    assert measured["top1"] == pytest.approx(run.best, abs=0.05) and measured["top5"] == 1
    probabilities = evaluation.predict(network, pictures[1].images, 32).softmax(1)
    is_warm = probabilities[:, 0] + probabilities[:, 1] > probabilities[:, 2]
    right = [warm == (target < 2) for warm, target in zip(is_warm.tolist(), pictures[1].targets.tolist(), strict=True)]
    assert measured["group_top1"] == pytest.approx(np.mean(right))
    card = (
        {"notes": ["Coloured noise."]}
        | model_card.describe(network, *pictures[1].halves(), CLASSES, width=0.5)
        | run.conditions()
    )
    assert card["architecture"]["resolution"] in model_card.SIZES and card["photographs"] is None
    assert card["epochs_done"] == 16 and card["recipe"]["seed"] == RECIPE.seed
    model_card.release(run.best_weights, card, tmp_path)
    released = json.loads((tmp_path / "tiny.json").read_text())
    assert released["labels"] == ["red", "orange", "blue"]
    assert released["weights_sha256"] == hashlib.sha256(run.best_weights.read_bytes()).hexdigest()
    text = (tmp_path / "tiny.md").read_text()
    assert f"top-1 {card['top1']:.1%} of 12 (" in text and "Coloured noise." in text and "12 epochs at 32 px" in text
    assert (tmp_path / "tiny.safetensors").read_bytes() == run.best_weights.read_bytes()


def test_calibration_error_of_known_answers():
    right = torch.tensor([0, 0, 0, 1])
    sure = torch.tensor([[1.0, 0.0]] * 4)
    assert model_card.calibration_error(sure, right) == pytest.approx(0.25), (
        "sure every time, right three times of four"
    )
    honest = torch.tensor([[0.75, 0.25]] * 4)
    assert model_card.calibration_error(honest, right) == pytest.approx(0, abs=1e-6)


def test_mistakes_name_the_pairs_that_are_confused():
    logits = torch.eye(3)[[0, 0, 1, 2, 2]]
    found = model_card.mistakes(logits, torch.tensor([0, 1, 1, 2, 2]), ["red", "orange", "blue"])
    assert found["confusions"] == [["orange", "red", 1]] and found["worst_classes"][0] == ["orange", 0.5]


def test_the_command_trains_resumes_and_releases(tmp_path, capsys):
    data, run, out = tmp_path / "data", tmp_path / "run", tmp_path / "out"
    data.mkdir()
    write_archive(data / "colours.zip", 44)
    (tmp_path / "classes.tsv").write_text(
        "class\tlabel\tgroup\n" + "".join("\t".join(row.values()) + "\n" for row in CLASSES)
    )
    words = ["train", str(data), "--out", str(run), "--classes", str(tmp_path / "classes.tsv"), "--device", "cpu"]
    assert main([*words, "--phase", "1x32@0.8"]) == 0 and not out.exists()
    capsys.readouterr()
    released = [*words, "--phase", "2x32@0.8", "--export", str(out), "--note", "Noise.", "--json"]
    assert main(released) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["epochs"] == 2 and len((run / "log.jsonl").read_text().splitlines()) == 2, "one epoch each time"
    card = json.loads((out / "tiny.json").read_text())
    assert card == answer["card"] and card["notes"] == ["Noise."] and card["architecture"]["width"] == 0.5
    state = load_file(out / "tiny.safetensors")
    assert state["classifier.1.weight"].shape[0] == 3 and (out / "tiny.md").exists()


def test_too_few_pictures_are_refused(tmp_path, pictures):
    run = new_run(tmp_path, training_recipe.Recipe(batch=100))
    with pytest.raises(ValueError, match="72 training pictures are fewer than a batch of 100"):
        next(run.train(*pictures))
