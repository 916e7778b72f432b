"""What a race is asked for and what it reports. No torch, so that pages can read both."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from . import drawn_pictures
from . import study as studies
from .drawn_pictures import Scenes
from .study import Arm, Study

PICTURES, TEST_PICTURES = 1600, 800
SEEDS = range(10_000)
SEEDS_A_RACE = 1000  # scenes of a race's epochs are drawn by seeds of its own; the last is of the test pictures
TEST = SEEDS_A_RACE - 1


@dataclass(frozen=True)
class Orders:
    """Ways to spend `times` the base's MACs, and the pictures to learn from. Raises ValueError saying what is wrong."""

    ways: tuple[str, ...]
    times: float
    texture: str
    seed: int
    epochs: int
    pictures: int = PICTURES  # an epoch, each drawn anew
    test_pictures: int = TEST_PICTURES

    def __post_init__(self) -> None:
        for way in self.ways:
            arm_of(way, self.times)
        if self.texture not in drawn_pictures.PERIODS:
            raise ValueError(f"no texture is {self.texture!r}; there are {', '.join(drawn_pictures.PERIODS)}")
        if not 0 < self.epochs < TEST:
            raise ValueError(f"{self.epochs} epochs are asked for; allowed is 1 to {TEST - 1}")
        if self.seed not in SEEDS:
            raise ValueError(f"the seed is {self.seed}; allowed is {SEEDS.start} to {SEEDS.stop - 1}")


@dataclass(frozen=True)
class Lap:
    """One network after one epoch: of `tested` pictures `right` were named right; the others with its guesses."""

    way: str
    epoch: int
    loss: float
    right: int
    tested: int
    wrong: list[int]  # numbers of test pictures
    guesses: list[int]  # its class for each of these
    filters: list  # weights (filters, 3, k, k) of the first layer

    @property
    def accuracy(self) -> float:
        return self.right / self.tested


@cache
def study() -> Study:
    return studies.read(studies.RACE)


def arm_of(way: str, times: float) -> Arm:
    """The network of this way and factor of compute. Raises ValueError listing what there is."""
    for arm in study().arms:
        if (arm.way, arm.times) == (way, times) or way == arm.way == studies.BASE:
            return arm
    known = ", ".join(sorted({f"{arm.way} × {arm.times:g}" for arm in study().arms}))
    raise ValueError(f"there is no network {way} × {times:g} to race; there are {known}")


def test_scenes(orders: Orders) -> Scenes:
    """What the test pictures show: the same for all networks of a race."""
    return drawn_pictures.scenes(orders.test_pictures, orders.seed * SEEDS_A_RACE + TEST, orders.texture)


class Disagreement(NamedTuple):
    """Two networks on the same pictures: how many each alone named right, and how likely so uneven a split is.

    `chance` is the two-sided sign test's: the probability of a split at least as uneven if both were equally good.
    """

    first_only: int
    second_only: int
    chance: float


def compare(first: Lap, second: Lap) -> Disagreement:
    """Of two laps over the same test pictures."""
    wrong, others = set(first.wrong), set(second.wrong)
    firsts, seconds = len(others - wrong), len(wrong - others)
    trials, least = firsts + seconds, min(firsts, seconds)
    tail = sum(math.comb(trials, count) for count in range(least + 1)) / 2**trials
    return Disagreement(firsts, seconds, min(1.0, 2 * tail))
