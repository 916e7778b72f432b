"""The guided tour: on the first visit of a page a note points to one part after another; skipped or done, it is not
shown again in that browser, unless "Show me around" is pressed. It runs in the browser alone."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from ..components import tour_note
from ..session import kept_values

HERE = Path(__file__).parent
PLACE = "effnet-lab.tours"  # in the browser's local storage


@cache
def _tours() -> dict[str, list[dict[str, str]]]:
    return tomllib.loads((HERE / "tours.toml").read_text(encoding="utf-8"))


def pages() -> list[str]:
    """Those that have a tour."""
    return list(_tours())


def steps(page: str) -> list[dict[str, str]]:
    """What the tour of a page points to: its key, and what is said of it."""
    return _tours().get(page, [])


def guide(page: str) -> None:
    """The button that starts the tour of a page, where there is one; a new visitor is led through it at once."""
    if not steps(page):
        return
    rows = [{"at": kept_values.css_class(step["at"]), "text": step["text"]} for step in steps(page)]
    tour_note.mount(PLACE, page, pages(), rows, key=f"tour.{page}")
