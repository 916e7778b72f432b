"""What a drill is, and what its kinds share: groups, levels, sizes of drawn blocks, words. Pure Python.

Conventions. Counts are those of cost.py. `tolerance` is relative: a number x answers a drill where
|x - answer| <= tolerance * |answer|; 0 asks for the exact number. An estimate has a `factor` instead: x answers it
where answer / factor <= x <= answer * factor. A drill with choices has their texts in `given["choices"]` and the right
one's text as its answer; lines of code that it shows are `given["code"]`. `given` holds all that is needed to compute
the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import NamedTuple

from ...architecture import B0_STAGES, RELEASES, Block, Stage, make_blocks, released, strided
from ...cost import STEM_STRIDE, Cost, Layer, layers_of, total

GROUPS = {
    "scaling": "Compound scaling",
    "mbconv": "MBConv and inverted residuals",
    "depthwise": "Depthwise convolution",
    "se": "Squeeze-and-excitation",
    "training": "Training and regularisation",
    "practice": "Efficiency in practice",
    "comparisons": "Comparisons with other networks",
    "explain": "Heat maps and their limits",
}
LEVELS = (1, 2, 3)
MEMBERS = tuple(RELEASES)
SE_RATIO = B0_STAGES[0].se_ratio
COUNTED_PARAMS = "Count SE's biases and batch norm's scale and shift."
COUNTED_MACS = "Count convolutions and SE's two layers, batch 1."


class Task(NamedTuple):
    """What a kind draws: a question, its answer, how one gets there, and all that this takes.

    A level that asks for another quantity than the kind's names its own unit and tolerance.
    """

    question: str
    answer: float | str
    working: tuple[str, ...]
    given: dict[str, object]
    unit: str | None = None
    tolerance: float | None = None


@dataclass(frozen=True)
class Kind:
    """One thing to compute. `unit` is "" for plain numbers and for choices; `tolerance` and `factor` as at the top."""

    name: str
    group: str
    about: str
    unit: str
    tolerance: float
    draw: Callable[[Random, int], Task]
    factor: float = 0.0


@dataclass(frozen=True)
class Drill:
    """A drawn question with its answer."""

    kind: str
    level: int
    question: str
    answer: float | str
    unit: str
    tolerance: float
    working: tuple[str, ...]
    given: dict[str, object]
    factor: float = 0.0

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(self.given.get("choices", ()))

    @property
    def code(self) -> str:
        """Lines that belong to the question; "" where there are none."""
        return "\n".join(self.given.get("code", ()))


KINDS: dict[str, Kind] = {}


def kind(group: str, unit: str = "", tolerance: float = 0.0, *, factor: float = 0.0) -> Callable:
    """Enter a function that draws tasks among the kinds, under its own name."""

    def enter(draw: Callable[[Random, int], Task]) -> Callable[[Random, int], Task]:
        KINDS[draw.__name__] = Kind(draw.__name__, group, draw.__doc__.split("\n")[0], unit, tolerance, draw, factor)
        return draw

    return enter


def asked_in(unit: str) -> str:
    """How a drill asks for its unit: "in px", "as a factor", or nothing."""
    return {"": "", "×": "as a factor"}.get(unit, f"in {unit}")


@cache
def network_layers(member: str, resolution: int | None = None, classes: int | None = None) -> tuple[Layer, ...]:
    """Layers of a released network, optionally at another resolution or with other classes."""
    return tuple(layers_of(released(member).at(resolution=resolution, classes=classes)))


@cache
def network_cost(member: str, resolution: int | None = None) -> Cost:
    return total(network_layers(member, resolution))


@cache
def sized_blocks(member: str) -> tuple[tuple[Block, int], ...]:
    """A released network's blocks, each with the side of its input in px."""
    architecture = released(member)
    size, sized = strided(architecture.resolution, STEM_STRIDE), []
    for block in architecture.blocks:
        sized.append((block, size))
        size = strided(size, block.stride)
    return tuple(sized)


class Sized(NamedTuple):
    """An MBConv with the side of its input in px, and its description in the question."""

    block: Block
    size: int

    @property
    def out_size(self) -> int:
        return strided(self.size, self.block.stride)

    @property
    def given(self) -> dict[str, object]:
        names = ("expansion", "kernel", "stride", "in_channels", "out_channels")
        return {name: getattr(self.block, name) for name in names} | {"size": self.size, "se_ratio": SE_RATIO}

    @property
    def without_se(self) -> str:
        block = self.block
        return (
            f"MBConv{block.expansion}, {block.in_channels} -> {block.out_channels} channels, "
            f"{block.kernel}x{block.kernel}, stride {block.stride}, at {self.size} px"
        )

    def __str__(self) -> str:
        return f"{self.without_se}, SE {SE_RATIO:g}"


def draw_block(random: Random, level: int, *, wide: bool = False, **changes: int) -> Sized:
    """Level 1: a block of B0; level 2: of B1 to B7; level 3: an invented one. `wide`: one with an expand step.

    `changes` are fields of an invented block that are not drawn.
    """
    if level < 3:
        member = "b0" if level == 1 else random.choice(MEMBERS[1:])
        return Sized(*random.choice([pair for pair in sized_blocks(member) if pair[0].expansion > 1 or not wide]))
    channels, out = (8 * random.randint(2, 32) for _ in range(2))
    out = random.choice((channels, out))
    drawn = {
        "expansion": random.choice((4, 6) if wide else (1, 4, 6)),
        "kernel": random.choice((3, 5, 7)),
        "stride": random.choice((1, 2)),
        "in_channels": channels,
        "out_channels": out,
    }
    stage = Stage(**drawn | changes, layers=1, se_ratio=SE_RATIO)
    return Sized(make_blocks((stage,), width=1.0, depth=1.0)[0], random.randint(7, 80))


def params_line(layer: Layer) -> str:
    """One layer's parameters, written out."""
    extra = f" + {layer.biases} biases" if layer.biases else f" + 2 · {layer.out_channels} of batch norm"
    return f"{layer.role}: {_weights(layer)}{extra} = {layer.params:,}"


def macs_line(layer: Layer) -> str:
    """One layer's multiply-accumulates, written out."""
    positions = f" · {layer.size}² px" if layer.size > 1 else ""
    return f"{layer.role}: {_weights(layer)}{positions} = {layer.macs:,}"


def _weights(layer: Layer) -> str:
    """Its weights as a product: one kernel a channel where each channel is a group of its own."""
    square = f" · {layer.kernel}²" if layer.kernel > 1 else ""
    if layer.groups == layer.in_channels == layer.out_channels:
        return f"{layer.out_channels}{square}"
    grouped = f" / {layer.groups}" if layer.groups > 1 else ""
    return f"{layer.in_channels} · {layer.out_channels}{grouped}{square}"
