"""An MBConv that is to be reviewed."""

from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation


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
        layers += [SqueezeExcitation(wide, max(1, wide // 4), activation=nn.SiLU)]
        layers += unit(wide, out_channels)
        self.block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride)."""
        y = self.block(x)
        return x + y if self.has_shortcut else y
