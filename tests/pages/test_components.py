"""How the files of a component become what Streamlit takes; what they do in a browser is in tests/browser."""

from __future__ import annotations

import re

import pytest
from support.paths import ROOT

from ui.components import files

FOLDER = ROOT / "ui/components"
SCRIPTS = sorted(FOLDER.glob("*/main.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.parent.name)
def test_a_script_needs_no_other_file(path):
    script = files.script(path)
    assert re.findall(r"^(?:import|export)\b.*?(?=[({])", script, re.MULTILINE) == ["export default function "]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.parent.name)
def test_names_of_joined_modules_do_not_collide(path):
    names = re.findall(r"^(?:const|let|class|function) (\w+)", files.script(path), re.MULTILINE)
    assert len(names) == len(set(names))


def test_a_module_that_several_import_stands_once_and_before_them():
    script = files.script(FOLDER / "scaling_console/main.js")
    places = [script.index(text) for text in ("const svgElement =", "class Drawing ", "class Console ")]
    assert places == sorted(places) and script.count("const svgElement =") == 1
