"""EfficientNet from its stage table."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation


class Stage(NamedTuple):
    """A row of the table: so many layers, of which the first has the stride."""

    expansion: int
    kernel: int
    stride: int
    in_channels: int
    out_channels: int
    layers: int


def unit(channels: int, out_channels: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution without bias, padded, and its batch norm."""
    convolution = nn.Conv2d(channels, out_channels, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(out_channels)]


class MBConv(nn.Module):
    """expand, depthwise, squeeze-and-excitation, project; a shortcut where the shape stays."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = in_channels * expansion
        self.has_shortcut = stride == 1 and in_channels == out_channels
        layers = [*unit(in_channels, wide), nn.SiLU()] if expansion > 1 else []
        layers += [*unit(wide, wide, kernel, stride, groups=wide), nn.SiLU()]
        layers += [SqueezeExcitation(wide, max(1, in_channels // 4), activation=nn.SiLU)]
        layers += unit(wide, out_channels)
        self.block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride)."""
        y = self.block(x)
        return x + y if self.has_shortcut else y


class EfficientNet(nn.Module):
    """Stem, the blocks of all stages, head, classifier."""

    def __init__(self, stages: Sequence[Stage], classes: int) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, R, R) -> logits (N, classes)."""
        raise NotImplementedError
