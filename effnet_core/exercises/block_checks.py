"""The check of an MBConv: what several exercises share. The reference is torchvision's block on the same weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.efficientnet import MBConv

from ..architecture import Block, Stage, make_blocks
from ..networks.builder import make_block
from .checking import Answer, count_of, same_count, same_shape, same_values, share_weights

SETTINGS = "in_channels={}, out_channels={}, kernel={}, stride={}, expansion={}"


class Case(NamedTuple):
    """One block's settings, in the order of the class's arguments."""

    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    expansion: int

    @property
    def block(self) -> Block:
        row = Stage(self.expansion, self.kernel, self.stride, self.in_channels, self.out_channels, 1)
        [block] = make_blocks((row,), width=1, depth=1)
        return block


@torch.no_grad()
def check_block(answer: Answer) -> Iterator[str]:
    """The class MBConv(in_channels, out_channels, kernel, stride, expansion): parameters, shape, values."""
    cases = _cases(answer)
    networks = [answer.network("MBConv", *case) for case in cases]
    references = [lively(make_block(case.block)) for case in cases]
    for case, mine, reference in zip(cases, networks, references, strict=True):
        what = f"`MBConv({SETTINGS.format(*case)})`"
        same_count(what, mine, count_of(reference), _count_mistakes(case, count_of(reference)))
        share_weights(what, mine, reference)
    yield f"It has torchvision's layers and as many parameters, for {len(cases)} random settings."
    for case, mine, reference in zip(cases, networks, references, strict=True):
        x = torch.randn(2, case.in_channels, *(2 * answer.draw.randint(3, 6) for _ in range(2)))
        what, right = f"The output of `MBConv({SETTINGS.format(*case)})`", reference(x.clone())
        given = mine(x.clone())
        same_shape(what, given, right.shape, {"The stride is missing.": (*right.shape[:2], *x.shape[2:])})
        same_values(what, given, right, _mistakes(reference, x, case))
    yield f"It answers like torchvision's block for {len(cases)} random settings."


def _cases(answer: Answer) -> list[Case]:
    """Each thing that a block may have or lack: stride, shortcut, expansion."""
    draw, choose = answer.draw.randint, answer.draw.choice
    narrow, other = 8 * draw(1, 4), 8 * draw(5, 8)
    return [
        Case(narrow, narrow, choose((3, 5)), 1, 6),
        Case(narrow, other, choose((3, 5)), 1, 4),
        Case(narrow, narrow, choose((3, 5)), 2, 6),
        Case(narrow, other, choose((3, 5)), 2, 6),
        Case(narrow, narrow, 3, 1, 1),
    ]


def lively(network: nn.Module) -> nn.Module:
    """Random statistics of batch norm and gates that spread: in a fresh network some mistakes would not show."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.5)
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2)
        elif isinstance(module, nn.Conv2d) and module.bias is not None:
            nn.init.normal_(module.bias, 0, 1)
    return network.eval()


def _count_mistakes(case: Case, right: int) -> dict[str, int]:
    block = case.block
    wide = block.expanded_channels
    gate = 2 * wide + 1  # parameters of SE for each squeezed channel

    def squeezed(channels: int) -> int:
        return right + (channels - block.squeeze_channels) * gate

    norms = 2 * ((case.expansion > 1) * wide + wide + case.out_channels)
    return {
        "The squeeze is a quarter of the block's input channels, not of the expanded ones.": squeezed(wide // 4),
        "The squeeze is a quarter of the block's input channels, not of the output's.": squeezed(
            case.out_channels // 4
        ),
        "The squeeze is a quarter of the block's input channels, not all of them.": squeezed(case.in_channels),
        "The depthwise convolution has one group for each channel: is `groups` missing?": right
        + (wide - 1) * wide * case.kernel**2,
        "Batch norm brings a bias, so convolutions have none: `bias=False`.": right + norms // 2,
        "With an expansion of 1 there is no expanding convolution.": right
        + (case.expansion == 1) * (wide**2 + 2 * wide),
        "Each convolution is followed by a batch norm: is the one behind the projection missing?": right
        - 2 * case.out_channels,
        "Squeeze-and-excitation is missing.": right - block.squeeze_channels * gate - wide,
    }


def _mistakes(reference: MBConv, x: Tensor, case: Case) -> dict[str, Tensor]:
    """Sentence -> the block's output with that mistake."""
    *expand, depthwise, gate, project = reference.block
    wide = expand[0](x) if expand else x
    spatial = depthwise(wide)
    shortcut = x if reference.use_res_connect else 0

    def end(y: Tensor) -> Tensor:
        return project(y) + shortcut

    def plain(unit: nn.Sequential, y: Tensor) -> Tensor:
        return unit[1](unit[0](y))

    def relu(y: Tensor) -> Tensor:
        for unit in (*expand, depthwise):
            y = F.relu(plain(unit, y))
        return end(gate(y))

    right = gate(spatial)
    active, steps = F.silu(project(right)), slice(None, None, case.stride)
    smaller = x[..., steps, steps]
    mistakes = {
        "Is there an activation after the projection? The narrow end is linear.": active + shortcut,
        "Is there an activation after the sum? A block's output stays linear.": F.silu(end(right)),
        "The activation behind the depthwise convolution is missing.": end(gate(plain(depthwise, wide))),
        "Squeeze-and-excitation is not used in `forward`.": end(spatial),
        "EfficientNet's activation is SiLU; this is what ReLU gives.": relu(x),
    }
    if reference.use_res_connect:
        mistakes["The shortcut is missing: stride 1 and as many channels out as in."] = project(right)
    elif case.in_channels == case.out_channels:
        mistakes["There is a shortcut across a stride: a block has one only where its stride is 1."] = (
            project(right) + smaller
        )
        pooled = F.avg_pool2d(x, case.stride)
        mistakes["There is a shortcut, pooled, across a stride: a block has one only where its stride is 1."] = (
            project(right) + pooled
        )
    else:
        shared = min(case.in_channels, case.out_channels)
        padded = project(right)
        padded[:, :shared] += smaller[:, :shared]
        mistakes["There is a shortcut between different numbers of channels: a block has none there."] = padded
    if expand:
        mistakes["The activation behind the expansion is missing."] = end(gate(depthwise(plain(expand[0], x))))
    return mistakes
