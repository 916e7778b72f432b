"""The check of a whole network: random stage tables, references, and what typical mistakes give."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models.efficientnet import EfficientNet, MBConv
from torchvision.ops import SqueezeExcitation

from ..architecture import HEAD_FACTOR, Architecture, Stage, make_blocks
from ..networks.builder import build
from .block_checks import lively


class StageRow(NamedTuple):
    """A row of the stage table as the learner's code gets it."""

    expansion: int
    kernel: int
    stride: int
    in_channels: int
    out_channels: int
    layers: int


def random_stages(draw: random.Random) -> list[StageRow]:
    """A small table: a narrow first stage, then strides, repeats and a wider one, as in the paper's."""
    widths = [8 * draw.randint(low, low + 2) for low in (2, 1, 2, 4)]
    rows = zip((1, 6, 4), (3, draw.choice((3, 5)), 5), (1, 2, 2), (1, 2, draw.randint(2, 3)), strict=True)
    return [
        StageRow(expansion, kernel, stride, *widths[number : number + 2], layers)
        for number, (expansion, kernel, stride, layers) in enumerate(rows)
    ]


def architecture_of(stages: Sequence[StageRow], classes: int, resolution: int = 64) -> Architecture:
    blocks = make_blocks(tuple(Stage(*stage) for stage in stages), width=1, depth=1)
    head = HEAD_FACTOR * blocks[-1].out_channels
    return Architecture("table", 1.0, 1.0, resolution, blocks, head, classes)


@torch.no_grad()
def reference_of(stages: Sequence[StageRow], classes: int) -> EfficientNet:
    """torchvision's network of a table, with weights that let mistakes show, in evaluation mode.

    Batch norm takes its statistics from noise: with random ones, signals and gradients would vanish with depth.
    """
    network = lively(build(architecture_of(stages, classes), stochastic_depth=0))
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.train().momentum = 1.0
    network(torch.randn(8, 3, 64, 64))
    return network.eval()


@torch.no_grad()
def mistakes_of(network: EfficientNet, x: Tensor) -> dict[str, Tensor]:
    """Sentence -> the network's answer with that mistake."""
    return {sentence: changed(network, change)(x) for sentence, change in CHANGES.items()} | {
        "The answer has to be logits: there is no softmax at the end.": network(x).softmax(1),
        "The answer has to be logits: there is no log-softmax at the end.": network(x).log_softmax(1),
    }


def changed(network: EfficientNet, change: Callable[[nn.Module], None]) -> nn.Module:
    """A copy with a mistake."""
    wrong = copy.deepcopy(network)
    for module in list(wrong.modules()):
        change(module)
    return wrong.eval()


def _relu(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.SiLU):
            setattr(module, name, nn.ReLU())


def _no_shortcut(module: nn.Module) -> None:
    if isinstance(module, MBConv):
        module.use_res_connect = False


def _active_project(module: nn.Module) -> None:
    if isinstance(module, MBConv):
        module.block[-1].append(nn.SiLU())


def _relu_in_gates(module: nn.Module) -> None:
    if isinstance(module, SqueezeExcitation):
        module.activation = nn.ReLU()


def _no_gates(module: nn.Module) -> None:
    if isinstance(module, MBConv):
        module.block[-2] = nn.Identity()


def _max_pool(module: nn.Module) -> None:
    if isinstance(module, EfficientNet):
        module.avgpool = nn.AdaptiveMaxPool2d(1)


def _linear_stem(module: nn.Module) -> None:
    if isinstance(module, EfficientNet):
        module.features[0][2] = nn.Identity()


def _linear_head(module: nn.Module) -> None:
    if isinstance(module, EfficientNet):
        module.features[-1][2] = nn.Identity()


def _dense_stem(module: nn.Module) -> None:
    if isinstance(module, EfficientNet):
        module.features[0][0].stride = (1, 1)


CHANGES = {
    "EfficientNet's activation is SiLU; this is what ReLU gives.": _relu,
    "The gates of squeeze-and-excitation use SiLU between their layers, not ReLU.": _relu_in_gates,
    "The shortcuts are missing.": _no_shortcut,
    "Is there an activation after each projection? The narrow end is linear.": _active_project,
    "Squeeze-and-excitation is not used.": _no_gates,
    "The mean over the last map is taken, not its maximum.": _max_pool,
    "The activation of the stem is missing.": _linear_stem,
    "The activation of the head is missing.": _linear_head,
    "The stem has a stride of 2.": _dense_stem,
}
