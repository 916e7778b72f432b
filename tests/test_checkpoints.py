"""Own checkpoints: what is recognised, what is said of it, and a sentence for everything that can't be used.

timm is no dependency: its names are written out here once more, with a forward pass of their own as oracle.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save as save_safetensors
from torch import Tensor, nn
from torch.nn import functional as F

from effnet_core import checkpoints, weights
from effnet_core.architecture import RELEASES, Architecture, released, tiny
from effnet_core.model import build
from effnet_core.state_names import CheckpointRejected
from effnet_core.weights import load_checkpoint

FAMILY = [f"efficientnet_{member}" for member in RELEASES]
CANDIDATES = [released(name) for name in FAMILY] + [tiny()]
CLASSES = 7

State = dict[str, Tensor]


def pth(content: object, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def hollow(network: nn.Module) -> State:
    """A state dict of these names and shapes whose file is small: every tensor repeats one stored number."""
    return {key: torch.ones(()).expand(value.shape) for key, value in network.state_dict().items()}


def on_meta(make, **options) -> nn.Module:
    with torch.device("meta"):
        return make(**options)


def rejection(data: bytes, filename: str = "mine.pth", **options) -> str:
    """The sentence that this file is rejected with."""
    with pytest.raises(CheckpointRejected) as caught:
        load_checkpoint(data, filename, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 500
    return sentence


def logits(network: nn.Module, size: int = 64) -> Tensor:
    x = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return network(x)


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


# What is recognised -----------------------------------------------------------------------------------------------


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
    assert (model.name, model.weights) == ("efficientnet_b0", f"own checkpoint {form}")
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
    assert load_checkpoint(pth(small), "home/somebody/mine.pth").weights == "own checkpoint mine.pth"


def test_the_architecture_that_was_asked_for(state):
    assert load_checkpoint(pth(state), "mine.pth", name="efficientnet_b0").name == "efficientnet_b0"
    sentence = rejection(pth(state), name="efficientnet_b3")
    assert "efficientnet_b0" in sentence
    assert "efficientnet_b3 was asked for" in sentence
    with pytest.raises(ValueError, match="no model is called 'resnet18'") as caught:
        load_checkpoint(pth(state), "mine.pth", name="resnet18")
    assert not isinstance(caught.value, CheckpointRejected)


# Wrappings --------------------------------------------------------------------------------------------------------


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


# timm's names -----------------------------------------------------------------------------------------------------


class Timm:
    """timm's EfficientNet by hand: random weights under its names, and its forward pass."""

    def __init__(self, architecture: Architecture) -> None:
        self.architecture, self.state = architecture, {}
        self.random = torch.Generator().manual_seed(0)
        places = {}
        for block in architecture.blocks:
            stage, index = block.name.split(".")[1:]
            places[block] = f"blocks.{int(stage) - 1}.{index}"
        self.places = places

    def tensor(self, name: str, *shape: int, scale: float, offset: float = 0.0) -> Tensor:
        made = torch.randn(*shape, generator=self.random) * scale + offset
        return self.state.setdefault(name, made)

    def convolution(self, name: str, x: Tensor, out: int, kernel: int = 1, stride: int = 1, *, deep: bool = False):
        channels = 1 if deep else x.shape[1]
        weight = self.tensor(f"{name}.weight", out, channels, kernel, kernel, scale=(2 / (channels * kernel**2)) ** 0.5)
        return F.conv2d(x, weight, None, stride, kernel // 2, groups=x.shape[1] if deep else 1)

    def norm(self, name: str, x: Tensor) -> Tensor:
        """Its statistics are those of the first call, so that the signal neither dies nor explodes."""
        size = x.shape[1]
        mean = self.state.setdefault(f"{name}.running_mean", x.mean((0, 2, 3)))
        variance = self.state.setdefault(f"{name}.running_var", x.var((0, 2, 3)))
        weight = self.tensor(f"{name}.weight", size, scale=0.1, offset=1)
        self.state[f"{name}.num_batches_tracked"] = torch.tensor(9)
        return F.batch_norm(x, mean, variance, weight, self.tensor(f"{name}.bias", size, scale=0.2), eps=1e-5)

    def gated(self, name: str, x: Tensor, squeezed: int) -> Tensor:
        gate = x.mean((2, 3), keepdim=True)
        for layer, size in (("conv_reduce", squeezed), ("conv_expand", x.shape[1])):
            gate = self.convolution(f"{name}.{layer}", F.silu(gate) if layer == "conv_expand" else gate, size)
            gate = gate + self.tensor(f"{name}.{layer}.bias", size, scale=1).view(1, -1, 1, 1)
        return x * gate.sigmoid()

    def block(self, block, x: Tensor) -> Tensor:
        place, wide = self.places[block], x
        norms = iter(("bn1", "bn2", "bn3"))
        if block.expansion > 1:
            wide = self.convolution(f"{place}.conv_pw", x, block.expanded_channels)
            wide = F.silu(self.norm(f"{place}.{next(norms)}", wide))
        wide = self.convolution(
            f"{place}.conv_dw", wide, block.expanded_channels, block.kernel, block.stride, deep=True
        )
        wide = F.silu(self.norm(f"{place}.{next(norms)}", wide))
        wide = self.gated(f"{place}.se", wide, block.squeeze_channels)
        last = "conv_pwl" if block.expansion > 1 else "conv_pw"
        narrow = self.norm(f"{place}.{next(norms)}", self.convolution(f"{place}.{last}", wide, block.out_channels))
        return narrow + x if block.has_residual else narrow

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        """The first call makes the weights."""
        x = F.silu(self.norm("bn1", self.convolution("conv_stem", x, self.architecture.stem_channels, 3, 2)))
        for block in self.architecture.blocks:
            x = self.block(block, x)
        x = F.silu(self.norm("bn2", self.convolution("conv_head", x, self.architecture.head_channels)))
        size = self.architecture.classes
        weight = self.tensor("classifier.weight", size, x.shape[1], scale=0.1)
        return F.linear(x.mean((2, 3)), weight, self.tensor("classifier.bias", size, scale=0.1))


@pytest.fixture(scope="module")
def timm() -> Timm:
    made = Timm(released("b1", classes=CLASSES))  # its first stage has two blocks
    logits(made)
    return made


def test_timms_network_gives_the_same_answers(timm):
    model = load_checkpoint(pth({"state_dict": timm.state}), "timm.pth")
    assert model.name == "efficientnet_b1"
    assert any("timm" in note and "tf_" in note for note in model.notes), "what can't be told apart is said"
    expected = logits(timm)
    assert expected.std(dim=0).min() > 0.01, "the oracle is lively"
    torch.testing.assert_close(logits(model.module), expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))


def test_batch_norm_of_timms_largest_networks_is_timms():
    """torchvision's B5 has eps 1e-3: the same names and shapes, other answers."""
    architecture = released("b5", classes=2)
    made = Timm(architecture)
    logits(made, 32)
    state = {key: torch.ones(()).expand(value.shape) for key, value in made.state.items()}
    found = checkpoints.read(pth(state), "mine.pth", CANDIDATES)
    assert (architecture.norm_eps, found.architecture.norm_eps) == (1e-3, 1e-5)
    assert found.architecture.blocks == architecture.blocks


@pytest.mark.parametrize("filename", ["tf_efficientnet_b0_ns.pth", "model-tf_b0.safetensors"])
def test_tensorflows_padding_is_refused_where_the_name_tells(timm, filename):
    data = save_safetensors(timm.state) if filename.endswith("safetensors") else pth(timm.state)
    sentence = rejection(data, filename)
    assert "pad" in sentence
    assert "efficientnet_b*" in sentence


def test_other_package_with_tensorflows_padding(timm):
    sentence = rejection(pth({f"_{key}": value for key, value in timm.state.items()}))
    assert "efficientnet_pytorch" in sentence


def test_unknown_layers_of_timm_are_named(timm):
    sentence = rejection(pth(timm.state | {"blocks.1.0.conv_extra.weight": torch.ones(3)}))
    assert "blocks.1.0.conv_extra.weight" in sentence


# Labels -----------------------------------------------------------------------------------------------------------

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
    "text", ['["cat", ', '{"0": "a", "1": "b", "5": "c"}', '{"a": 0, "b": 0, "c": 1}', "[" * 10**5]
)
def test_labels_that_are_not_readable(small, text):
    assert "labels file" in rejection(pth(small), labels=text)


# What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("resnet18", "a ResNet"),
        ("efficientnet_v2_s", "an EfficientNetV2"),
        ("mobilenet_v2", "a MobileNetV2"),
        ("mobilenet_v3_small", "a MobileNetV3"),
        ("convnext_tiny", "a ConvNeXt"),
        ("densenet121", "a DenseNet"),
        ("vit_b_32", "a vision transformer"),
        ("squeezenet1_1", "no network known here"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "model.net."])
def test_other_networks_are_called_by_their_names(name, what, prefix):
    state = hollow(on_meta(getattr(torchvision.models, name), num_classes=CLASSES))
    sentence = rejection(pth({prefix + key: value for key, value in state.items()}))
    assert f"mine.pth holds {what}" in sentence
    assert "EfficientNet-B0 to -B7" in sentence, "what is allowed"


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


def test_archives_that_swell(monkeypatch):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(2**21))
    monkeypatch.setattr(checkpoints, "LIMIT_MB", 1)
    assert len(buffer.getvalue()) < 2**14
    assert "over the limit of 1 MB" in rejection(buffer.getvalue())


def test_the_largest_released_network_is_allowed():
    parameters = sum(value.numel() for value in on_meta(torchvision.models.efficientnet_b7).state_dict().values())
    assert parameters * 4 < checkpoints.LIMIT_MB * 2**20
