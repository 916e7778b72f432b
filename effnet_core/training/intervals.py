"""How sure a mean of few runs is, and a difference between networks that were trained alike. Pure Python, no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import NamedTuple

LEVEL = 0.95
HALVINGS = 60  # of an angle, until it is as exact as a float


class Interval(NamedTuple):
    """A value with the ends of its 95 % interval."""

    middle: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def mean_interval(values: Sequence[float]) -> Interval:
    """The mean of two values or more with Student's interval."""
    reach = t_reach(LEVEL, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    middle = fmean(values)
    return Interval(middle, middle - reach, middle + reach)


def paired_differences(values: Mapping[str, Sequence[float]], pairs: Sequence[tuple[str, str]]) -> list[Interval]:
    """For each pair the first's mean minus the other's; `values`: what each reached, by the same seeds in one order.

    How much chance moves a difference is estimated from all of `values` at once (what is left when each one's own mean
    and each seed's are taken away), and the intervals hold together in 95 % of experiments (Bonferroni). For two it is
    the paired t test. Needs two seeds or more.
    """
    seeds = len(next(iter(values.values())))
    freedom = (len(values) - 1) * (seeds - 1)
    spread = math.sqrt(_left_over(values) / freedom)
    reach = t_reach(1 - (1 - LEVEL) / len(pairs), freedom) * spread * math.sqrt(2 / seeds)
    gaps = [fmean(values[first]) - fmean(values[other]) for first, other in pairs]
    return [Interval(gap, gap - reach, gap + reach) for gap in gaps]


def _left_over(values: Mapping[str, Sequence[float]]) -> float:
    """The sum of squares that neither the row nor the seed explains."""
    of_seed = [fmean(column) for column in zip(*values.values(), strict=True)]
    whole = fmean(of_seed)
    return sum(
        (value - fmean(row) - seed + whole) ** 2
        for row in values.values()
        for value, seed in zip(row, of_seed, strict=True)
    )


def t_reach(level: float, freedom: int) -> float:
    """How many standard errors around it hold the share `level` of Student's t with so many degrees of freedom."""
    low, high = 0.0, math.pi / 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _share_within(middle, freedom) < level else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _share_within(angle: float, freedom: int) -> float:
    """Of Student's t, the share with |t| < √freedom · tan(angle): a finite sum (Abramowitz and Stegun, 26.7.3-4)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for step in range(1 + odd, freedom, 2):
        total += term
        term *= cosine**2 * step / (step + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
