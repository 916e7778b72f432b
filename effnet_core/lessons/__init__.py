"""Lessons that a teacher steps through: YAML files in this folder, one a lesson, written without Python.

title: …
minutes: 10
about: one sentence
steps:
  - title: …
    text: Markdown; numbers by name as in the cards, {b0.params|M}
    page: scaling                         a page's file name
    settings: {scaling.phi: 1}            what a link to that page would say
    show: [scaling.phi]                   the controls that stay; all others are hidden
    focus: scaling.drawing                what the window scrolls to (optional)
    ask: a question for the class         (optional), with
    answer: what to listen for
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from ..cards.values import filled

FOLDER = Path(__file__).parent
STEP_KEYS = ("title", "text", "page", "settings", "show", "focus", "ask", "answer")


class LessonRejected(ValueError):
    """A lesson file can't be used; says what it has, what is allowed."""


@dataclass(frozen=True)
class Step:
    """What is said, and where in the app it is seen. `settings` are keys and values of the page's link."""

    title: str
    text: str
    page: str
    settings: tuple[tuple[str, str], ...] = ()
    show: tuple[str, ...] = ()
    focus: str | None = None
    ask: str | None = None
    answer: str | None = None


@dataclass(frozen=True)
class Lesson:
    """A title, how long it takes (minutes), and its steps; `name` is that of its file."""

    name: str
    title: str
    minutes: int
    about: str
    steps: tuple[Step, ...]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def lesson(name: str) -> Lesson:
    """The lesson of that name; LessonRejected tells the names there are."""
    if name not in names():
        raise LessonRejected(f"no lesson is called {name[:40]!r}; there are {', '.join(names())}")
    return read((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), name)


def read(text: str, name: str) -> Lesson:
    """A lesson from its YAML. LessonRejected names the step and what is wrong with it."""
    try:
        source = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise LessonRejected(f"{name}.yaml is no YAML: {problem}") from problem
    if not isinstance(source, Mapping) or not isinstance(source.get("steps"), list) or not source["steps"]:
        raise LessonRejected(f"{name}.yaml has no list of steps")
    try:
        minutes, steps = int(source["minutes"]), tuple(_step(row) for row in source["steps"])
        return Lesson(name, str(source["title"]), minutes, str(source["about"]), steps)
    except (KeyError, TypeError, ValueError) as problem:
        missing = f"lacks {problem}" if isinstance(problem, KeyError) else str(problem)
        raise LessonRejected(f"{name}.yaml: {missing}") from problem


def _step(row: Mapping) -> Step:
    unknown = set(row) - set(STEP_KEYS)
    if unknown:
        raise ValueError(f"a step has {', '.join(sorted(unknown))}; it may have {', '.join(STEP_KEYS)}")
    texts = {key: filled(str(row[key])) for key in ("ask", "answer") if key in row}
    return Step(
        title=filled(str(row["title"])),
        text=filled(str(row["text"])),
        page=str(row["page"]),
        settings=tuple((str(key), str(value)) for key, value in row.get("settings", {}).items()),
        show=tuple(map(str, row.get("show", ()))),
        focus=row.get("focus"),
        **texts,
    )
