"""One meaning a colour: what draws operators or axes takes theirs, everything else is grey."""

import ast
import re

import pytest
from support.paths import ROOT

from effnet_core import palette

OPERATORS = {"EXPAND", "DEPTHWISE", "SQUEEZE_EXCITE", "PROJECT", "STEM_HEAD", "RESIDUAL", "ROLE_COLOURS"}
AXES = {"DEPTH", "WIDTH", "RESOLUTION", "COMPOUND"}
DRAW_OPERATORS = {"block.py", "cost_bars.py", "cheatsheet.py", "bars.py", "lesson_cards.py"}
DRAW_AXES = {"budgets.py", "evidence.py", "phi.py", "lesson_cards.py"}
SOURCES = [path for folder in ("ui", "effnet_core", "pages") for path in sorted((ROOT / folder).rglob("*.py"))]


def colours(names: set[str]) -> set[str]:
    return {getattr(palette, name).lower() for name in names - {"ROLE_COLOURS"}}


def taken_from_the_palette(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("palette"):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "palette":
            found.add(node.attr)
    return found


def test_the_sets_have_no_colour_in_common():
    greys = {palette.NEUTRAL.lower(), palette.NEUTRAL_DARK.lower()}
    every = [colours(OPERATORS), colours(AXES), greys]
    assert len(set().union(*every)) == sum(map(len, every)) == 6 + 4 + 2


@pytest.mark.parametrize(("names", "draw"), [(OPERATORS, DRAW_OPERATORS), (AXES, DRAW_AXES)])
def test_only_what_draws_them_takes_their_colours(names, draw):
    taking = {path.name for path in SOURCES if names & taken_from_the_palette(path.read_text(encoding="utf-8"))}
    assert taking == draw


def test_the_browser_s_parts_name_none_of_them_but_the_shortcut():
    for path in [*(ROOT / "ui").rglob("*.css"), *(ROOT / "ui").rglob("*.js"), *SOURCES]:
        named = {found.lower() for found in re.findall(r"#[0-9a-fA-F]{6}\b", path.read_text(encoding="utf-8"))}
        allowed = {palette.RESIDUAL.lower()} if path.parent.name == "mbconv_flow" else set()
        if path.name != "palette.py":
            assert named & (colours(OPERATORS) | colours(AXES)) <= allowed, path
