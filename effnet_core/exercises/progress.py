"""A learner's progress through the exercises, as text that a browser keeps. Pure Python.

What comes back from a browser is untrusted: names that are no exercise's and code that is too long are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from . import NAMES
from .running import LONGEST_CODE

FORMAT, LONGEST_TEXT = 1, 2_000_000


class ProgressRejected(ValueError):
    """The text is no progress of this app."""


@dataclass(frozen=True)
class Progress:
    """Which exercises were solved on which day, and code that was begun."""

    solved: Mapping[str, date] = field(default_factory=dict)
    drafts: Mapping[str, str] = field(default_factory=dict)

    def with_solved(self, name: str, day: date) -> Progress:
        return Progress({name: day, **self.solved}, self.drafts)

    def with_draft(self, name: str, code: str) -> Progress:
        return Progress(self.solved, {**self.drafts, name: code})


def merged(mine: Progress, other: Progress) -> Progress:
    """What is known in either; where both hold code, mine stays."""
    days = {name: min(mine.solved.get(name, day), day) for name, day in other.solved.items()}
    return Progress({**mine.solved, **days}, {**other.drafts, **mine.drafts})


def to_json(progress: Progress) -> str:
    days = {name: day.isoformat() for name, day in progress.solved.items()}
    return json.dumps({"format": FORMAT, "solved": days, "drafts": dict(progress.drafts)}, ensure_ascii=False)


def from_json(text: str) -> Progress:
    """Raises ProgressRejected where it is none."""
    try:
        row = json.loads(text) if len(text) <= LONGEST_TEXT else None
        if row["format"] != FORMAT:
            raise ValueError(row["format"])
        solved = {name: date.fromisoformat(row["solved"][name]) for name in NAMES if name in row["solved"]}
        drafts = {name: row["drafts"][name] for name in NAMES if name in row["drafts"]}
    except (ValueError, TypeError, KeyError) as problem:
        raise ProgressRejected("this is no progress of the exercises") from problem
    return Progress(solved, {name: code for name, code in drafts.items() if _is_code(code)})


def _is_code(code: object) -> bool:
    return isinstance(code, str) and len(code) <= LONGEST_CODE
