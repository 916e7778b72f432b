"""conv_cost against torch's own convolution, built without memory."""

import torch
from torch import nn

from ..checking import Answer, count_of, same_results

DRAWS = 60


def reference(channels: int, out: int, kernel: int, stride: int, size: int, groups: int, bias: bool) -> tuple[int, int]:
    with torch.device("meta"):
        layer = nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=bias)
        made = layer(torch.empty(1, channels, size, size))
    return count_of(layer), made.numel() * layer.weight[0].numel()


def variant(**changes):
    """The reference with other settings: what a mistake amounts to."""
    names = ("channels", "out", "kernel", "stride", "size", "groups", "bias")
    return lambda *draw: reference(**dict(zip(names, draw, strict=True)) | changes)


def without_stride(*draw) -> tuple[int, int]:
    return reference(*draw)[0], variant(stride=1)(*draw)[1]


def side_down(channels: int, out: int, kernel: int, stride: int, size: int, groups: int, bias: bool) -> tuple[int, int]:
    params, _ = reference(channels, out, kernel, stride, size, groups, bias)
    return params, (params - out * bias) * (size // stride) ** 2


def bias_in_macs(*draw) -> tuple[int, int]:
    params, macs = reference(*draw)
    pixels = macs // (params - draw[1] * draw[6])
    return params, params * pixels


MISTAKES = {
    "With groups, an output channel sees only channels // groups of the input's channels.": variant(groups=1),
    "Count a weight once for each pixel of the output, whose side is size / stride.": without_stride,
    "A side that the stride does not divide is rounded up: the map is padded.": side_down,
    "A convolution with a bias has one more parameter for each output channel.": variant(bias=False),
    "A bias is added, not multiplied: it costs no multiply-accumulate.": bias_in_macs,
    "MACs count one multiplication with its addition; FLOPs would be twice that.": lambda *draw: (
        reference(*draw)[0],
        2 * reference(*draw)[1],
    ),
}


def check(answer: Answer):
    draw, choose = answer.draw.randint, answer.draw.choice
    draws = []
    for _ in range(DRAWS):
        groups = choose((1, 1, 2, 4, 8))
        sizes = (groups * draw(1, 12), groups * draw(1, 12), choose((1, 3, 5, 7)), choose((1, 2)), draw(7, 64))
        draws.append((*sizes, groups, choose((True, False))))
    same_results("conv_cost", answer.get("conv_cost"), reference, draws, MISTAKES, parts=("parameters", "MACs"))
    yield f"`conv_cost` gives the parameters and MACs of {DRAWS} random convolutions."
