"""A sentence for every file that can't be used as a checkpoint; no code in it is ever run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save as save_safetensors
from support.saved_networks import State, on_meta, pth, rejection
from torch import nn

from effnet_core.architecture import released, tiny
from effnet_core.networks import checkpoints
from effnet_core.networks.builder import build
from effnet_core.networks.weights import load_checkpoint

pytestmark = pytest.mark.usefixtures("opened_here")


@pytest.fixture
def state() -> State:
    """B0 with seven classes."""
    return dict(build(released("b0", classes=7)).state_dict())


@pytest.fixture
def small() -> State:
    """The offline model's shapes with three classes: cheap, for everything that does not depend on the network."""
    return dict(build(tiny(classes=3)).state_dict())


def test_missing_keys_are_named(state):
    lost = [key for key in state if key.startswith("features.3.1.block.2.")]
    sentence = rejection(pth({key: value for key, value in state.items() if key not in lost}))
    assert "is like efficientnet_b0 but lacks features.3.1.block.2.fc1.weight" in sentence
    assert f"and {len(lost) - 3} more" in sentence


def test_no_classifier(state):
    sentence = rejection(pth({key: value for key, value in state.items() if "classifier" not in key}))
    assert "lacks classifier.1.weight, classifier.1.bias" in sentence


def test_unexpected_keys_are_named(state):
    sentence = rejection(pth(state | {"features.9.0.weight": torch.ones(2)}))
    assert "has also features.9.0.weight" in sentence


def test_other_shapes_are_named(state):
    sentence = rejection(pth(state | {"features.8.0.weight": torch.ones(1280, 320, 3, 3)}))
    assert "features.8.0.weight of (1280, 320, 3, 3) in place of (1280, 320, 1, 1)" in sentence


def test_classifier_of_two_layers(small):
    linear = {"classifier.4.weight": torch.ones(9, 3), "classifier.4.bias": torch.ones(9)}
    assert "classifier.4.weight" in rejection(pth(small | linear))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none(small, value):
    small["features.2.0.block.1.0.weight"][3, 0, 1, 1] = value
    sentence = rejection(pth(small))
    assert "features.2.0.block.1.0.weight" in sentence
    assert "NaN" in sentence


def test_values_too_large_for_float32(small):
    key = "classifier.1.bias"
    assert key in rejection(pth(small | {key: torch.full((3,), 1e300, dtype=torch.float64)}))


def test_a_variance_below_zero(small):
    small["features.0.1.running_var"][0] = -1
    assert "features.0.1.running_var" in rejection(pth(small))


@pytest.mark.parametrize("kind", [torch.int8, torch.bool, torch.complex64])
def test_numbers_of_another_kind(small, kind):
    sentence = rejection(pth(small | {"classifier.1.bias": torch.zeros(3, dtype=kind)}))
    assert str(kind) in sentence


@pytest.mark.filterwarnings("ignore:Validating sparse tensor")
def test_sparse_weights(small):
    assert "sparse" in rejection(pth(small | {"classifier.1.weight": small["classifier.1.weight"].to_sparse()}))


class Trap:
    """A pickle that writes a file when it is opened without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.write_text, (self.path, "sprung")


def test_code_in_a_file_is_never_run(small, tmp_path):
    trap = tmp_path / "trap"
    data = pth({"state_dict": small, "trainer": Trap(trap)})
    torch.load(io.BytesIO(data), weights_only=False)
    assert trap.exists(), "the trap works"
    trap.unlink()
    sentence = rejection(data)
    assert not trap.exists()
    assert "torch.save(model.state_dict()" in sentence


def test_whole_networks_are_not_opened():
    assert "holds Python objects" in rejection(pth(nn.Linear(2, 2)))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (torch.ones(3), "holds a Tensor"),
        ([torch.ones(3)], "holds a list"),
        (3, "holds a int"),
        ({}, "it is an empty dictionary"),
        ({"epoch": 3, "loss": 0.5}, "its entries are epoch, loss"),
        ({"state_dict": {}}, "it is an empty dictionary"),
        ({1: torch.ones(3)}, "holds no weights"),
        ({"weight": torch.ones(3)}, "no network known here"),
    ],
)
def test_files_that_are_no_state_dict(content, what):
    assert what in rejection(pth(content))


def test_a_dictionary_that_holds_itself():
    content: dict = {}
    content["model"] = content
    assert "holds no weights" in rejection(pth(content))


@pytest.mark.parametrize("data", [b"", b"PK", b"\x89PNG\r\n\x1a\n", b"just a few words", b"\x80\x02}q\x00"])
@pytest.mark.parametrize("filename", ["mine.pth", "mine.safetensors"])
def test_files_that_are_no_checkpoint(data, filename):
    assert f"{filename} can't be opened" in rejection(data, filename)


@pytest.mark.parametrize("part", [0.0, 0.0001, 0.01, 0.5, 0.999])
@pytest.mark.parametrize("save", [save_safetensors, pth])
def test_files_that_are_cut_off(small, save, part):
    data = save(small)
    assert "cut off" in rejection(data[: int(len(data) * part)])


def test_a_safetensors_header_that_promises_too_much(small):
    data = save_safetensors(small)
    assert "can't be opened" in rejection((2**60).to_bytes(8, "little") + data[8:], "mine.safetensors")


def test_other_endings():
    sentence = rejection(b"whatever", "labels.txt")
    assert ".pth" in sentence
    assert ".safetensors" in sentence


@pytest.mark.parametrize("save", [save_safetensors, pth])
def test_files_that_are_too_large(small, save, monkeypatch):
    data = save(small)
    monkeypatch.setattr(checkpoints, "LIMIT_MB", len(data) / 2**20)
    assert load_checkpoint(data, "mine.pth").name == "tiny"
    monkeypatch.setattr(checkpoints, "LIMIT_MB", 1)
    assert len(data) > 2**20
    assert "over the limit of 1 MB" in rejection(data)


def test_the_largest_released_network_is_allowed():
    parameters = sum(value.numel() for value in on_meta(torchvision.models.efficientnet_b7).state_dict().values())
    assert parameters * 4 < checkpoints.LIMIT_MB * 2**20
