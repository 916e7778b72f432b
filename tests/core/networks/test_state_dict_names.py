"""Whose network it is, by its names; timm's among them.

timm is no dependency: its names are written out here once more, with a forward pass of their own as oracle.
"""

from __future__ import annotations

import pytest
import torch
import torchvision
from safetensors.torch import save as save_safetensors
from support.saved_networks import CANDIDATES, CLASSES, hollow, logits, on_meta, pth, rejection
from torch import Tensor
from torch.nn import functional as F

from effnet_core.architecture import Architecture, released
from effnet_core.networks import checkpoints
from effnet_core.networks.weights import load_checkpoint

pytestmark = pytest.mark.usefixtures("opened_here")


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
    torch.testing.assert_close(logits(model.module), expected, rtol=0, atol=1e-3 * float(expected.abs().max()))


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
