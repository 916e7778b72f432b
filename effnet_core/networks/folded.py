"""A network's twin for inference: the same answers and gates in about half the time, on the CPU and on a GPU.

Batch norm is folded into the convolutions, pictures lie in memory with their channels last, and gates multiply
their maps in place. On a CPU with oneDNN, convolution and SiLU are one call, with weights laid out for it once.
The twin keeps the names of stages, blocks and gates (`scale_activation`), so that they are read as in the network;
it can't be differentiated or trained, and steps inside its blocks are overwritten.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models.efficientnet import EfficientNet
from torchvision.ops.misc import Conv2dNormActivation, SqueezeExcitation


@torch.no_grad()
def folded(network: EfficientNet) -> EfficientNet:
    """The twin of a network in evaluation mode, on the network's device. The network stays as it is.

    Both share the weights that folding leaves alone, so move neither: a network on another device gets a new twin.
    """
    shared = {id(weight): weight for weight in network.parameters()}
    twin = copy.deepcopy(network, shared)
    for module in list(twin.modules()):
        for name, child in module.named_children():
            if isinstance(child, Conv2dNormActivation):
                setattr(module, name, _folded_unit(child))
            elif isinstance(child, SqueezeExcitation):
                setattr(module, name, _InPlaceExcitation(child))
    twin.features[0] = nn.Sequential(_ChannelsLast(), twin.features[0])
    return twin


def _folded_unit(unit: Conv2dNormActivation) -> nn.Module:
    convolution, norm, *activation = copy.deepcopy(unit)
    exact = fuse_conv_bn_eval(convolution.double(), norm.double())  # else each weight would be rounded three times
    convolution = exact.float().to(memory_format=torch.channels_last)
    if _has_one_dnn(convolution.weight):
        return _PackedConvolution(convolution, activated=bool(activation))
    return nn.Sequential(convolution, *activation)


def _has_one_dnn(weight: Tensor) -> bool:
    """Whether torch was built with oneDNN and offers the calls that its own compiler makes there."""
    offered = all(hasattr(torch.ops.mkldnn, name) for name in ("_convolution_pointwise", "_reorder_convolution_weight"))
    return weight.device.type == "cpu" and torch.backends.mkldnn.is_available() and offered


class _ChannelsLast(nn.Module):
    """(N, C, H, W) with its channels last in memory; all that follows keeps them there."""

    def forward(self, x: Tensor) -> Tensor:
        return x.contiguous(memory_format=torch.channels_last)


class _PackedConvolution(nn.Module):
    """A convolution with bias, and SiLU where `activated`, as one call of oneDNN: (N, C, H, W) channels last."""

    def __init__(self, convolution: nn.Conv2d, *, activated: bool) -> None:
        super().__init__()
        padding, stride, dilation = map(list, (convolution.padding, convolution.stride, convolution.dilation))
        self.settings = padding, stride, dilation, convolution.groups, "swish" if activated else "none", [], ""
        self.bias = convolution.bias
        # no parameter: a tensor of oneDNN's own layout can't be copied or moved as others can
        self.packed = torch.ops.mkldnn._reorder_convolution_weight(
            convolution.weight, padding, stride, dilation, convolution.groups
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(x, self.packed, self.bias, *self.settings)


class _InPlaceExcitation(SqueezeExcitation):
    """The gate multiplied into the maps where they lie. `scale_activation` gives the gate, (N, C, 1, 1)."""

    def __init__(self, excitation: SqueezeExcitation) -> None:
        nn.Module.__init__(self)
        for name, child in excitation.named_children():
            self.add_module(name, child)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = self.activation(_on_one_pixel(self.fc1, x.mean((2, 3))))
        gate = self.scale_activation(_on_one_pixel(self.fc2, squeezed)[:, :, None, None])
        return x.mul_(gate)


def _on_one_pixel(convolution: nn.Conv2d, x: Tensor) -> Tensor:
    """A 1x1 convolution of maps of one pixel, (N, C): a matrix product, without what prepares a convolution."""
    return F.linear(x, convolution.weight.flatten(1), convolution.bias)
