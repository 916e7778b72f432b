"""Blocks as layers: MBConv step by step and with other settings, and three designs that stand beside it. Pure Python.

Conventions of cost.py: batch 1, square pictures, multiply-accumulates. Memory is that of float32 elements. What a
residual keeps is the block's input, or the projection of it: it can't be freed before the sum at the block's end.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from .architecture import Architecture, Block, round_channels
from .cost import Cost, Layer, block_layers, convolution, layers_of, total

FLOAT32_BYTES = 4
BOTTLENECK = 4  # a ResNet bottleneck is this many times as wide at its ends as in its middle
PLAIN_KERNEL = 3  # of the ResNet and MobileNetV2 blocks, as published
GRID, MOST_STEPS = 4, 10_000  # channels of a design that is scaled to a budget go in these steps
SOURCES = (
    "Bottleneck: He et al., arXiv:1512.03385, Fig. 5, with its stride in the 3×3 as torchvision has it; MobileNetV2 "
    "block: Sandler et al., arXiv:1801.04381, Table 1; MBConv: Tan and Le, arXiv:1905.11946, Sec. 4; fused MBConv: Tan "
    "and Le, EfficientNetV2, arXiv:2104.00298, Fig. 2, without SE as torchvision builds it."
)


@dataclass(frozen=True)
class Design:
    """One block as its layers, in the order in which they run. `size`: px of its input.

    `shortcut`: a ResNet's projection, where a residual has to change shape; the other designs go without residual.
    """

    name: str
    layers: tuple[Layer, ...]
    size: int
    has_residual: bool
    shortcut: Layer | None = None

    @property
    def path(self) -> tuple[Layer, ...]:
        """The layers whose outputs are feature maps: all but those of squeeze-and-excitation."""
        return tuple(layer for layer in self.layers if layer.role not in ("squeeze", "excite"))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of its input and behind each layer of its path."""
        return (self.path[0].in_channels, *(layer.out_channels for layer in self.path))

    @property
    def in_channels(self) -> int:
        return self.widths[0]

    @property
    def out_channels(self) -> int:
        return self.widths[-1]

    @property
    def widest(self) -> int:
        return max(self.widths)

    @property
    def all_layers(self) -> tuple[Layer, ...]:
        return self.layers if self.shortcut is None else (*self.layers, self.shortcut)

    @property
    def cost(self) -> Cost:
        return total(list(self.all_layers))

    @property
    def kept(self) -> int:
        """Elements that must be kept for the residual: the input, or its projection; 0 where there is none."""
        if self.shortcut is not None:
            return self.shortcut.activations
        return self.in_channels * self.size**2 if self.has_residual else 0


def place(architecture: Architecture, name: str) -> tuple[Block, int]:
    """A block and the px of its input. ValueError tells the blocks there are."""
    block, before = architecture.block(name), 0
    for layer in layers_of(architecture):
        if layer.name.startswith(f"{name}."):
            break
        before = layer.size
    return block, before


# Four designs -----------------------------------------------------------------------------------------------------


def mbconv(block: Block, size: int, *, depthwise: bool = True, residual: bool = True) -> Design:
    """MBConv; without SE where the block squeezes to no channel, on wish with a full convolution in its middle."""
    layers = [
        row for row in block_layers(block, size) if block.squeeze_channels or row.role not in ("squeeze", "excite")
    ]
    if not depthwise:
        layers = [_full(row) if row.role == "depthwise" else row for row in layers]
    return Design("MBConv", tuple(layers), size, residual and block.has_residual)


def _full(layer: Layer) -> Layer:
    """The same convolution over all channels at once; `layer.size` is its output's, so its stride is done."""
    wide = layer.in_channels
    return convolution(layer.name, "full", wide, wide, layer.size, layer.kernel)._replace(stride=layer.stride)


def mobilenet(block: Block, size: int) -> Design:
    """MobileNetV2's inverted residual between the same ends: 3x3, no SE, ReLU6 in the place of SiLU."""
    wide = block.in_channels * block.expansion
    return replace(
        mbconv(block._replace(kernel=PLAIN_KERNEL, expanded_channels=wide, squeeze_channels=0), size),
        name="MobileNetV2 block",
    )


def fused(block: Block, size: int) -> Design:
    """Fused MBConv: one full convolution in the place of expand and depthwise; alone where nothing is expanded."""
    channels, wide, out, after = block.in_channels, block.expanded_channels, block.out_channels, _after(block, size)
    first = convolution("block.0.0", "full", channels, out if wide == channels else wide, after, block.kernel)
    layers = [first._replace(stride=block.stride)]
    if wide != channels:
        layers.append(convolution("block.1.0", "project", wide, out, after))
    return Design("Fused MBConv", tuple(layers), size, block.has_residual)


def bottleneck(block: Block, size: int) -> Design:
    """A ResNet bottleneck between the same ends: narrow in its middle, and always with a residual."""
    channels, out, after = block.in_channels, block.out_channels, _after(block, size)
    narrow = out // BOTTLENECK
    layers = (
        convolution("conv1", "reduce", channels, narrow, size),
        convolution("conv2", "full", narrow, narrow, after, PLAIN_KERNEL)._replace(stride=block.stride),
        convolution("conv3", "restore", narrow, out, after),
    )
    shortcut = convolution("downsample.0", "shortcut", channels, out, after)._replace(stride=block.stride)
    return Design("ResNet bottleneck", layers, size, True, None if block.has_residual else shortcut)


def _after(block: Block, size: int) -> int:
    return -(-size // block.stride)


MAKERS = (bottleneck, mobilenet, mbconv, fused)


def side_by_side(block: Block, size: int, *, same_budget: bool = False) -> tuple[Design, ...]:
    """The four designs between this block's ends; with same_budget each is as wide as MBConv's MACs allow."""
    if not same_budget:
        return tuple(make(block, size) for make in MAKERS)
    macs = mbconv(block, size).cost.macs
    return tuple(make(block, size) if make is mbconv else at_budget(make, block, size, macs) for make in MAKERS)


def at_budget(make: Callable[[Block, int], Design], block: Block, size: int, macs: int) -> Design:
    """The design with both its ends scaled by one factor until its MACs come closest."""
    step = GRID if block.expansion > 1 or make is bottleneck else 2 * GRID  # torchvision's rounding expands 12 to 16

    def made(steps: int) -> Design:
        return make(_with_ends(block, steps * step), size)

    enough = 1 + bisect_left(range(1, MOST_STEPS), macs, key=lambda steps: made(steps).cost.macs)
    return min(made(max(1, enough - 1)), made(enough), key=lambda design: abs(design.cost.macs - macs))


def _with_ends(block: Block, channels: int) -> Block:
    out = max(1, round(channels * block.out_channels / block.in_channels / GRID)) * GRID
    return block._replace(
        in_channels=channels, out_channels=out, expanded_channels=_expanded(channels, block.expansion)
    )


def _expanded(channels: int, expansion: int) -> int:
    return channels if expansion == 1 else round_channels(channels * expansion)


# What if ----------------------------------------------------------------------------------------------------------


def changed(
    block: Block,
    *,
    kernel: int | None = None,
    expansion: int | None = None,
    se_ratio: float | None = None,
    stride: int | None = None,
) -> Block:
    """The block with other settings between the same ends; an SE ratio of 0 leaves squeeze-and-excitation out."""
    squeezed = max(1, int(block.in_channels * se_ratio)) if se_ratio else 0
    expansion = expansion or block.expansion
    return block._replace(
        kernel=kernel or block.kernel,
        expansion=expansion,
        stride=stride or block.stride,
        expanded_channels=_expanded(block.in_channels, expansion),
        squeeze_channels=block.squeeze_channels if se_ratio is None else squeezed,
    )


class Separable(NamedTuple):
    """What a depthwise convolution and a 1x1 behind it cost, against one full convolution that does both."""

    separable: int
    full: int
    ratio: float  # 1/C + 1/k²: C output channels of the 1x1, k the kernel's side


def separable(block: Block, size: int) -> Separable:
    """MACs of this block's depthwise and project, against a full convolution from its wide to its output channels."""
    pair = sum(row.macs for row in mbconv(block, size).layers if row.role in ("depthwise", "project"))
    wide, out = block.expanded_channels, block.out_channels
    whole = convolution("full", "full", wide, out, _after(block, size), block.kernel).macs
    return Separable(pair, whole, 1 / out + 1 / block.kernel**2)


# Step by step -----------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """One step of an MBConv: its name in BlockTrace.steps, the layers it runs, and the maps that it leaves."""

    name: str
    title: str
    role: str
    layers: tuple[Layer, ...]
    channels: int
    size: int
    missing: str = ""  # why this block goes without this step

    @property
    def elements(self) -> int:
        return self.channels * self.size**2

    @property
    def cost(self) -> Cost:
        return total(list(self.layers)) if self.layers else Cost(0, 0, 0)


def steps_of(block: Block, size: int) -> tuple[Step, ...]:
    """Input, expand, depthwise, squeeze-and-excite, project and residual; a step that is missing says why."""
    rows = {row.role: row for row in block_layers(block, size)}
    wide, out, after, kernel = block.expanded_channels, block.out_channels, _after(block, size), block.kernel
    no_expand = "" if "expand" in rows else "Expansion 1: depthwise works on the input itself."
    expand = () if no_expand else (rows["expand"],)
    return (
        Step("input", "Input", "stem", (), block.in_channels, size),
        Step("expand", "Expand 1×1", "expand", expand, wide, size, no_expand),
        Step("depthwise", f"Depthwise {kernel}×{kernel}", "depthwise", (rows["depthwise"],), wide, after),
        Step("gated", "Squeeze, excite", "squeeze", (rows["squeeze"], rows["excite"]), wide, after),
        Step("project", "Project 1×1", "project", (rows["project"],), out, after),
        Step("output", "Residual", "residual", (), out, after, _no_residual(block)),
    )


def _no_residual(block: Block) -> str:
    if block.has_residual:
        return ""
    reasons = [f"{block.in_channels} channels come in, {block.out_channels} go out"] * (
        block.in_channels != block.out_channels
    ) + [f"stride {block.stride} shrinks the map"] * (block.stride > 1)
    return f"None: {' and '.join(reasons)}, so input and output can't be added."


def params_formula(layer: Layer) -> str:
    """Where the parameters come from, with this layer's numbers: "24 × 144 + 2 × 144 = 3,744"."""
    added = f"2 × {layer.batch_norm // 2}" if layer.batch_norm else f"{layer.biases}"
    return f"{_product(layer)} + {added} = {layer.params:,}"


def compute_formula(layer: Layer, factor: int = 1) -> str:
    """The same for multiply-accumulates, or with factor 2 for FLOPs: the weights, once for each output position."""
    positions = f" × {layer.size} × {layer.size}" if layer.size > 1 else ""
    return f"{'2 × ' * (factor == 2)}{_product(layer)}{positions} = {factor * layer.macs:,}"


def _product(layer: Layer) -> str:
    sides = [layer.kernel] * 2 if layer.kernel > 1 else []
    channels = [layer.out_channels] if layer.groups > 1 else [layer.in_channels, layer.out_channels]
    return " × ".join(str(number) for number in [*sides, *channels])
