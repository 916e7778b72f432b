"""The panels of the scaling page: every number on them is the formula's, the release's or a published row's."""

from __future__ import annotations

import csv
import io

import pytest
from support.screen import captions, chart, columns_of, component_data, numbers, opened

from effnet_core.architecture import RELEASES, compound, growth, released
from effnet_core.cost import cost_of, layers_of
from effnet_core.published import tables
from effnet_core.scaling import constraint, implied_phi, rounding
from effnet_core.scaling.implied_phi import implied
from ui.scaling import export

pytestmark = pytest.mark.usefixtures("started_server")
ROUNDING, IMPLIED, GROWTH = "Rounding", "Which φ is B3?", "Compute over φ"
CONSTRAINT, EXPORT = "α · β² · γ² = 2", "Export"


def panel(name: str, **link: str):
    at = opened("scaling", **{"scaling.panel": name} | link)
    assert not at.error and not at.warning
    return at


def words(at) -> str:
    return " ".join(element.value for element in at.markdown)


def test_rounding_stands_beside_the_nearest_release_before_and_after():
    at = panel(ROUNDING, **{"scaling.phi": "2"})
    assert "**formula, φ = 2** beside **B3 as released** (the release nearest in compute)" in words(at)
    sizes = at.table[0].value
    assert list(sizes["formula, φ = 2, before rounding"][:4]) == ["× 1.4400", "× 1.2100", "296.24", "23.04"]
    assert list(sizes["formula, φ = 2, rounded"][2:4]) == ["296", str(len(compound(2).blocks))]
    assert list(sizes["B3 as released"][:4]) == ["× 1.4", "× 1.2", "300", "26"]
    channels, blocks = (columns_of(component_data(at, f"scaling.rounding.{key}")) for key in ("channels", "blocks"))
    assert channels["rounded"] == [f"{step.rounded:,}" for step in rounding.channel_steps(1.1**2)]
    assert channels["why"][-1] == "4 × stage 8; official: 1,552"
    assert channels["stage"] == list(range(1, 10)) and blocks["stage"] == list(range(2, 9))
    assert blocks["rounded"] == [f"{step.rounded}" for step in rounding.depth_steps(1.2**2)]
    assert blocks["rounded "] == [f"{step.rounded}" for step in rounding.depth_steps(1.4)]


@pytest.mark.parametrize("value", ["-3", "8"])
def test_rounding_reaches_the_ends_of_phi(value):
    at = panel(ROUNDING, **{"scaling.phi": value})
    assert str(compound(float(value)).resolution) in list(at.table[0].value.iloc[2])


def test_rounding_shows_the_release_that_is_chosen():
    at = panel(ROUNDING, **{"scaling.network": "B7"})
    assert f"**formula, φ = {implied('b7').middle:.2f}** beside **B7 as released** (chosen above)" in words(at)


def test_every_release_has_its_phis_its_differences_and_torchvisions_choices():
    at = panel(IMPLIED)
    members, ports = (frame.value for frame in at.dataframe)
    fit = {row["model"].removeprefix("efficientnet-"): row for row in tables.table("effnet_phi_fit")}
    assert list(members["network"]) == [member.upper() for member in RELEASES]
    for row in members.to_dict("records")[1:]:
        published = fit[row["network"].lower()]
        for axis in ("depth", "width", "resolution"):
            assert row[f"φ from {axis}"] == pytest.approx(published[f"phi_from_{axis}"], abs=1e-3)
    differs = at.table[0].value
    assert list(differs["as released"]) == [implied_phi.comparison(member).differs for member in RELEASES]
    assert list(ports["evaluated at, px"]) == [224, 240, 240, 288, 300, 380, 456, 528, 600]
    assert "Evaluated at a resolution other than the released one: **B2**" in words(at)
    assert "differs for **none of the eight**" in words(at)
    beliefs = at.table[1].value
    assert any("block INPUT channels" in text for text in beliefs["what holds"])


def test_compute_over_phi_follows_phi_coefficients_and_unit():
    at = panel(GROWTH, **{"scaling.phi": "3.5", "scaling.alpha": "1.3", "app.unit": "FLOPs"})
    traces = {trace.get("name"): trace for trace in chart(at, "scaling.growth")["data"]}
    here = traces["here, φ = 3.5"]
    assert numbers(here["y"])[0] == pytest.approx(cost_of(compound(3.5, alpha=1.3)).flops / 1e9)
    table = at.dataframe[0].value
    assert list(table["φ"]) == list(range(-3, 9)) and "rounded, FLOPs" in table
    assert f"{growth(1.3, 1.1, 1.15):.3f} is not 2" in captions(at)


def test_the_constraint_shows_the_users_point_and_the_grid():
    at = panel(CONSTRAINT, **{"scaling.alpha": "1.4", "scaling.tolerance": "0.05"})
    traces = {trace.get("name"): trace for trace in chart(at, "scaling.constraint")["data"]}
    assert numbers(traces["here"]["x"])[0] == 1.4 and numbers(traces["the paper's"]["x"])[0] == 1.2
    table = at.dataframe[0].value
    assert len(table) == len(constraint.search_grid(0.05)) and table["α·β²·γ²"].sub(2).abs().max() <= 0.05 + 1e-9
    assert "is not among them" in captions(at) and "published neither the grid" in captions(at)


@pytest.mark.parametrize("value", ["0", "1", "nan", "x"])
def test_a_bad_tolerance_gets_a_sentence(value):
    at = opened("scaling", **{"scaling.panel": CONSTRAINT, "scaling.tolerance": value})
    [warning] = at.warning
    assert "allowed: a number from 0.01 to 0.3. Using 0.1." in warning.value


@pytest.mark.parametrize("name", [ROUNDING, GROWTH])
def test_settings_without_a_network_get_a_sentence(name):
    at = opened("scaling", **{"scaling.panel": name, "scaling.phi": "8", "scaling.gamma": "2"})
    assert "The formula has no network at these settings" in at.info[0].value


@pytest.mark.parametrize(("unit", "factor"), [("MACs", 1), ("FLOPs", 2)])
def test_what_is_taken_along_is_the_network_on_the_screen(unit, factor, monkeypatch):
    kept = {}
    monkeypatch.setattr(export, "_download", lambda label, text, name, kind: kept.update({name: text}))
    at = panel(EXPORT, **{"scaling.phi": "1.5", "app.unit": unit})
    architecture = compound(1.5)
    script, link = (block.value for block in at.code)
    assert kept["efficientnet-formula-phi-1.5.py"].strip() == script
    assert f"{cost_of(architecture).params:,} parameters" in script
    rows = list(csv.DictReader(io.StringIO(kept["efficientnet-formula-phi-1.5-layers.csv"], newline="")))
    assert [row["layer"] for row in rows] == [layer.name for layer in layers_of(architecture)]
    assert sum(int(row[unit]) for row in rows) == factor * cost_of(architecture).macs
    assert "scaling.phi=1.5" in link and "scaling.panel=Export" in link


@pytest.mark.parametrize(("by", "axis"), [("stage", "y"), ("role", "x")])
@pytest.mark.parametrize("what", ["Parameters", "Compute"])
def test_bars_of_the_network_can_be_saved(what, by, axis):
    at = panel(EXPORT, **{"scaling.network": "B4", "scaling.chart": f"{what} by {by}", "app.unit": "FLOPs"})
    cost = cost_of(released("b4"))
    figure = chart(at, f"scaling.{what.lower()}-by-{by}_to_save")
    whole = cost.params / 1e6 if what == "Parameters" else cost.flops / 1e9
    assert sum(numbers(trace[axis]).sum() for trace in figure["data"]) == pytest.approx(whole)


def test_a_saved_chart_is_of_the_kind_that_is_chosen():
    at = panel(IMPLIED, **{"app.charts": "SVG"})
    [plot] = [element.proto for element in at.get("plotly_chart") if element.proto.id.endswith("scaling.implied")]
    assert '"format": "svg"' in plot.config and '"filename": "implied-phi"' in plot.config


def test_a_link_from_before_a_panel_was_renamed_still_leads_there():
    at = opened("scaling", **{"scaling.panel": "Take it along"})
    assert not at.exception and not at.warning
    assert at.get_by_key("scaling.panel").value == "export"
