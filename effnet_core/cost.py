"""What a network costs, layer by layer: parameters, multiply-accumulates, activations. Pure Python.

Conventions. Batch 1, a square picture. `macs` are multiply-accumulates of convolutions and linear layers;
FLOPs = 2 x MACs (the papers and torchvision print MACs under the name FLOPs). Batch norm, activations,
pooling and the gate's multiplication count no MACs. Parameters are weights, biases and batch norm's scale
and shift; its running statistics are buffers, not parameters. `activations` are elements of the layer's output.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from .architecture import STEM_KERNEL, STEM_STRIDE, Architecture, Block, block_of, strided

ROLES = ("stem", "expand", "depthwise", "squeeze", "excite", "project", "head", "classifier")
SE_ROLES = ("squeeze", "excite")
PARAMS_LIMIT = 2_000_000_000


class Layer(NamedTuple):
    """One convolution or linear layer; `name` is its module path in torchvision's network, `size` px of its output."""

    name: str
    role: str
    in_channels: int
    out_channels: int
    size: int = 1
    kernel: int = 1
    stride: int = 1
    groups: int = 1
    biases: int = 0
    batch_norm: int = 0

    @property
    def weights(self) -> int:
        return self.out_channels * (self.in_channels // self.groups) * self.kernel * self.kernel

    @property
    def params(self) -> int:
        return self.weights + self.biases + self.batch_norm

    @property
    def macs(self) -> int:
        return self.weights * self.size * self.size

    @property
    def activations(self) -> int:
        return self.out_channels * self.size * self.size

    @property
    def block(self) -> str:
        return block_of(self.name)

    @property
    def stage(self) -> int:
        """Row of the paper's Table 1: 1 is the stem, 2 to 8 the MBConv stages, 9 head and classifier."""
        return 9 if self.role == "classifier" else int(self.name.split(".")[1]) + 1


class Cost(NamedTuple):
    """Totals of a network."""

    params: int
    macs: int
    activations: int

    @property
    def flops(self) -> int:
        return 2 * self.macs


def convolution(
    name: str, role: str, channels: int, out: int, size: int, *, kernel: int = 1, stride: int = 1, groups: int = 1
) -> Layer:
    """A convolution without bias, followed by batch norm."""
    return Layer(
        name=name,
        role=role,
        in_channels=channels,
        out_channels=out,
        size=size,
        kernel=kernel,
        stride=stride,
        groups=groups,
        batch_norm=2 * out,
    )


def dense(name: str, role: str, channels: int, out: int) -> Layer:
    """A linear layer (or a 1x1 convolution of a pooled vector) with bias."""
    return Layer(name=name, role=role, in_channels=channels, out_channels=out, biases=out)


def block_layers(block: Block, size: int) -> list[Layer]:
    """The layers of one MBConv whose input is `size` px wide, in the order in which they run."""
    name, channels, wide = block.name + ".block.", block.in_channels, block.expanded_channels
    layers, step = [], 0
    if wide != channels:
        layers.append(convolution(f"{name}0.0", "expand", channels, wide, size))
        step = 1
    size = strided(size, block.stride)
    layers.append(
        convolution(
            f"{name}{step}.0", "depthwise", wide, wide, size, kernel=block.kernel, stride=block.stride, groups=wide
        )
    )
    if block.squeeze_channels:
        layers += (
            dense(f"{name}{step + 1}.fc1", "squeeze", wide, block.squeeze_channels),
            dense(f"{name}{step + 1}.fc2", "excite", block.squeeze_channels, wide),
        )
    layers.append(convolution(f"{name}{step + 2}.0", "project", wide, block.out_channels, size))
    return layers


def layers_of(architecture: Architecture) -> list[Layer]:
    """Every layer of the network, stem to classifier. Raises ValueError over 2 G parameters.

    >>> first, *_, last = layers_of(released("b0"))
    >>> first.role, first.macs, last.params
    ('stem', 10838016, 1281000)
    """
    size = strided(architecture.resolution, STEM_STRIDE)
    stem = architecture.stem_channels
    layers = [convolution("features.0.0", "stem", 3, stem, size, kernel=STEM_KERNEL, stride=STEM_STRIDE)]
    for block in architecture.blocks:
        layers += block_layers(block, size)
        size = layers[-1].size
    last, head = architecture.blocks[-1], architecture.head_channels
    layers.append(convolution(f"features.{last.stage}.0", "head", last.out_channels, head, size))
    layers.append(dense("classifier.1", "classifier", head, architecture.classes))
    total = sum(layer.params for layer in layers)
    if total > PARAMS_LIMIT:
        raise ValueError(f"{architecture.name} has {total:,} parameters; allowed are {PARAMS_LIMIT:,}")
    return layers


def total(layers: list[Layer]) -> Cost:
    rows = ((layer.params, layer.macs, layer.activations) for layer in layers)
    return Cost(*(sum(column) for column in zip(*rows, strict=True)))


@lru_cache(maxsize=256)  # pages ask for the same networks on every rerun
def cost_of(architecture: Architecture) -> Cost:
    """Totals of a network. Raises ValueError over 2 G parameters.

    >>> cost_of(released("b0"))
    Cost(params=5288548, macs=385814752, activations=6748036)
    """
    return total(layers_of(architecture))


def macs_unrounded(architecture: Architecture, *, depth: float, width: float, resolution: float) -> float:
    """MACs of the network scaled by these factors, if layers, channels and pixels could be fractions.

    Less than by d · w² · r²: depthwise layers and those at the picture's or the classes' end grow with width only once,
    stem, head and classifier are not repeated, and layers of a pooled vector have no pixels.
    """

    def growth_of(layer: Layer) -> float:
        repeated = 1.0 if layer.role in ("stem", "head", "classifier") else depth
        channels = width if layer.role in ("stem", "depthwise", "classifier") else width**2
        return repeated * channels * (resolution**2 if layer.size > 1 else 1.0)

    return sum(layer.macs * growth_of(layer) for layer in layers_of(architecture))
