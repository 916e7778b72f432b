"""One block and its relatives: MBConv, MobileNetV2, fused MBConv and the classic bottleneck, as layers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from ..architecture import Architecture, Block, round_channels, strided
from ..cost import SE_ROLES, Cost, Layer, block_layers, convolution, layers_of, total

BOTTLENECK = 4  # a ResNet bottleneck is this many times as wide at its ends as in its middle
PLAIN_KERNEL = 3  # of the ResNet and MobileNetV2 blocks, as published
GRID, MOST_STEPS = 4, 10_000  # step and limit for the channels of a design that is scaled to a budget
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
        return tuple(layer for layer in self.layers if layer.role not in SE_ROLES)

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

    @property
    def peak(self) -> int:
        """Elements alive at inference's worst moment, maps made whole: a layer's two ends and what is kept."""
        ends = [self.in_channels * self.size**2, *(layer.activations for layer in self.path)]
        return max(
            before + after + (self.kept if number else 0) for number, (before, after) in enumerate(pairwise(ends))
        )

    @property
    def peak_split(self) -> int:
        """The same where the middle is computed a channel at a time: both ends, and one channel behind each layer.

        MobileNetV2, Sec. 5.1; only a depthwise middle allows it.
        """
        return (
            self.in_channels * self.size**2 + sum(layer.size**2 for layer in self.path[:-1]) + self.path[-1].activations
        )


def place(architecture: Architecture, name: str) -> tuple[Block, int]:
    """A block and the px of its input. Raises ValueError listing the valid blocks."""
    block, before = architecture.block(name), 0
    for layer in layers_of(architecture):
        if layer.name.startswith(f"{name}."):
            break
        before = layer.size
    return block, before


def mbconv(block: Block, size: int, *, depthwise: bool = True, residual: bool = True) -> Design:
    """MBConv, without SE if the block squeezes to no channel; optionally with a full convolution in its middle."""
    layers = block_layers(block, size)
    if not depthwise:
        layers = [_full(row) if row.role == "depthwise" else row for row in layers]
    return Design("MBConv", tuple(layers), size, residual and block.has_residual)


def _full(layer: Layer) -> Layer:
    """The same convolution over all channels at once; `layer.size` is its output's, so its stride is done."""
    wide = layer.in_channels
    return convolution(layer.name, "full", wide, wide, layer.size, kernel=layer.kernel, stride=layer.stride)


def mobilenet(block: Block, size: int) -> Design:
    """MobileNetV2's inverted residual between the same ends: 3x3, no SE, ReLU6 in place of SiLU."""
    wide = block.in_channels * block.expansion
    return replace(
        mbconv(block._replace(kernel=PLAIN_KERNEL, expanded_channels=wide, squeeze_channels=0), size),
        name="MobileNetV2 block",
    )


def fused(block: Block, size: int) -> Design:
    """Fused MBConv: one full convolution in place of expand and depthwise; alone where nothing is expanded."""
    channels, wide, out = block.in_channels, block.expanded_channels, block.out_channels
    after = strided(size, block.stride)
    first = convolution("block.0.0", "full", channels, out if wide == channels else wide, after, kernel=block.kernel)
    layers = [first._replace(stride=block.stride)]
    if wide != channels:
        layers.append(convolution("block.1.0", "project", wide, out, after))
    return Design("Fused MBConv", tuple(layers), size, block.has_residual)


def bottleneck(block: Block, size: int) -> Design:
    """A ResNet bottleneck between the same ends: narrow in its middle, and always with a residual."""
    channels, out, after = block.in_channels, block.out_channels, strided(size, block.stride)
    narrow = out // BOTTLENECK
    layers = (
        convolution("conv1", "reduce", channels, narrow, size),
        convolution("conv2", "full", narrow, narrow, after, kernel=PLAIN_KERNEL, stride=block.stride),
        convolution("conv3", "restore", narrow, out, after),
    )
    shortcut = convolution("downsample.0", "shortcut", channels, out, after, stride=block.stride)
    return Design("ResNet bottleneck", layers, size, True, None if block.has_residual else shortcut)


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

    def scaled_by(steps: int) -> Design:
        return make(_with_ends(block, steps * step), size)

    enough = 1 + bisect_left(range(1, MOST_STEPS), macs, key=lambda steps: scaled_by(steps).cost.macs)
    return min(scaled_by(max(1, enough - 1)), scaled_by(enough), key=lambda design: abs(design.cost.macs - macs))


def _with_ends(block: Block, channels: int) -> Block:
    out = max(1, round(channels * block.out_channels / block.in_channels / GRID)) * GRID
    return block._replace(in_channels=channels, out_channels=out, expanded_channels=expanded(channels, block.expansion))


def expanded(channels: int, expansion: int) -> int:
    return channels if expansion == 1 else round_channels(channels * expansion)
