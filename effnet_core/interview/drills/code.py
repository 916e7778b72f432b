"""Drills on an MBConv as PyTorch writes it: what a line costs, which shape leaves it, which line is wrong."""

from __future__ import annotations

from random import Random

from ...architecture import Block
from ...cost import SE_ROLES, Layer, block_layers, total
from .kind import COUNTED_PARAMS, Sized, Task, draw_block, kind, macs_line, params_line

LINES = (("expand",), ("depthwise",), SE_ROLES, ("project",))  # roles of each line's layers
ORDER = "in the order expand, depthwise, SE, project"


def mbconv_lines(block: Block) -> list[str]:
    """The four lines of an MBConv that expands, of torchvision's own parts."""
    thin, wide, out = block.in_channels, block.expanded_channels, block.out_channels
    stride = f"stride={block.stride}, " * (block.stride > 1)
    return [
        f"Conv2dNormActivation({thin}, {wide}, kernel_size=1, activation_layer=nn.SiLU)",
        f"Conv2dNormActivation({wide}, {wide}, kernel_size={block.kernel}, {stride}groups={wide}, "
        "activation_layer=nn.SiLU)",
        f"SqueezeExcitation({wide}, {block.squeeze_channels}, activation=nn.SiLU)",
        f"Conv2dNormActivation({wide}, {out}, kernel_size=1, activation_layer=None)",
    ]


def _line(random: Random, level: int) -> int:
    """Level 1: a 1x1 convolution; level 2: the depthwise one; level 3: squeeze-and-excitation. Counted from 0."""
    return {1: random.choice((0, 3)), 2: 1, 3: 2}[level]


def _layers(drawn: Sized, line: int) -> list[Layer]:
    return [layer for layer in block_layers(*drawn) if layer.role in LINES[line]]


@kind("mbconv", "MACs", 0.01)
def line_macs(random: Random, level: int) -> Task:
    """Multiply-accumulates of one line of an MBConv in PyTorch."""
    drawn, line = draw_block(random, min(level, 2), wide=True), _line(random, level)
    layers = _layers(drawn, line)
    why = {
        1: "its input has the size of the output of the line before",
        2: f"groups leave each channel its own kernel; after stride {drawn.block.stride} it is {drawn.out_size} px",
        3: "its two layers see one vector of means, so the map's size plays no part",
    }[level]
    return Task(
        f"One MBConv as PyTorch code, {ORDER}. Its input has {drawn.block.in_channels} channels of {drawn.size} x "
        f"{drawn.size} px, batch 1. How many multiply-accumulates does line {line + 1} cost?",
        total(layers).macs,
        (why, *map(macs_line, layers), f"together {total(layers).macs:,}"),
        drawn.given | {"code": mbconv_lines(drawn.block), "line": line},
    )


@kind("mbconv", "parameters", 0.01)
def line_params(random: Random, level: int) -> Task:
    """Parameters of one line of an MBConv in PyTorch."""
    drawn, line = draw_block(random, min(level, 2), wide=True), _line(random, level)
    layers = _layers(drawn, line)
    return Task(
        f"One MBConv as PyTorch code, {ORDER}, of {drawn.block.in_channels} channels. How many parameters does line "
        f"{line + 1} have? {COUNTED_PARAMS}",
        total(layers).params,
        (*map(params_line, layers), f"together {total(layers).params:,}"),
        drawn.given | {"code": mbconv_lines(drawn.block), "line": line},
    )


@kind("mbconv")
def traced_shape(random: Random, level: int) -> Task:
    """Shape of the tensor behind a line of an MBConv in PyTorch."""
    drawn = draw_block(random, min(level, 2), wide=True)
    block, size, batch = drawn.block, drawn.size, random.choice((1, 2, 8, 16))
    code, after = mbconv_lines(block), drawn.out_size
    line, why = random.choice((0, 1)) if level == 1 else 3, "torchvision pads by half a kernel unless it is told"
    if level == 3:
        code[1] = code[1].replace("groups=", "padding=0, groups=")
        after = (size - block.kernel) // block.stride + 1
        why = f"without padding: ({size} - {block.kernel}) / {block.stride}, whole part, + 1 = {after}"
    side, channels = size if line == 0 else after, block.out_channels if line == 3 else block.expanded_channels
    right = _shape(batch, channels, side)
    others = [(block.in_channels, side), (channels, size), (channels, drawn.out_size), (channels, side + 1)]
    wrong = [_shape(batch, *other) for other in (*others, (block.expanded_channels, side + 2))]
    choices = list(dict.fromkeys([right, *wrong]))[:4]
    return Task(
        f"One MBConv as PyTorch code, {ORDER}. It is given a tensor of shape "
        f"{_shape(batch, block.in_channels, size)}. Which shape does line {line + 1} put out?",
        right,
        (
            "expand changes channels alone, the depthwise line the size alone, SE neither, project channels alone",
            why,
            f"line {line + 1}: {right}",
        ),
        drawn.given | {"code": code, "line": line, "batch": batch, "choices": random.sample(choices, len(choices))},
    )


def _shape(batch: int, channels: int, side: int) -> str:
    return f"({batch}, {channels}, {side}, {side})"


@kind("mbconv")
def wrong_line(random: Random, level: int) -> Task:
    """Which line of an MBConv in PyTorch is not as in EfficientNet."""
    drawn = draw_block(random, min(level, 2), wide=True)
    block, code = drawn.block, mbconv_lines(drawn.block)
    thin, wide, inside = block.in_channels, block.expanded_channels, block.squeeze_channels
    quarter = wide * inside // thin
    line, right, wrong, why = random.choice(
        {
            1: (
                (1, f"groups={wide}, ", "", "without groups it is an ordinary convolution over all channels"),
                (3, "=None", "=nn.SiLU", "no activation follows the projection: the thin end is linear"),
            ),
            2: (
                (2, f", {inside},", f", {quarter},", "SE's width is a quarter of the block's input, not of its middle"),
                (0, "=nn.SiLU", "=None", "the wide space is where the non-linearities belong: expand has one, too"),
            ),
            3: (
                (1, f"groups={wide}", f"groups={thin}", "one group a channel: as many groups as expanded channels"),
                (2, ", activation=nn.SiLU", "", "torchvision's SE has ReLU unless it is told; EfficientNet's has SiLU"),
                (3, "kernel_size=1", "kernel_size=3", "only the depthwise line looks at neighbours"),
            ),
        }[level]
    )
    code[line] = code[line].replace(right, wrong)
    names = [f"line {number}" for number in range(1, len(code) + 1)]
    return Task(
        f"This is to be EfficientNet's MBConv{block.expansion}, {thin} -> {block.out_channels} channels, "
        f"{block.kernel}x{block.kernel}, stride {block.stride}, {ORDER}. It runs, but one line is wrong. Which?",
        names[line],
        (why, f"right is: {mbconv_lines(block)[line]}"),
        drawn.given | {"code": code, "choices": names},
    )
