"""The first screen: φ as the console gets it, the links that carry it, the stored answer, and what it does without."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.screen import ROOT, board, boards, captions, links, opened

from effnet_core import palette
from effnet_core.explain import stored_example
from effnet_core.figures import inside
from effnet_core.figures.gate_rows import COLUMNS
from effnet_core.images.overlay import COLOUR_MAPS
from effnet_core.units import probability
from ui.lessons import lesson_cards
from ui.overview import network_by_phi, stored_answer

pytestmark = pytest.mark.usefixtures("started_server")


def test_the_console_shows_phi_of_the_input_with_the_papers_coefficients():
    at = opened("overview")
    assert not at.warning and not at.error and not at.info
    at.number_input(key="overview.phi").set_value(3.0).run()
    given = board(at)
    assert given["settings"] == {"network": "formula", "phi": 3, "alpha": 1.2, "beta": 1.1, "gamma": 1.15}
    assert [row["name"] for row in given["sliders"]] == ["phi"]
    assert (given["sliders"][0]["low"], given["sliders"][0]["high"]) == (-3, 8)
    assert given["lock"] == {"frees": "none"} and given["unit"] == {"name": "MACs", "factor": 1}
    assert set(given["readouts"]) == {"params", "compute", "depth", "width", "resolution", "blocks"}


def test_the_scale_of_the_drawing_does_not_depend_on_phi():
    at = opened("overview")
    small = board(at)["drawing"]
    at.number_input(key="overview.phi").set_value(8.0).run()
    assert board(at)["drawing"] == small and small["share_of_b0"] == [*network_by_phi.SHARE_OF_B0]


def test_it_leads_into_the_pages_and_lessons_with_its_phi():
    at = opened("overview", **{"overview.phi": "3"})
    found = links(at)
    lessons = sum("teach=" in link.query_string for link in found)  # they come last
    pages = [link.page.split("/")[-1] for link in found]
    leads = ["scaling", "evidence", "mbconv", "classify", "se_gates"]
    assert pages[: len(pages) - lessons - 1] == leads and lessons == 3
    assert pages[-1] == "mbconv", "the next page of the way through"
    assert "scaling.phi=3" in found[0].query_string
    assert "evidence.section=Three+ways+to+grow" in found[1].query_string


@pytest.mark.parametrize("phi", ["-3", "1.5", "8"])
def test_old_links_set_phi(phi):
    at = opened("overview", **{"overview.phi": phi})
    assert not at.error and not at.warning and board(at)["settings"]["phi"] == float(phi)


def test_a_bad_link_gets_a_sentence_and_the_default():
    at = opened("overview", **{"overview.phi": "9"})
    [warning] = at.warning
    assert "allowed: a number from -3 to 8. Using 1." in warning.value and board(at)["settings"]["phi"] == 1


def letting_go():
    import streamlit as st

    from ui.overview import network_by_phi

    st.button("good", on_click=network_by_phi.take, args=({"number": 7, "settings": {"phi": 2.5}},))
    st.button("bad", on_click=network_by_phi.take, args=({"number": 8, "settings": {"phi": 99}},))
    phi = st.session_state.get("overview.phi", 1.0)
    st.json([phi, network_by_phi.console_data(phi)["heard"]])


def test_letting_go_sets_the_input_and_is_heard():
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_function(letting_go, default_timeout=300).run()
    at.button[0].click().run()
    assert json.loads(at.json[0].value) == [2.5, 7]
    at.button[1].click().run()
    assert json.loads(at.json[0].value) == [2.5, 8], "a report that is not believed is heard, too"


def test_the_stored_look_is_shown_as_other_pages_draw_it():
    at, look = opened("overview"), stored_example.stored()
    assert f"It sees: {look['target_label']}" in [heading.value for heading in at.header]
    best = look["top"][:3]
    bars, gates = boards(at, "still_charts")
    assert [(row["name"], row["share"]) for row in bars["bars"]] == [(one["label"], one["probability"]) for one in best]
    assert [row["text"] for row in bars["bars"]] == [probability(one["probability"]) for one in best]
    assert [row["strong"] for row in bars["bars"]] == [True, False, False]
    assert all(row["text"] in bars["alt"] for row in bars["bars"])
    drawn = inside.all_gates([(row["block"], row["values"]) for row in look["gates"]])
    assert gates["rows"] == [[name, list(row)] for name, row in zip(drawn.data[0].y, drawn.data[0].z, strict=True)]
    assert {len(row) for _, row in gates["rows"]} == {COLUMNS}
    assert len(at.get("image")) == 2 + len(lesson_cards.PICTURES)
    assert look["weights"] in captions(at) and look["date"] in captions(at) and look["sample"] in captions(at)


def test_gates_have_the_colours_of_the_other_charts():
    given = boards(opened("overview"), "still_charts")[1]["colours"]
    scale = inside.all_gates([("features.1.0", [0.5])]).data[0].colorscale
    assert [f"#{colour}" for colour in given] == [colour for _, colour in scale]
    assert " ".join(given) == COLOUR_MAPS[palette.GATE_SCALE.lower()]


@pytest.fixture
def nothing_stored(monkeypatch, tmp_path):
    monkeypatch.setattr(stored_example, "FILE", tmp_path / "none.json")
    stored_answer._parts.clear()
    yield
    stored_answer._parts.clear()


def test_without_a_stored_look_it_still_scales(nothing_stored):
    at = opened("overview")
    assert "There is no stored answer" in at.info[0].value
    assert board(at)["settings"]["phi"] == 1


def test_it_brings_no_plotly_chart_and_none_of_the_heavy_libraries():
    """The first visitor of a server waits for what this page imports, and plotly's code in the browser is 4.7 MB."""
    script = """
import json, sys
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from ui.session import engines
engines.WARM_UP_AFTER_S = 1e6
before = set(sys.modules)
at = AppTest.from_file("app.py", default_timeout=300).run()
made = sorted(name for name in set(sys.modules) - before)
print(json.dumps([not at.exception, len(at.get("bidi_component")), len(at.get("plotly_chart")), made]))
"""
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    healthy, components, charts, made = json.loads(answer.stdout.splitlines()[-1])
    assert healthy and components >= 3 and charts == 0
    assert "effnet_core.figures.slabs" in made
    assert not {"pandas", "scipy", "skimage", "torch", "effnet_core.figures.sketch", "plotly.graph_objects"} & {*made}
