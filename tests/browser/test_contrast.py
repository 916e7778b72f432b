"""Colours against their grounds by WCAG 2, and alternative texts: what needs no browser."""

from __future__ import annotations

import ast
import itertools
import tomllib

import pytest
from support.access import ROOT, contrast, mixed, panels

from effnet_core import palette
from effnet_core.figures import evidence, faithfulness, gates, style

THEME = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
GROUNDS = ("light", "dark")
TEXT, MARK = 4.5, 3.0  # what AA asks of text and of marks
CAPTION = 0.6  # Streamlit's captions are text of that opacity
SHOW = ("plotly_chart", "image")
SOURCES = sorted([*ROOT.glob("pages/*.py"), *ROOT.rglob("ui/**/*.py")])


@pytest.mark.parametrize("ground", GROUNDS)
def test_text_is_read_on_its_ground(ground):
    theme = THEME[ground]
    for below in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        assert contrast(theme["textColor"], below) > TEXT
        assert contrast(theme["linkColor"], below) > TEXT
        assert contrast(mixed(theme["textColor"], below, CAPTION), below) > TEXT
        assert contrast(theme["primaryColor"], below) > MARK  # focus rings, sliders
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) > TEXT  # what is chosen
    assert (
        contrast("#FFFFFF", mixed(theme["primaryColor"], "#000000", 0.8)) > TEXT
    )  # buttons, darkened by ui/widgets.py


@pytest.mark.parametrize("ground", GROUNDS)
def test_marks_stand_out_from_their_ground(ground):
    below = THEME[ground]["backgroundColor"]
    outlined = {
        *palette.ROLE_COLOURS.values(),
        *palette.SLAB_COLOURS.values(),
        *evidence.FAMILY_COLOURS.values(),
    }
    assert any(contrast(colour, below) < MARK for colour in outlined) == (ground == "light")
    assert contrast(style.OUTLINE["color"], below) > MARK and style.OUTLINE["width"] >= 1
    lines = {colour for colour, *_ in (*faithfulness.LINES, *gates.CLASS_LINES)} - {style.INK}  # the text's own
    blocks = [colour for kind, colour in palette.SLAB_COLOURS.items() if "MBConv" in kind]  # too thin for an outline
    dimensions = (palette.DEPTH, palette.WIDTH, palette.RESOLUTION, palette.COMPOUND)
    for colour in (*lines, *blocks, *dimensions, palette.NEUTRAL_DARK, palette.RESIDUAL):
        assert contrast(colour, below) > MARK, colour


def test_the_slabs_of_two_kernels_differ_in_lightness_too():
    small, large = (colour for kind, colour in palette.SLAB_COLOURS.items() if "MBConv" in kind)
    assert contrast(small, large) > 1.5


def shown() -> list:
    """Every chart and picture that the app draws, with its alternative text."""
    found = []
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in SHOW:
                alt = next((word.value for word in call.keywords if word.arg == "alt"), None)
                found.append(pytest.param(alt, id=f"{path.name}:{call.lineno}"))
    return found


@pytest.mark.parametrize("alt", shown())
def test_every_chart_and_picture_says_what_it_shows(alt):
    assert alt is not None
    texts = [node.value for node in ast.walk(alt) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert isinstance(alt, ast.Name) or any(text.strip() for text in texts)


def test_the_panels_of_all_pages_are_found():
    addresses = list(itertools.chain.from_iterable(panels(path.stem) for path in ROOT.glob("pages/*.py")))
    assert "/scaling?scaling.panel=Rounding" in addresses and "/evidence" in addresses
    assert len(addresses) == len(set(addresses)) > 35
