"""Which pages there are: pages.toml as rows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One page, as pages.toml has it."""

    file: str
    title: str
    icon: str
    question: str
    why: str = ""
    cost: bool = False

    @property
    def path(self) -> str:
        return f"pages/{self.file}.py"


_TABLE = tomllib.loads(Path(__file__).with_name("pages.toml").read_text(encoding="utf-8"))
SECTIONS = {name: tuple(Entry(**row) for row in rows) for name, rows in _TABLE.items()}
ALONE = SECTIONS.pop("Alone")
PAGES = tuple(entry for section in SECTIONS.values() for entry in section)


def following(entry: Entry) -> Entry | None:
    """The next page of the way through."""
    return dict(pairwise(PAGES)).get(entry)
