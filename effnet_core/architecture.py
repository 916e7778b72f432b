"""EfficientNet as data: the stage table, the compound scaling rule and its rounding, B0-B7.

Everything else (cost model, torch builder, figures, quizzes) reads the blocks made here.
Pure Python. Sizes are in pixels of a square picture, channels are counts.

Source: Tan & Le, EfficientNet, ICML 2019, arXiv:1905.11946v5, Table 1, Eq. 3 and Sec. 4; channel and
depth rounding from the official code (round_filters, round_repeats). Two things follow torchvision
instead: the head has 4 x the last stage's channels (the official code rounds 1280 * width), and batch
norm's eps and momentum are those of torchvision's builders.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

ALPHA, BETA, GAMMA = 1.2, 1.1, 1.15
PHI_RANGE = (-3.0, 8.0)
COEFFICIENT_RANGE = (1.0, 2.0)
FACTOR_RANGE = (0.1, 256.0)
TINY_WIDTH_RANGE = (0.1, 2.0)
RESOLUTION_RANGE = (32, 2400)
CLASSES_RANGE = (1, 100_000)
CHANNEL_STEP, LEAST_KEPT = 8, 0.9  # channels go to multiples of the step; rounding down may not lose more than 10 %
HEAD_FACTOR = 4  # head's channels over the last stage's
POWERS = {"alpha": 1, "beta": 2, "gamma": 2}  # of Eq. 3: how each coefficient multiplies FLOPs
LETTERS = {"alpha": "α", "beta": "β", "gamma": "γ"}
TOLERANCE = 1e-9  # a solved coefficient at the end of its range is off by rounding alone


class Stage(NamedTuple):
    """One row of Table 1: `layers` blocks, the first of which has the stage's stride."""

    expansion: int
    kernel: int
    stride: int
    in_channels: int
    out_channels: int
    layers: int
    se_ratio: float = 0.25


STEM_STRIDE = 2
STEM_KERNEL = 3
B0_STAGES = (
    Stage(1, 3, 1, 32, 16, 1),
    Stage(6, 3, 2, 16, 24, 2),
    Stage(6, 5, 2, 24, 40, 2),
    Stage(6, 3, 2, 40, 80, 3),
    Stage(6, 5, 1, 80, 112, 3),
    Stage(6, 5, 2, 112, 192, 4),
    Stage(6, 3, 1, 192, 320, 1),
)


class Release(NamedTuple):
    """What is published for one family member; the norm's settings are torchvision's."""

    width: float
    depth: float
    resolution: int
    dropout: float
    norm_eps: float = 1e-5
    norm_momentum: float = 0.1


RELEASES = {
    "b0": Release(1.0, 1.0, 224, 0.2),
    "b1": Release(1.0, 1.1, 240, 0.2),
    "b2": Release(1.1, 1.2, 260, 0.3),
    "b3": Release(1.2, 1.4, 300, 0.3),
    "b4": Release(1.4, 1.8, 380, 0.4),
    "b5": Release(1.6, 2.2, 456, 0.4, 1e-3, 0.01),
    "b6": Release(1.8, 2.6, 528, 0.5, 1e-3, 0.01),
    "b7": Release(2.0, 3.1, 600, 0.5, 1e-3, 0.01),
}


class Block(NamedTuple):
    """One MBConv. `name` is its module path in torchvision's network, `stage` the row of Table 1 (2 to 8)."""

    name: str
    stage: int
    expansion: int
    kernel: int
    stride: int
    in_channels: int
    expanded_channels: int
    squeeze_channels: int
    out_channels: int

    @property
    def has_residual(self) -> bool:
        return self.stride == 1 and self.in_channels == self.out_channels


@dataclass(frozen=True)
class Architecture:
    """A whole network: the blocks between stem and head, and what else the builders need."""

    name: str
    depth: float
    width: float
    resolution: int
    blocks: tuple[Block, ...]
    head_channels: int
    classes: int = 1000
    dropout: float = 0.2
    norm_eps: float = 1e-5
    norm_momentum: float = 0.1

    @property
    def stem_channels(self) -> int:
        return self.blocks[0].in_channels

    def block(self, name: str) -> Block:
        """The block of that name. Raises ValueError listing the valid names."""
        for block in self.blocks:
            if block.name == name:
                return block
        raise ValueError(f"{self.name} has no block {name!r}; it has {', '.join(b.name for b in self.blocks)}")

    def at(self, *, resolution: int | None = None, classes: int | None = None) -> Architecture:
        """The same blocks at another resolution (px) or with another number of classes."""
        resolution = self.resolution if resolution is None else resolution
        classes = self.classes if classes is None else classes
        _check("the resolution (px)", resolution, RESOLUTION_RANGE)
        _check("the number of classes", classes, CLASSES_RANGE)
        return replace(self, resolution=resolution, classes=classes)


def strided(size: int, stride: int) -> int:
    """Side (px) of a layer's output with this stride, from an input of `size` px: padded, so an odd side rounds up."""
    return -(-size // stride)


def block_of(path: str) -> str:
    """The block that a module path belongs to: "features.2.0.block.1.0" -> "features.2.0"."""
    return path.partition(".block.")[0]


def round_channels(channels: float) -> int:
    """Round to the nearest multiple of 8, or one step up if that would lose more than 10 %."""
    rounded = max(CHANNEL_STEP, int(channels + CHANNEL_STEP / 2) // CHANNEL_STEP * CHANNEL_STEP)
    return rounded if rounded >= LEAST_KEPT * channels else rounded + CHANNEL_STEP


def round_depth(layers: float) -> int:
    return math.ceil(layers)


def round_resolution(pixels: float) -> int:
    return math.floor(pixels + 0.5)


class Rounding(NamedTuple):
    """How scaled channels and layers become whole numbers."""

    channels: Callable[[float], int]
    layers: Callable[[float], int]


def _nearest(value: float) -> int:
    return max(1, math.floor(value + 0.5))


PUBLISHED, NEAREST = Rounding(round_channels, round_depth), Rounding(_nearest, _nearest)


def make_blocks(
    stages: tuple[Stage, ...], *, width: float, depth: float, rounding: Rounding = PUBLISHED
) -> tuple[Block, ...]:
    """Scale a stage table: channels by width, layers by depth, each rounded."""
    blocks = []
    for number, stage in enumerate(stages, start=1):
        channels, out_channels = (rounding.channels(c * width) for c in (stage.in_channels, stage.out_channels))
        for index in range(rounding.layers(stage.layers * depth)):
            blocks.append(
                Block(
                    name=f"features.{number}.{index}",
                    stage=number + 1,
                    expansion=stage.expansion,
                    kernel=stage.kernel,
                    stride=stage.stride if index == 0 else 1,
                    in_channels=channels,
                    expanded_channels=rounding.channels(channels * stage.expansion),
                    squeeze_channels=max(1, int(channels * stage.se_ratio)) if stage.se_ratio else 0,
                    out_channels=out_channels,
                )
            )
            channels = out_channels
    return tuple(blocks)


def _assemble(
    name: str, stages: tuple[Stage, ...], width: float, depth: float, rounding: Rounding = PUBLISHED, **settings
) -> Architecture:
    blocks = make_blocks(stages, width=width, depth=depth, rounding=rounding)
    head = HEAD_FACTOR * blocks[-1].out_channels
    return Architecture(name=name, depth=depth, width=width, blocks=blocks, head_channels=head, **settings)


def compound(
    phi: float, *, alpha: float = ALPHA, beta: float = BETA, gamma: float = GAMMA, classes: int = 1000
) -> Architecture:
    """B0 scaled by the formula: depth alpha^phi, width beta^phi, resolution 224 * gamma^phi, all rounded.

    Not the same as B1-B7, which were released with hand-picked coefficients. Raises ValueError outside the limits.

    >>> network = compound(phi=1)
    >>> network.resolution, len(network.blocks)
    (258, 23)
    """
    _check("φ", phi, PHI_RANGE)
    for letter, value in zip(LETTERS.values(), (alpha, beta, gamma), strict=True):
        _check(letter, value, COEFFICIENT_RANGE)
    resolution = round_resolution(RELEASES["b0"].resolution * gamma**phi)
    _check("the resolution 224 · γ^φ (px)", resolution, RESOLUTION_RANGE)
    name = f"formula φ={phi:g}"
    return scaled(name, depth=alpha**phi, width=beta**phi, resolution=resolution, classes=classes)


def scaled(
    name: str,
    *,
    depth: float = 1.0,
    width: float = 1.0,
    resolution: int = RELEASES["b0"].resolution,
    classes: int = 1000,
) -> Architecture:
    """B0 with its layers times depth and its channels times width, rounded, at that resolution (px).

    Raises ValueError outside the limits.

    >>> scaled("twice as wide", width=2.0).stem_channels
    64
    """
    _check("the depth factor", depth, FACTOR_RANGE)
    _check("the width factor", width, FACTOR_RANGE)
    _check("the resolution (px)", resolution, RESOLUTION_RANGE)
    _check("the number of classes", classes, CLASSES_RANGE)
    return _assemble(name, B0_STAGES, width, depth, resolution=resolution, classes=classes)


def growth(alpha: float, beta: float, gamma: float) -> float:
    """What one step of φ multiplies FLOPs by, before rounding: α·β²·γ², which the paper holds near 2 (Eq. 3)."""
    return alpha * beta**2 * gamma**2


def coefficient_for(target: float, **given: float) -> float:
    """The one of alpha, beta and gamma that is not given, such that α·β²·γ² is the target.

    Raises ValueError if no allowed value does that.
    """
    [missing] = POWERS.keys() - given.keys()
    rest = math.prod(given[name] ** power for name, power in POWERS.items() if name in given)
    value = (target / rest) ** (1 / POWERS[missing])
    low, high = COEFFICIENT_RANGE
    if not low - TOLERANCE <= value <= high + TOLERANCE:
        least, most = (rest * limit ** POWERS[missing] for limit in COEFFICIENT_RANGE)
        fixed = ", ".join(f"{LETTERS[name]} = {given[name]:g}" for name in POWERS if name in given)
        raise ValueError(
            f"no {LETTERS[missing]} from {low:g} to {high:g} makes α·β²·γ² {target:g}: "
            f"with {fixed} it lies between {least:.4g} and {most:.4g}"
        )
    return min(max(value, low), high)


def released(member: str, *, classes: int = 1000) -> Architecture:
    """B0-B7 as published, named `b0` or `efficientnet_b0`. Raises ValueError listing the valid names.

    >>> released("b3").resolution
    300
    """
    release = RELEASES.get(member.removeprefix("efficientnet_"))
    if release is None:
        raise ValueError(f"no released EfficientNet is called {member!r}; there are {', '.join(RELEASES)}")
    _check("the number of classes", classes, CLASSES_RANGE)
    settings = release._asdict()
    name = f"efficientnet_{member.removeprefix('efficientnet_')}"
    return _assemble(name, B0_STAGES, settings.pop("width"), settings.pop("depth"), classes=classes, **settings)


def tiny(*, width: float = 0.5, classes: int = 100, resolution: int = 96) -> Architecture:
    """The bundled offline model: B0's stages, narrower, and with two strides fewer since its pictures are small."""
    _check("the width", width, TINY_WIDTH_RANGE)
    stages = _with_strides((1, 2, 2, 2, 1, 1, 1))
    return _assemble("tiny", stages, width, 1.0, resolution=resolution, classes=classes)


def small(
    name: str,
    *,
    depth: float,
    width: float,
    resolution: int,
    classes: int,
    expansion: int | None = None,
    kernel: int | None = None,
    squeeze: bool = True,
) -> Architecture:
    """B0's stages for experiments with small pictures: halved twice in all, layers and channels to the nearest number.

    B0's rounding to steps of 8 channels, and of layers up, would hide what a factor does in so small a network; and
    after fewer halvings a few pixels more cost what they should. `expansion` (but for the first stage, which has none)
    and `kernel` replace those of all stages; `squeeze=False` leaves squeeze-and-excitation out. Raises ValueError
    outside the limits.
    """
    _check("the depth factor", depth, FACTOR_RANGE)
    _check("the width factor", width, FACTOR_RANGE)
    _check("the resolution (px)", resolution, RESOLUTION_RANGE)
    stages = tuple(
        stage._replace(
            expansion=expansion if expansion and stage.expansion > 1 else stage.expansion,
            kernel=kernel or stage.kernel,
            se_ratio=stage.se_ratio if squeeze else 0,
        )
        for stage in _with_strides((1, 1, 2, 1, 1, 1, 1))
    )
    return _assemble(name, stages, width, depth, NEAREST, resolution=resolution, classes=classes)


def _with_strides(strides: tuple[int, ...]) -> tuple[Stage, ...]:
    return tuple(stage._replace(stride=stride) for stage, stride in zip(B0_STAGES, strides, strict=True))


def _check(what: str, value: float, allowed: tuple[float, float]) -> None:
    low, high = allowed
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{what} is {value:g}; allowed is {low:g} to {high:g}")
