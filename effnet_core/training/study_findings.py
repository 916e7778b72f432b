"""What the runs of a study tell, and what they don't: means, differences at equal compute, a search's best point.

Pure Python, no torch. Accuracies and their differences are shares of the test pictures, from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from ..architecture import ALPHA, GAMMA
from ..units import wilson_interval
from .intervals import Interval, mean_interval, paired_differences
from .study import BASE, COMPOUND, Arm
from .study_results import Results, Row


@dataclass(frozen=True)
class Measured:
    """An arm with its runs, by seed, and their mean accuracy; of one run the interval is that of its test pictures."""

    arm: Arm
    runs: tuple[Row, ...]
    accuracy: Interval

    @property
    def name(self) -> str:
        return self.arm.name


class Difference(NamedTuple):
    """How much better `arm` is than `other`. Only where the interval excludes 0 does the study tell which is better."""

    arm: str
    other: str
    interval: Interval

    @property
    def tells(self) -> bool:
        return self.interval.excludes_zero


class Family(NamedTuple):
    """Differences of one comparison, whose intervals hold together, and the seeds that all its arms were run with.

    No differences before there are two such seeds.
    """

    differences: tuple[Difference, ...]
    seeds: tuple[int, ...]


class Search(NamedTuple):
    """The best point of a search, all others minus it, and which point is nearest to the paper's."""

    best: Measured
    others: Family
    nearest: str

    @property
    def not_told(self) -> list[str]:
        """Those that this study can't tell from the best."""
        return [row.arm for row in self.others.differences if not row.tells]


def measured(results: Results) -> list[Measured]:
    """All arms that have a run, in the study's order."""
    found = []
    for arm in results.study.arms:
        if runs := tuple(results.of(arm.name).values()):
            shares = [row.top1 for row in runs]
            one = Interval(shares[0], *wilson_interval(shares[0], runs[0].test_pictures))
            found.append(Measured(arm, runs, mean_interval(shares) if len(runs) > 1 else one))
    return found


def by_ways(results: Results) -> dict[float, Family]:
    """Times the base's compute -> all three dimensions minus each one alone, at that compute."""
    arms = [row for row in measured(results) if row.arm.way != BASE]
    groups = {times: [row for row in arms if row.arm.times == times] for times in sorted({r.arm.times for r in arms})}
    whole = {row.arm.times: row.name for row in arms if row.arm.way == COMPOUND}
    return {
        times: _family(group, [(whole[times], row.name) for row in group if row.name != whole[times]])
        for times, group in groups.items()
        if times in whole
    }


def by_parts(results: Results) -> Family:
    """Each block with one part changed minus the block as it is, at the same compute."""
    rows = measured(results)
    if not any(row.arm.way == BASE for row in rows):
        return Family((), ())
    return _family(rows, [(row.name, BASE) for row in rows if row.arm.way != BASE])


def search(results: Results) -> Search | None:
    """None before a point has a run."""
    rows = [row for row in measured(results) if row.arm.way != BASE]
    if not rows:
        return None
    best = max(rows, key=_reached_by_seeds_of(rows))
    others = _family(rows, [(row.name, best.name) for row in rows if row is not best])
    return Search(best, others, nearest_to_paper(results).name)


def nearest_to_paper(results: Results) -> Arm:
    """The grid's point nearest to the paper's α and γ, by ratio; β follows from both."""
    base, *arms = results.study.arms

    def away(arm: Arm) -> float:
        return math.hypot(math.log(arm.depth / base.depth / ALPHA), math.log(arm.pixels / base.pixels / GAMMA))

    return min(arms, key=away)


def _reached_by_seeds_of(rows: Sequence[Measured]) -> Callable[[Measured], float]:
    """A row's mean over the seeds that all have, since a seed can be an easy one; over its own where there is none."""
    shared = _shared_seeds(rows)
    return lambda row: fmean([run.top1 for run in row.runs if run.seed in shared] or [row.accuracy.middle])


def _shared_seeds(rows: Sequence[Measured]) -> list[int]:
    return sorted(set.intersection(*({run.seed for run in row.runs} for row in rows)))


def _family(rows: Sequence[Measured], pairs: Sequence[tuple[str, str]]) -> Family:
    seeds = _shared_seeds(rows)
    if len(seeds) < 2 or not pairs:
        return Family((), tuple(seeds))
    shares = {row.name: [run.top1 for run in row.runs if run.seed in seeds] for row in rows}
    intervals = paired_differences(shares, pairs)
    found = (Difference(*pair, interval) for pair, interval in zip(pairs, intervals, strict=True))
    return Family(tuple(found), tuple(seeds))
