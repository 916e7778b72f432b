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
    show: [scaling.phi, scaling.drawing]  controls and pictures of that page that stay, all others are hidden
    focus: scaling.drawing                the one that the window scrolls to; it stays, too (optional)
    board: $K^2$                          Markdown, large, as on a board (optional)
    ask: a question for the class         (optional), with
    options: [yes, no]                    what the class votes on, two to six
    again: 1                              or the number of an earlier step, whose vote this one comes back to
    answer: what to listen for
    reveal: [scaling.bars]                what answers the question and so waits for Reveal (optional)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from ..interview.cards.values import filled
from .votes import OPTIONS

FOLDER = Path(__file__).parent
LESSON_KEYS = ("title", "minutes", "about", "steps")
LONGEST = 240  # minutes
STEP_KEYS = (
    "title",
    "text",
    "page",
    "settings",
    "show",
    "focus",
    "board",
    "ask",
    "options",
    "again",
    "answer",
    "reveal",
)


class LessonRejected(ValueError):
    """A lesson can't be used; says which step of which file, what it has and what is allowed."""


@dataclass(frozen=True)
class Step:
    """What is said, and where in the app it is seen. `settings` are keys and values of the page's link.

    `again`: the number (from 0) of the step whose vote this one comes back to, with its options.
    """

    title: str
    text: str
    page: str
    settings: tuple[tuple[str, str], ...] = ()
    show: tuple[str, ...] = ()
    focus: str | None = None
    board: str | None = None
    ask: str | None = None
    options: tuple[str, ...] = ()
    again: int | None = None
    answer: str | None = None
    reveal: tuple[str, ...] = ()


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
        steps: list[Step] = []
        for number, row in enumerate(rows, start=1):
            steps.append(_numbered_step(row, number, steps))
        return Lesson(name, _text(source, "title"), _minutes(source), _text(source, "about"), tuple(steps))
    except ValueError as problem:
        raise LessonRejected(f"{name}.yaml: {problem}") from problem


def _numbered_step(row: object, number: int, before: list[Step]) -> Step:
    try:
        return _step(_mapping(row, "a step", STEP_KEYS), before)
    except ValueError as problem:
        raise ValueError(f"step {number}: {problem}") from problem


def _step(row: Mapping, before: list[Step]) -> Step:
    texts = {key: _text(row, key) for key in ("board", "ask", "answer") if key in row}
    for key in ("options", "again", "answer"):
        if key in row and "ask" not in row:
            raise ValueError(f"it has {key} and asks nothing")
    page = _text(row, "page")
    if not page.isidentifier():
        raise ValueError(f"{page[:40]!r} is no page; a page is called as its file, such as scaling")
    again = _earlier(row["again"], before) if "again" in row else None
    return Step(
        title=_text(row, "title"),
        text=_text(row, "text"),
        page=page,
        settings=_settings(row.get("settings", {})),
        show=_keys(row.get("show", [])),
        focus=_keys([row["focus"]])[0] if "focus" in row else None,
        options=before[again].options if again is not None else _options(row.get("options")),
        again=again,
        reveal=_keys(row.get("reveal", [])),
        **texts,
    )


def _earlier(number: object, before: list[Step]) -> int:
    """The place of an earlier step that was voted on."""
    voted = [place + 1 for place, step in enumerate(before) if step.options and step.again is None]
    if type(number) is not int or number not in voted:
        raise ValueError(f"again is the number of an earlier step with options, not {str(number)[:40]!r}")
    return number - 1


def _options(source: object) -> tuple[str, ...]:
    if source is None:
        return ()
    if not isinstance(source, list) or not 2 <= len(source) <= OPTIONS or len({*map(str, source)}) < len(source):
        raise ValueError(f"options is a list of 2 to {OPTIONS} different texts")
    return tuple(_text({"options": text}, "options") for text in source)


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
