"""A note that points to one part of a page after another: the guided tour. It runs in the browser alone."""

from __future__ import annotations

from ..files import component

_component = component("guided_tour", __file__)


def mount(place: str, page: str, pages: list[str], steps: list[dict[str, str]], *, key: str) -> None:
    """The button that starts the tour, and its note. `place`: where the browser remembers pages that were toured.

    `pages`: all that have a tour, which Skip ends. `steps`: of each, `at` (a CSS class) and `text`.
    """
    _component(data={"place": place, "page": page, "pages": pages, "steps": steps}, key=key, width="content")
