"""depthwise and separable against torch's modules."""

import torch
from torch import Tensor, nn

from ..checking import Answer, same_shape, same_values

ROUNDS = 8


def apart(x: Tensor, kernels: Tensor, stride: int = 1) -> Tensor:
    """torch's depthwise convolution."""
    channels, _, kernel, _ = kernels.shape
    layer = nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False)
    layer.weight.copy_(kernels)
    return layer(x)


def mixed(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
    """torch's convolution of all channels with each other."""
    out, channels, kernel, _ = weight.shape
    layer = nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
    layer.weight.copy_(weight)
    return layer(x)


@torch.no_grad()
def check(answer: Answer):
    depthwise, separable = answer.get("depthwise"), answer.get("separable")
    cases = [_case(answer) for _ in range(ROUNDS)]
    for x, kernels, _, stride in cases:
        right, mine = apart(x, kernels, stride), depthwise(x.clone(), kernels.clone(), stride)
        same_shape(f"`depthwise` with a stride of {stride}", mine, right.shape, _shape_mistakes(x, kernels, stride))
        same_values("`depthwise`", mine, right, _mistakes(x, kernels, stride))
    yield f"`depthwise` agrees with `nn.Conv2d` on {ROUNDS} random maps."
    for x, kernels, mixing, stride in cases:
        right = mixed(apart(x, kernels, stride), mixing)
        mine = separable(x.clone(), kernels.clone(), mixing.clone(), stride)
        what = f"`separable` with a stride of {stride}"
        same_shape(what, mine, right.shape, _mixed_shape_mistakes(x, kernels, mixing, stride))
        mistakes = {"There is no activation between the two.": mixed(apart(x, kernels, stride).relu(), mixing)}
        same_values("`separable`", mine, right, mistakes)
    yield f"`separable` agrees with two of `nn.Conv2d` on {ROUNDS} random maps."


def _case(answer: Answer) -> tuple[Tensor, Tensor, Tensor, int]:
    draw, choose = answer.draw.randint, answer.draw.choice
    channels, kernel = draw(2, 9), choose((3, 5))
    x = torch.randn(2, channels, draw(8, 15), draw(8, 15))
    kernels, mixing = torch.randn(channels, 1, kernel, kernel), torch.randn(channels + draw(1, 6), channels, 1, 1)
    return x, kernels, mixing, choose((1, 2))


def _mistakes(x: Tensor, kernels: Tensor, stride: int) -> dict[str, Tensor]:
    every = kernels.expand(-1, x.shape[1], -1, -1)
    return {
        "The kernels are turned by 180°: torch's convolution does not flip them.": apart(x, kernels.flip(2, 3), stride),
        "Height and width of the kernels are exchanged.": apart(x, kernels.mT, stride),
        "Every channel gets the first channel's kernel; each has its own.": apart(
            x, kernels[:1].expand_as(kernels), stride
        ),
        "Every output channel sums over all channels: make one group for each channel.": mixed(x, every, stride),
    }


def _shape_mistakes(x: Tensor, kernels: Tensor, stride: int) -> dict[str, list[int]]:
    kernel, sides = kernels.shape[-1], x.shape[2:]

    def padded(by: int) -> list[int]:
        return [*x.shape[:2], *((side + 2 * by - kernel) // stride + 1 for side in sides)]

    return {
        "The padding is missing: k // 2 on each side.": padded(0),
        "The stride is missing.": [*x.shape],
        "The padding is k // 2 on each side, not k.": padded(kernel),
        "The padding is k // 2 on each side, not k - 1.": padded(kernel - 1),
    }


def _mixed_shape_mistakes(x: Tensor, kernels: Tensor, mixing: Tensor, stride: int) -> dict[str, list[int]]:
    batch, channels, *sides = x.shape
    once, twice = ([-(-side // stride**times) for side in sides] for times in (1, 2))
    wider = [side + 2 * (kernels.shape[-1] // 2) for side in once]
    return {
        "The 1x1 convolution is missing.": [batch, channels, *once],
        "The stride acts twice: it belongs to the depthwise part alone.": [batch, len(mixing), *twice],
        "The stride is missing.": [batch, len(mixing), *sides],
        "A 1x1 convolution needs no padding.": [batch, len(mixing), *wider],
    }
