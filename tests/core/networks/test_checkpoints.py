"""Own checkpoints: what is recognised and what is said of it, wrappings, labels."""

from __future__ import annotations

import json

import pytest
import torch
import torchvision
from safetensors.torch import save as save_safetensors
from support.saved_networks import CANDIDATES, CLASSES, FAMILY, State, hollow, logits, on_meta, pth, rejection
from torch import nn

from effnet_core.architecture import released, tiny
from effnet_core.networks import checkpoints, weights
from effnet_core.networks.builder import build
from effnet_core.networks.state_dict_names import CheckpointRejected
from effnet_core.networks.weights import load_checkpoint
from effnet_core.networks.weights_source import WeightsSource

pytestmark = pytest.mark.usefixtures("opened_here")


@pytest.fixture(scope="module")
def network(make_lively) -> nn.Module:
    """B0 with seven classes, as somebody fine-tuned it."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make_lively(torchvision.models.efficientnet_b0(num_classes=CLASSES), 64)


@pytest.fixture
def state(network) -> State:
    return dict(network.state_dict())


@pytest.fixture
def small() -> State:
    """The offline model's shapes with three classes: cheap, for everything that does not depend on the network."""
    return dict(build(tiny(classes=3)).state_dict())


@pytest.mark.parametrize("name", FAMILY)
def test_names_and_shapes_are_torchvisions(name):
    oracle = on_meta(getattr(torchvision.models, name), num_classes=12).state_dict()
    expected = {key: tuple(value.shape) for key, value in oracle.items() if not key.endswith("num_batches_tracked")}
    assert checkpoints.shapes_of(released(name, classes=12)) == expected


@pytest.mark.parametrize("name", FAMILY)
def test_every_released_network_is_recognised(name):
    data = pth(hollow(on_meta(getattr(torchvision.models, name), num_classes=5)))
    found = checkpoints.read(data, "mine.pth", CANDIDATES)
    assert found.architecture == released(name, classes=5)
    assert found.notes == ()


@pytest.mark.parametrize("form", ["mine.pth", "mine.PT", "mine.ckpt", "mine.safetensors"])
def test_answers_are_those_of_the_network_that_was_saved(network, state, form):
    data = save_safetensors(state) if form.endswith("safetensors") else pth(state)
    model = load_checkpoint(data, form)
    assert (model.name, str(model.weights)) == ("efficientnet_b0", f"own checkpoint {form}")
    assert model.architecture.classes == CLASSES
    assert model.labels is model.groups is None
    assert not model.module.training
    expected = logits(network)
    assert expected.std(dim=0).min() > 0.1, "the oracle is lively"
    torch.testing.assert_close(logits(model.module), expected)


def test_files_of_old_torch_versions(state, network):
    model = load_checkpoint(pth(state, _use_new_zipfile_serialization=False), "old.pth")
    torch.testing.assert_close(logits(model.module), logits(network))


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(state, kind):
    cast = {key: value.to(kind) if value.is_floating_point() else value for key, value in state.items()}
    model = load_checkpoint(pth(cast), "half.pth")
    oracle = torchvision.models.efficientnet_b0(num_classes=CLASSES)
    oracle.load_state_dict(cast)
    assert {parameter.dtype for parameter in model.module.parameters()} == {torch.float32}
    torch.testing.assert_close(logits(model.module), logits(oracle.eval()))


def test_pictures_are_prepared_as_torchvision_evaluates(state, small):
    transform = torchvision.models.EfficientNet_B0_Weights.DEFAULT.transforms()
    model = load_checkpoint(pth(state), "mine.pth")
    prepared = model.preparation
    assert [prepared.resize] == transform.resize_size
    assert [prepared.crop] == transform.crop_size == [model.architecture.resolution]
    assert prepared.interpolation == transform.interpolation.value
    assert any(f"{prepared.crop} px" in note for note in model.notes)
    offline = load_checkpoint(pth(small), "small.pth")
    assert offline.name == "tiny"
    assert offline.preparation == weights.known("tiny").preparation
    assert offline.labels is offline.groups is None, "three classes of one's own are not the bundled model's"


def test_folders_of_the_users_machine_are_not_shown(small):
    assert load_checkpoint(pth(small), "home/somebody/mine.pth").weights == WeightsSource("own", "mine.pth")


def test_the_architecture_that_was_asked_for(state):
    assert load_checkpoint(pth(state), "mine.pth", name="efficientnet_b0").name == "efficientnet_b0"
    sentence = rejection(pth(state), name="efficientnet_b3")
    assert "efficientnet_b0" in sentence
    assert "efficientnet_b3 was chosen" in sentence
    with pytest.raises(ValueError, match="no model is called 'resnet18'") as caught:
        load_checkpoint(pth(state), "mine.pth", name="resnet18")
    assert not isinstance(caught.value, CheckpointRejected)


@pytest.mark.parametrize(
    "entries",
    [
        ["state_dict"],
        ["model"],
        ["model_state_dict"],
        ["model_ema"],
        ["model", "state_dict"],
    ],
    ids="/".join,
)
def test_entries_of_training_scripts(small, entries):
    content: dict = small
    for entry in reversed(entries):
        content = {"epoch": 3, "note": "best", entry: content}
    model = load_checkpoint(pth(content), "mine.pth")
    assert torch.equal(model.module.state_dict()["classifier.1.bias"], small["classifier.1.bias"])
    for entry in entries:
        assert any(repr(entry) in note for note in model.notes)


def test_averaged_weights_are_preferred(small):
    averaged = small | {"classifier.1.bias": torch.full((3,), 0.25)}
    model = load_checkpoint(pth({"model": small, "model_ema": averaged}), "mine.pth")
    assert model.module.state_dict()["classifier.1.bias"].tolist() == [0.25] * 3


@pytest.mark.parametrize("prefix", ["module.", "model.", "net.", "backbone.", "module.model."])
def test_prefixes_of_wrapping_classes(small, prefix):
    renamed = {prefix + key: value for key, value in small.items()} | {"criterion.weight": torch.ones(3)}
    model = load_checkpoint(pth({"state_dict": renamed, "pytorch-lightning_version": "2.5.0"}), "last.ckpt")
    assert torch.equal(model.module.state_dict()["classifier.1.weight"], small["classifier.1.weight"])
    said = " ".join(model.notes)
    assert f"'{prefix}'" in said
    assert "criterion.weight" in said, "what is left out is named"


def test_two_networks_in_one_file(small):
    both = {f"{who}.{key}": value for who in ("student", "teacher") for key, value in small.items()}
    sentence = rejection(pth(both))
    assert "'student.'" in sentence
    assert "'teacher.'" in sentence


@pytest.mark.parametrize("place", ["classifier", "classifier.0"])
def test_a_classifier_that_was_exchanged(small, place):
    moved = {key.replace("classifier.1", place): value for key, value in small.items()}
    model = load_checkpoint(pth(moved), "mine.pth")
    assert torch.equal(model.module.state_dict()["classifier.1.weight"], small["classifier.1.weight"])
    assert any(repr(place) in note for note in model.notes)


NAMED = ("cat", "dog", "señor, the bird")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(NAMED),
        "\ufeff" + "\r\n".join(NAMED) + "\r\n\r\n",
        json.dumps(NAMED),
        json.dumps(dict(enumerate(NAMED))),
        json.dumps({"2": NAMED[2], "0": NAMED[0], "1": NAMED[1]}),
        json.dumps({label: index for index, label in enumerate(NAMED)}),
        json.dumps({str(index): [f"n{index:08}", label] for index, label in enumerate(NAMED)}),
    ],
    ids=["lines", "Windows", "list", "dict", "unsorted", "class_to_idx", "ImageNet's"],
)
def test_labels_in_every_spelling(small, text):
    assert load_checkpoint(pth(small), "mine.pth", labels=text).labels == NAMED


@pytest.mark.parametrize("text", ["cat\ndog", json.dumps(["a", "b", "c", "d"]), "", "{}"])
def test_labels_of_another_count(small, text):
    sentence = rejection(pth(small), labels=text)
    assert "classes, but the checkpoint has 3" in sentence


@pytest.mark.parametrize(
    "text",
    [
        '["cat", ',
        '{"0": "a", "1": "b", "5": "c"}',
        '{"a": 0, "b": 0, "c": 1}',
        "[" * 10**5,
        '{"a": Infinity, "b": 0, "c": 1}',
        '{"a": 1e400, "b": 0, "c": 1}',
        '{"a": NaN, "b": 0, "c": 1}',
        '{"a": 0.2, "b": 1.2, "c": 2.2}',
        '{"a": -1, "b": 0, "c": 1}',
        '{"a": {}, "b": 0, "c": 1}',
        f'{{"a": {"9" * 10**5}, "b": 0, "c": 1}}',
    ],
    ids=range(11),
)
def test_labels_that_are_not_readable(small, text):
    assert "labels file" in rejection(pth(small), labels=text)


@pytest.mark.parametrize("text", ["x" * 10**6 + "\nb\nc", json.dumps(["a", "b", "y" * 201])])
def test_labels_that_fill_the_screen(small, text):
    assert "allowed are 200 characters for each" in rejection(pth(small), labels=text)
