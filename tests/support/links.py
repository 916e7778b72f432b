"""Every input that stands in the URL, found on the pages themselves: what tests set by links."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from streamlit.testing.v1.element_tree import Node
from support.screen import on_screen, straight_to, text_shown

from ui.lessons import lesson_mode

SWITCHES = ("as", "panel", "section", "mode", "of", "edit", "step", "budget", "lock", "claims_shown", "compare")
OTHER = {"app.source": "Upload"}  # where the last choice can't be made here: there is no camera


class Bound(NamedTuple):
    """An input that stands in the URL, and one that it is not at first."""

    key: str
    kind: str
    default: str
    other: str


class Visit(NamedTuple):
    """A page with settings, and the inputs that no earlier visit found."""

    page: str
    settings: dict[str, str]
    inputs: list[Bound]

    @property
    def name(self) -> str:
        return " ".join([self.page, *self.settings.values()])


@cache
def visits() -> list[Visit]:
    """All pages with all their panels; each input once."""
    found: list[Visit] = []
    known: set[str] = set()
    for page in sorted(path.stem for path in lesson_mode.PAGES.glob("*.py")):
        waiting: list[dict[str, str]] = [{}]
        while waiting:
            settings = waiting.pop(0)
            inputs = {key: node for key, node in on_screen(straight_to(page, **settings)).items() if is_bound(node)}
            new = [key for key in inputs if key not in known]
            known |= set(new)
            if new:
                found.append(Visit(page, settings, [bound(key, inputs[key]) for key in new]))
            waiting += [
                settings | {key: option}
                for key in new
                if key.rpartition(".")[2] in SWITCHES
                for option in inputs[key].options
                if option != text_shown(inputs[key])
            ]
    return found


def is_bound(node: Node) -> bool:
    return bool(getattr(node.proto, "query_param_key", "")) and not getattr(node, "disabled", False)


def bound(key: str, node: Node) -> Bound:
    default = text_shown(node)
    return Bound(key, node.type, default, OTHER.get(key) or another(node, default))


def another(node: Node, default: str) -> str:
    """A value that can be set and is not the one at first."""
    if node.type == "text_input":
        return "3"
    if node.type in ("slider", "number_input"):
        return f"{node.value + node.step if node.value + node.step <= node.max else node.value - node.step:g}"
    return next(option for option in reversed(node.options) if option != default)
