"""Questions with one answer that can be checked, drawn from seeds: KINDS, drill and deal. Pure Python.

Numbers come from the cost model and the tables of facts. Conventions stand in kind.py; a new kind is one function
in the file of its group.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from . import blocks, code, comparisons, depthwise, explain, practice, scaling, squeeze, training
from .kind import GROUPS, KINDS, LEVELS, Drill, Task, asked_in

FILES = (
    scaling,
    blocks,
    code,
    depthwise,
    squeeze,
    training,
    practice,
    comparisons,
    explain,
)  # importing them fills KINDS
COUNT_RANGE = (1, 100_000)
DIGITS = 12  # of an answer that is no whole number: what float arithmetic leaves behind is cut off


class Precision(NamedTuple):
    """How an answer is asked for; as at the top of kind.py."""

    unit: str
    tolerance: float
    factor: float = 0.0


def drill(kind: str, seed: int, level: int) -> Drill:
    """The drill of this kind, seed and level: always the same. Raises ValueError listing the valid kinds or levels."""
    if kind not in KINDS:
        raise ValueError(f"no kind of drill is called {kind!r}; there are {', '.join(KINDS)}")
    _check_level(level)
    drawn_from = KINDS[kind]
    task = drawn_from.draw(Random(f"{kind} {level} {seed}"), level)
    answer = float(f"{task.answer:.{DIGITS}g}") if isinstance(task.answer, float) else task.answer
    if task.tolerance is None:
        how = Precision(drawn_from.unit, drawn_from.tolerance, drawn_from.factor)
    else:
        how = Precision(task.unit or "", task.tolerance)
    question = _with_precision(task, how)
    return Drill(kind, level, question, answer, how.unit, how.tolerance, task.working, task.given, how.factor)


def deal(
    seed: int, count: int, *, kind: str | None = None, group: str | None = None, level: int | None = None
) -> list[Drill]:
    """`count` drills; without `kind`, all kinds (of the group) come once before one comes again.

    >>> [drill] = deal(seed=4, count=1, group="mbconv", level=1)
    >>> drill.answer, drill.unit
    (94080, 'values')
    """
    low, high = COUNT_RANGE
    if not low <= count <= high:
        raise ValueError(f"the number of drills is {count}; allowed is {low} to {high:,}")
    if level is not None:
        _check_level(level)
    if None not in (kind, group) and kind in KINDS and kind not in kinds_of(group):
        raise ValueError(f"drills of the kind {kind} belong to the group {KINDS[kind].group}, not to {group}")
    random = Random(f"deal {seed}")
    names = _kinds(random, kinds_of(group) if kind is None else [kind])
    return [
        drill(name, random.getrandbits(32), random.choice(LEVELS) if level is None else level)
        for name, _ in zip(names, range(count), strict=False)
    ]


def kinds_of(group: str | None = None) -> list[str]:
    """Names of the kinds of a group, or of all. Raises ValueError listing the valid groups."""
    if group is not None and group not in GROUPS:
        raise ValueError(f"no group of drills is called {group!r}; there are {', '.join(GROUPS)}")
    wanted = GROUPS if group is None else (group,)
    return [name for one in wanted for name, kind in KINDS.items() if kind.group == one]


def _kinds(random: Random, names: list[str]) -> Iterator[str]:
    while True:
        yield from random.sample(names, len(names))


def _check_level(level: int) -> None:
    if level not in LEVELS:
        raise ValueError(f"the level is {level}; allowed is {LEVELS[0]} to {LEVELS[-1]}")


def _with_precision(task: Task, asked: Precision) -> str:
    if "choices" in task.given:
        return task.question
    how = f"to within {100 * asked.tolerance:g} %" if asked.tolerance else "exact"
    if asked.factor:
        how = f"within a factor of {asked.factor:g}"
    return f"{task.question} ({', '.join(filter(None, (asked_in(asked.unit), how)))})"
