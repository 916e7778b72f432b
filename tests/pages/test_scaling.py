"""Overview and Scaling as a user meets them: the right numbers after every move, sentences for bad values, no torch."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.screen import ROOT, board, captions, chart, columns_of, component_data, numbers, opened, turned_to

from effnet_core.architecture import ALPHA, RELEASES, compound, released
from effnet_core.cost import cost_of, layers_of
from effnet_core.figures import quantities
from effnet_core.scaling.implied_phi import implied
from effnet_core.units import three_digits
from ui.shared.plain import plain

pytestmark = pytest.mark.usefixtures("started_server")
B0 = released("b0")
BARS = "scaling_bars"


def readouts(at) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def expected(architecture) -> dict[str, str]:
    return {
        "Depth": f"× {architecture.depth:.2f}",
        "Width": f"× {architecture.width:.2f}",
        "Resolution": f"{architecture.resolution} px",
        "Compute, MACs": f"{three_digits(cost_of(architecture).macs / 1e9)} G",
    }


def slabs(at, key: str) -> list[tuple[float, float]]:
    """(thickness, height) of the slabs of the network on the screen, left to right."""
    bars = [trace for trace in chart(at, key)["data"] if trace["type"] == "bar" and trace["opacity"] == 1]
    columns = [[numbers(bar[name]) for name in ("x", "width", "y")] for bar in bars]
    return [(width, y) for _, width, y in sorted(row for column in columns for row in zip(*column, strict=True))]


def assert_shows(at, architecture, title: str) -> None:
    assert not at.exception and not at.error
    assert exactly(architecture, title) in captions(at)


def exactly(architecture, title: str) -> str:
    cost = cost_of(architecture)
    return (
        f"**{title}**, exactly: depth × {architecture.depth:.4f}, width × {architecture.width:.4f}, "
        f"{architecture.resolution} px, {len(architecture.blocks)} blocks, {cost.params:,} parameters, "
        f"{cost.macs:,} MACs = {2 * cost.macs:,} FLOPs, {cost.activations:,} activations."
    )


def test_scaling_opens_with_phi_one_against_b0():
    at = opened("scaling")
    assert at.title[0].value == "How do you spend twice the compute?"
    assert_shows(at, compound(1), "Formula, φ = 1")
    assert "α · β² · γ² = 1.9203: for φ = 1 the formula promises × 1.92 of B0's compute" in captions(at)


def test_the_console_is_given_what_the_inputs_say():
    at = opened("scaling", **{"scaling.phi": "2.345", "app.unit": "FLOPs"})
    data = board(at)
    assert data["settings"] == {"network": "formula", "phi": 2.345, "alpha": 1.2, "beta": 1.1, "gamma": 1.15}
    assert data["unit"] == {"name": "FLOPs", "factor": 2} and data["lock"] == {"frees": "none", "target": 2}
    at.number_input(key="scaling.gamma").set_value(1.3).run()
    assert board(at)["settings"]["gamma"] == 1.3
    assert_shows(at, compound(2.345, gamma=1.3), "Formula, φ = 2.345")


@pytest.mark.parametrize("name", ["alpha", "beta", "gamma"])
def test_each_coefficient_moves_its_own_dimension(name):
    at = opened("scaling", **{"scaling.phi": "2"})
    at.number_input(key=f"scaling.{name}").set_value(1.5).run()
    assert_shows(at, compound(2, **{name: 1.5}), "Formula, φ = 2")


def test_the_papers_coefficients_come_back_by_a_button():
    at = opened("scaling", **{"scaling.alpha": "1.5", "scaling.gamma": "1.01", "scaling.network": "B2"})
    at.button(key="scaling.paper").click().run()
    phi = round(implied("b2").middle, 2)
    assert_shows(at, compound(phi), f"Formula, φ = {phi:g}")
    assert [at.number_input(key=f"scaling.{name}").value for name in ("alpha", "beta", "gamma")] == [1.2, 1.1, 1.15]


def test_a_product_above_two_says_so():
    at = opened("scaling", **{"scaling.alpha": "2"})
    assert "α · β² · γ² = 3.2005: for φ = 1 the formula promises × 3.20 of B0's compute" in captions(at)


@pytest.mark.parametrize("member", RELEASES)
def test_released_networks_are_shown_as_released(member):
    at = opened("scaling", **{"scaling.network": member.upper(), "scaling.phi": "3", "scaling.alpha": "1.5"})
    assert_shows(at, released(member), f"{member.upper()} as released")
    assert f"{member.upper()} with its published coefficients" in captions(at)
    phis = implied(member).axes.values()
    shown = at.number_input(key="scaling.phi").value
    assert min(phis) - 0.01 <= shown <= max(phis) + 0.01 and shown == board(at)["settings"]["phi"]
    assert board(at)["settings"]["alpha"] == ALPHA


def test_a_move_leaves_the_released_network_for_the_formula_and_says_so():
    at = opened("scaling", **{"scaling.network": "B3"})
    at.number_input(key="scaling.phi").set_value(3.0).run()
    assert_shows(at, compound(3), "Formula, φ = 3")
    assert "published coefficients" not in captions(at) and board(at)["settings"]["network"] == "formula"


def test_one_switch_changes_compute_on_all_pages():
    at = opened("scaling")
    at.get_by_key("app.unit").set_value("FLOPs").run()
    assert board(at)["unit"] == {"name": "FLOPs", "factor": 2}
    assert board(at, BARS)["quantities"][1] == {**quantities.FLOPS._asdict(), "axis": "FLOPs (G)", "factor": 2}
    at = turned_to("overview", at)
    assert board(at)["unit"] == {"name": "FLOPs", "factor": 2}


@pytest.mark.parametrize("panel", ["Stages", "Roles"])
def test_bars_show_the_network_on_the_screen(panel):
    at = opened("scaling", **{"scaling.network": "B4", "scaling.panel": panel})
    given, layers, cost = board(at, BARS), layers_of(released("b4")), cost_of(released("b4"))
    assert given["by"] == panel.lower().rstrip("s") and given["network"]["title"] == "B4 as released"
    for column, whole in (("params", cost.params), ("macs", cost.macs)):
        counts = {(row["stage"], row["role"]): row[column] for row in given["network"]["layers"]}
        assert sum(counts.values()) == whole
        for (stage, role), count in counts.items():
            assert count == sum(getattr(row, column) for row in layers if (row.stage, row.role) == (stage, role))


def test_the_layer_table_is_exact_and_follows_the_unit():
    at = opened("scaling", **{"scaling.network": "B1", "scaling.panel": "Layers", "app.unit": "FLOPs"})
    columns, layers = columns_of(component_data(at, "scaling.layers")), layers_of(released("b1"))
    cost = cost_of(released("b1"))
    whole = {name: sum(int(text.replace(",", "")) for text in columns[name]) for name in ("parameters", "FLOPs")}
    assert list(columns["layer"]) == [row.name for row in layers]
    assert list(columns["role"]) == [row.role for row in layers]
    assert whole == {"parameters": cost.params, "FLOPs": cost.flops}
    assert list(columns["size, px"]) == [f"{row.size}" for row in layers]
    assert columns["stage"] == [row.stage for row in layers]


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("scaling.phi", "99", "allowed: a number from -3 to 8. Using 1."),
        ("scaling.phi", "nan", "allowed: a number from -3 to 8. Using 1."),
        ("scaling.phi", "<b>x", "allowed: a number from -3 to 8. Using 1."),
        ("scaling.gamma", "0.9", "allowed: a number from 1 to 2. Using 1.15."),
        ("scaling.network", "B9", "allowed: Formula, B0, B1, B2, B3, B4, B5, B6, B7. Using Formula."),
        (
            "scaling.panel",
            "",
            "Which φ is B3?, Compute over φ, α · β² · γ² = 2, Layers, Export. Using Stages.",
        ),
        ("scaling.panel", "'; drop", "Using Stages."),
        ("app.unit", "GFLOPS", "allowed: MACs, FLOPs. Using MACs."),
    ],
)
def test_a_bad_link_gets_a_sentence_and_the_default(key, value, sentence):
    at = opened("scaling", **{key: value})
    [warning] = at.warning
    assert f"The link sets {key} to {plain(repr(value))}" in warning.value and sentence in warning.value
    assert_shows(at, compound(1), "Formula, φ = 1")


def test_a_bad_kind_of_file_gets_a_sentence_where_charts_are_saved():
    at = opened("scaling", **{"app.charts": "../x", "scaling.panel": "Compute over φ"})
    [warning] = at.warning
    assert "allowed: PNG, SVG. Using PNG." in warning.value


@pytest.mark.parametrize(("phi", "gamma", "came"), [("8", "2", "57344"), ("-3", "2", "28")])
def test_an_impossible_network_gets_a_sentence_and_b0(phi, gamma, came):
    at = opened("scaling", **{"scaling.phi": phi, "scaling.gamma": gamma})
    [error] = at.error
    assert f"is {came}; allowed is 32 to 2400" in error.value and "Using B0 as released" in error.value
    assert exactly(B0, "B0 as released") in captions(at)
    at.number_input(key="scaling.phi").set_value(1.0).run()
    assert_shows(at, compound(1, gamma=2), "Formula, φ = 1")
    at.number_input(key="scaling.phi").set_value(5.0).run()
    assert "Using Formula, φ = 1" in at.error[0].value
    assert exactly(compound(1, gamma=2), "Formula, φ = 1") in captions(at)


def test_a_network_of_too_many_parameters_gets_a_sentence():
    at = opened("scaling", **{"scaling.phi": "8", "scaling.beta": "2", "scaling.gamma": "1"})
    [error] = at.error
    assert "parameters; allowed are 2,000,000,000" in error.value


def test_overview_and_scaling_open_and_update_without_torch():
    script = """
import json, sys
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from ui.session import engines
engines.WARM_UP_AFTER_S = 1e6
at = AppTest.from_file("app.py", default_timeout=300).run()
at.number_input(key="overview.phi").set_value(2.0).run()
at.switch_page("pages/scaling.py").run()
at.number_input(key="scaling.phi").set_value(2.0).run()
said = " ".join(caption.value for caption in at.caption)
print(json.dumps([said, not at.exception, sorted({name.split(".")[0] for name in sys.modules})]))
"""
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    said, healthy, modules = json.loads(answer.stdout.splitlines()[-1])
    assert healthy and exactly(compound(2), "Formula, φ = 2") in said
    assert "effnet_core" in modules and not {"torch", "torchvision", "captum"} & set(modules)
