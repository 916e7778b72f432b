"""What SE gates do over many pictures: mean and spread of every gate for each class, and how class-specific they are.

A spread is a standard deviation over pictures. A gate's variance over all pictures is the sum of the variance
between the classes' means and the variance within the classes; the share between them is eta squared (0: the gate
says nothing about the class, 1: the class alone decides it). No torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from ..images.class_folders import ClassFolders
from ..images.reading import ImageRejected
from ..progress import Cancelled, Progress

if TYPE_CHECKING:
    from .engine import Engine

PRECISION = "float16"  # of the stored means and spreads of each class: at most 0.00025 off
BATCH = 32
STEADY = 0.02  # a gate with a smaller spread over all pictures hardly varies
CLOSED, OPEN = 0.1, 0.9


@dataclass(frozen=True)
class BlockStatistics:
    """One block's gates: mean and spread (classes, C) for each class; mean and the two variances (C,) over all."""

    means: np.ndarray
    spreads: np.ndarray
    mean: np.ndarray
    between: np.ndarray
    within: np.ndarray

    @property
    def share_between(self) -> float:
        """Eta squared of the whole block: its gates' variance that lies between classes, over all their variance."""
        total = float(self.between.sum() + self.within.sum())
        return float(self.between.sum()) / total if total else 0.0

    @property
    def spread(self) -> float:
        """Mean over the channels of a gate's spread over all pictures."""
        return float(np.sqrt(self.between + self.within).mean())

    @property
    def class_spread(self) -> float:
        """Mean over the channels of the spread between the classes' means."""
        return float(np.sqrt(self.between).mean())

    @property
    def within_spread(self) -> float:
        """Mean over the channels of a gate's spread within the classes."""
        return float(np.sqrt(self.within).mean())

    @property
    def steady(self) -> float:
        """Share of the channels whose gates hardly vary between pictures."""
        return float((np.sqrt(self.between + self.within) < STEADY).mean())

    @property
    def saturated(self) -> float:
        """Share of the channels that are nearly closed or nearly open on average over all pictures."""
        return float(((self.mean < CLOSED) | (self.mean > OPEN)).mean())


@dataclass(frozen=True)
class GateStatistics:
    """Statistics of all blocks, first block first. `about`: model, weights, data, date and the like, as they are."""

    classes: tuple[str, ...]
    counts: tuple[int, ...]
    blocks: Mapping[str, BlockStatistics]
    about: Mapping[str, str]
    refused: tuple[str, ...] = ()

    @property
    def by_chance(self) -> float:
        """The share between classes that gates independent of the class would have: large for few pictures."""
        return (len(self.classes) - 1) / max(sum(self.counts) - 1, 1)


class _Sums:
    """Running mean and squared deviations (Welford), in float64 so that steady gates keep their digits."""

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, row: np.ndarray) -> None:
        self.count += 1
        away = row - self.mean
        self.mean = self.mean + away / self.count
        self.squares = self.squares + away * (row - self.mean)


def measure(
    engine: Engine,
    folders: ClassFolders,
    *,
    about: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> GateStatistics:
    """Read every picture's gates. Pictures that can't be used are named in `refused`.

    Raises Cancelled when `progress` returns False, ValueError if fewer than two classes have readable pictures.
    """
    sums: dict[str, dict[str, _Sums]] = {}
    refused, done = [], 0
    while done < len(folders.entries):
        inputs, classes = [], []
        for entry in folders.entries[done : done + BATCH]:
            done += 1
            try:
                inputs.append(engine.preparation.tensor(entry.image()))  # one decoded picture at a time
                classes.append(folders.titles.get(entry.folder, entry.folder))
            except ImageRejected as problem:
                refused.append(str(problem))
        for name, answer in zip(classes, engine.explain(inputs, top=1), strict=True):
            for gates in answer.gates:
                sums.setdefault(name, {}).setdefault(gates.block, _Sums()).add(gates.values.astype(np.float64))
        if progress and not progress(done / len(folders.entries)):
            raise Cancelled(f"stopped after {done:,} of {len(folders.entries):,} pictures")
    if len(sums) < 2:
        raise ValueError(f"pictures of {len(sums)} classes could be read; at least two are needed. {refused[:1]}")
    described = {"model": engine.name, "weights": str(engine.weights), "date": date.today().isoformat()} | dict(
        about or {}
    )
    blocks = {name: _block([sums[c][name] for c in sums]) for name in next(iter(sums.values()))}
    counts = tuple(next(iter(of_class.values())).count for of_class in sums.values())
    return GateStatistics(tuple(sums), counts, blocks, described, tuple(refused))


def _block(classes: Sequence[_Sums]) -> BlockStatistics:
    counts = np.array([of_class.count for of_class in classes], np.float64)[:, None]
    means = np.stack([of_class.mean for of_class in classes])
    squares = np.stack([of_class.squares for of_class in classes])
    mean = (counts * means).sum(0) / counts.sum()
    between = (counts * (means - mean) ** 2).sum(0) / counts.sum()
    within = squares.sum(0) / counts.sum()
    stored = (array.astype(PRECISION).astype(np.float32) for array in (means, np.sqrt(squares / counts)))
    return BlockStatistics(*stored, *(array.astype(np.float32) for array in (mean, between, within)))
