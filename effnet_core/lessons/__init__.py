"""Lessons that a teacher steps through: YAML files in this folder, one a lesson, written without Python.

title: …
minutes: 10
about: one sentence
steps:
  - title: …
    text: Markdown; numbers by name as in the cards, {b0.params|M}
    page: scaling                         a page's file name
    settings: {scaling.phi: 1}            what a link to that page would say (optional); words that YAML
                                          reads as yes or no stand in quotes: "Off"
    show: [scaling.phi]                   the controls that stay, all others are hidden (optional)
    focus: scaling.drawing                what the window scrolls to (optional)
    ask: a question for the class         (optional), with
    answer: what to listen for
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from ..interview.cards.values import filled

FOLDER = Path(__file__).parent
LESSON_KEYS = ("title", "minutes", "about", "steps")
LONGEST = 240  # minutes
STEP_KEYS = ("title", "text", "page", "settings", "show", "focus", "ask", "answer")


class LessonRejected(ValueError):
    """A lesson can't be used; says which step of which file, what it has and what is allowed."""


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


def lesson(name: str) -> Lesson:
    """The lesson of that name as its file is now; Raises LessonRejected listing the valid names."""
    if name not in names():
        raise LessonRejected(f"no lesson is called {name[:40]!r}; there are {', '.join(names())}")
    try:
        return read((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), name)
    except UnicodeDecodeError as problem:
        raise LessonRejected(f"{name}.yaml is no UTF-8 text: {problem}") from problem


@lru_cache(maxsize=32)
def read(text: str, name: str) -> Lesson:
    """A lesson from its YAML. LessonRejected names the step and what is wrong with it."""
    try:
        source = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as problem:
        raise LessonRejected(f"{name}.yaml is no YAML: {problem}") from problem
    try:
        source = _mapping(source, "a lesson", LESSON_KEYS)
        rows = source.get("steps")
        if not isinstance(rows, list) or not rows:
            raise ValueError("it has no list of steps")
        steps = tuple(_numbered_step(row, number) for number, row in enumerate(rows, start=1))
        return Lesson(name, _text(source, "title"), _minutes(source), _text(source, "about"), steps)
    except ValueError as problem:
        raise LessonRejected(f"{name}.yaml: {problem}") from problem


def _numbered_step(row: object, number: int) -> Step:
    try:
        return _step(_mapping(row, "a step", STEP_KEYS))
    except ValueError as problem:
        raise ValueError(f"step {number}: {problem}") from problem


def _step(row: Mapping) -> Step:
    texts = {key: _text(row, key) for key in ("ask", "answer") if key in row}
    if "answer" in texts and "ask" not in texts:
        raise ValueError("it has an answer and asks nothing")
    page = _text(row, "page")
    if not page.isidentifier():
        raise ValueError(f"{page[:40]!r} is no page; a page is called as its file, such as scaling")
    return Step(
        title=_text(row, "title"),
        text=_text(row, "text"),
        page=page,
        settings=_settings(row.get("settings", {})),
        show=_keys(row.get("show", [])),
        focus=_keys([row["focus"]])[0] if "focus" in row else None,
        **texts,
    )


def _mapping(source: object, what: str, allowed: tuple[str, ...]) -> Mapping:
    if not isinstance(source, Mapping):
        raise ValueError(f"{what} is a list of names and values, not {type(source).__name__}")
    if unknown := [str(key)[:40] for key in source if key not in allowed]:
        raise ValueError(f"{what} has {', '.join(unknown)}; it may have {', '.join(allowed)}")
    return source


def _text(row: Mapping, key: str) -> str:
    """A text with its numbers filled in."""
    if key not in row:
        raise ValueError(f"it lacks {key}")
    if not isinstance(row[key], str) or not row[key].strip():
        raise ValueError(f"{key} is a text, not {str(row[key])[:40]!r}")
    try:
        return filled(row[key].strip())
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        raise ValueError(f"a number in {key} can't be filled in: {problem}") from problem


def _minutes(source: Mapping) -> int:
    minutes = source.get("minutes")
    if type(minutes) is not int or not 0 < minutes <= LONGEST:
        raise ValueError(f"minutes is a whole number from 1 to {LONGEST}, not {str(minutes)[:40]!r}")
    return minutes


def _settings(source: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(source, Mapping):
        raise ValueError("settings are names and values, such as {scaling.phi: 1}")
    for key, value in source.items():
        if type(value) not in (str, int, float):
            raise ValueError(f"the setting {str(key)[:40]} is {str(value)[:40]!r}; it is a number, or text in quotes")
    return tuple(zip(_keys(list(source)), map(str, source.values()), strict=True))


def _keys(source: object) -> tuple[str, ...]:
    if not isinstance(source, list) or not all(isinstance(key, str) and "." in key for key in source):
        raise ValueError(f"{str(source)[:60]!r} holds no keys; a key is a page, a dot and a name, such as scaling.phi")
    return tuple(source)
