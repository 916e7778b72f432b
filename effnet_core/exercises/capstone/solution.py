"""An EfficientNet of your own, with the weights of a trained one."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Stage(NamedTuple):
    """A row of the table: so many layers, of which the first has the stride."""

    expansion: int
    kernel: int
    stride: int
    in_channels: int
    out_channels: int
    layers: int


def unit(channels: int, out_channels: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """A convolution without bias, padded, and its batch norm."""
    convolution = nn.Conv2d(channels, out_channels, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels))


class Gate(nn.Module):
    """Squeeze-and-excitation."""

    def __init__(self, channels: int, squeeze_channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze_channels, 1)
        self.excite = nn.Conv2d(squeeze_channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.excite(F.silu(self.squeeze(mean))))


class MBConv(nn.Module):
    """expand, depthwise, squeeze-and-excitation, project; a shortcut where the shape stays."""

    def __init__(self, channels: int, out_channels: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand = unit(channels, wide) if expansion > 1 else None
        self.depthwise = unit(wide, wide, kernel, stride, groups=wide)
        self.gate = Gate(wide, max(1, channels // 4))
        self.project = unit(wide, out_channels)
        self.has_shortcut = stride == 1 and channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else F.silu(self.expand(x))
        y = self.project(self.gate(F.silu(self.depthwise(y))))
        return x + y if self.has_shortcut else y


class EfficientNet(nn.Module):
    """Stem, the blocks of all stages, head, classifier."""

    def __init__(self, stages: Sequence[Stage], classes: int) -> None:
        super().__init__()
        last = stages[-1].out_channels
        self.stem = unit(3, stages[0].in_channels, 3, 2)
        self.blocks = nn.Sequential()
        for stage in stages:
            for index in range(stage.layers):
                channels = stage.in_channels if index == 0 else stage.out_channels
                stride = stage.stride if index == 0 else 1
                self.blocks.append(MBConv(channels, stage.out_channels, stage.kernel, stride, stage.expansion))
        self.head = unit(last, 4 * last)
        self.classifier = nn.Linear(4 * last, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(F.silu(self.stem(x)))
        return self.classifier(F.silu(self.head(x)).mean((2, 3)))


def load(stages: Sequence[Stage], weights: Mapping[str, Tensor]) -> nn.Module:
    """The network of this table with these weights, ready to answer: (N, 3, R, R) -> logits (N, classes)."""
    network = EfficientNet(stages, classes=len(weights["classifier.1.bias"]))
    own = network.state_dict()
    renamed = dict(zip(own, weights.values(), strict=True))  # both hold the layers in the order in which they run
    network.load_state_dict(renamed)
    return network.eval()
