"""The notebooks run without Jupyter, from the first cell to the last, and show what is kept in them."""

from __future__ import annotations

import json
import re

import plotly.io
import pytest
from support.paths import ROOT

from docs.run_notebooks import code_cells, run

FOLDER = ROOT / "examples"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_BYTES = 500_000
NUMBER = re.compile(r"[0-9][0-9,]*(?:\.([0-9]+))?")
NEAR = 0.01  # relatively; another processor adds up in another order


def printed_in(cell: dict) -> str:
    return "".join(line for output in cell["outputs"] for line in output.get("text", ()))


def is_kept(kept: str, printed: str) -> bool:
    """The same words, and numbers that differ by no more than NEAR or one unit of their last place."""
    if NUMBER.sub("#", kept) != NUMBER.sub("#", printed):
        return False
    pairs = zip(NUMBER.finditer(kept), NUMBER.finditer(printed), strict=True)
    return all(abs(_value(a) - _value(b)) <= max(NEAR * _value(a), 1.001 * _unit(a)) for a, b in pairs)


def _value(number: re.Match) -> float:
    return float(number[0].replace(",", ""))


def _unit(number: re.Match) -> float:
    return 10.0 ** -len(number[1]) if number[1] else 0.0  # counts are exact but for NEAR


def test_there_is_a_notebook():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_is_kept_in_it(path, monkeypatch):
    monkeypatch.setattr(plotly.io.templates, "default", plotly.io.templates.default)  # set anew by the notebook
    notebook = json.loads(path.read_text(encoding="utf-8"))
    shown = 0
    for cell, printed, value in run(notebook):
        assert is_kept(printed_in(cell), printed), f"run docs/run_notebooks.py; now a cell prints:\n{printed}"
        pictures = [kind for output in cell["outputs"] for kind in output.get("data", ()) if kind.startswith("image/")]
        assert len(pictures) == (value is not None)
        shown += bool(printed) + len(pictures)
    assert shown >= len(code_cells(notebook)) - 1  # the first cell only imports


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_stays_small_and_free_of_streamlit(path):
    assert path.stat().st_size < MOST_BYTES
    source = "".join(line for cell in code_cells(json.loads(path.read_text("utf-8"))) for line in cell["source"])
    assert "streamlit" not in source and "from ui" not in source


@pytest.mark.parametrize(
    ("kept", "printed", "same"),
    [
        ("77.5%  espresso", "77.6%  espresso", True),
        ("5,288,548 parameters", "5,288,548 parameters", True),
        ("5,288,548 parameters", "5,488,548 parameters", False),
        ("16 blocks", "17 blocks", False),
        ("0.31 left", "0.33 left", False),
        ("77.5%  espresso", "77.5%  teapot", False),
    ],
)
def test_what_counts_as_the_same_print(kept, printed, same):
    assert is_kept(kept, printed) is same
