"""What tests of accessibility share: contrast, and the app's panels by their addresses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from urllib.parse import quote

from support.paths import ROOT

PANEL_KEYS = (".panel", ".section", ".mode")  # how the keys of inputs end that choose what a page shows


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance of #RRGGBB or rgb(…)."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)] if colour[0] == "#" else re.findall(r"[\d.]+", colour)
    channels = [float(part) / 255 for part in parts[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2's ratio, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(text: str, ground: str, share: float) -> str:
    """The colour of a text that lets its ground shine through."""
    pairs = [(int(text[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02X}" for a, b in pairs)


def panels(page: str) -> list[str]:
    """A page's addresses: as it opens, then each other panel."""
    tree = ast.parse((ROOT / "pages" / f"{page}.py").read_text(encoding="utf-8"))
    path = "/" if page == "overview" else f"/{page}"
    return [path, *(f"{path}?{key}={quote(text)}" for key, text in _choices(tree))]


def _choices(tree: ast.Module) -> Iterator[tuple[str, str]]:
    tables = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign) and _named(node)}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "choice":
            key = next(word.value.value for word in call.keywords if word.arg == "key")
            if key.endswith(PANEL_KEYS):
                table = call.args[1]
                table = tables[table.id] if isinstance(table, ast.Name) else table
                yield from ((key, text.value) for text in table.values[1:])


def _named(node: ast.Assign) -> bool:
    return isinstance(node.targets[0], ast.Name)
