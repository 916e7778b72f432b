"""Interview cards: question, short answer, what is listened for, the mistake, what is asked next, source, link. Pure.

The texts stand in one TOML file a group. They hold no typed numbers: placeholders are filled from the cost model and
the tables of facts when the cards are read (values.py).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..drills.kind import GROUPS, LEVELS
from .values import filled

FOLDER = Path(__file__).parent
TEXTS = ("question", "answer", "wanted", "mistake", "follow_up", "follow_up_answer")


@dataclass(frozen=True)
class Card:
    """One question, and the one that an interviewer asks next.

    `page` and `settings` open the app where it shows; `topics` are ids of facts' interview_qa.
    """

    id: str
    group: str
    level: int
    question: str
    answer: str
    wanted: str
    mistake: str
    follow_up: str
    follow_up_answer: str
    source: str
    page: str
    settings: tuple[tuple[str, str], ...] = ()
    topics: tuple[int, ...] = ()
    first: bool = False  # one of the questions that interviewers open with


@cache
def all_cards() -> tuple[Card, ...]:
    """Every card, placeholders filled; the questions that interviewers open with come first."""
    cards = [_card(group, row) for group in GROUPS for row in source_rows(group)]
    return tuple(sorted(cards, key=lambda card: not card.first))


def source_rows(group: str) -> list[dict]:
    """A group's cards as written, with their placeholders."""
    return tomllib.loads((FOLDER / f"{group}.toml").read_text(encoding="utf-8"))["card"]


def _card(group: str, row: dict) -> Card:
    texts = {name: filled(row[name]) for name in TEXTS}
    settings = tuple((key, str(value)) for key, value in row.get("settings", {}).items())
    plain = {name: row[name] for name in ("id", "level", "source", "page")}
    return Card(
        **plain, **texts, group=group, settings=settings, topics=tuple(row.get("topics", ())), first="first" in row
    )


def card(id: str) -> Card:
    """The card of that id. Raises ValueError if there is none."""
    for one in all_cards():
        if one.id == id:
            return one
    raise ValueError(f"no card is called {id!r}")


def in_group(group: str | None = None, level: int | None = None) -> list[Card]:
    """Cards of a group and a level, or of all."""
    if group not in (None, *GROUPS) or level not in (None, *LEVELS):
        raise ValueError(f"there is no group {group!r} with level {level!r}; groups are {', '.join(GROUPS)}")
    return [one for one in all_cards() if group in (None, one.group) and level in (None, one.level)]
