"""MBConv, EfficientNet's block."""

from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation


class MBConv(nn.Module):
    """expand, depthwise, squeeze-and-excitation, project; a shortcut where the shape stays."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride)."""
        raise NotImplementedError
