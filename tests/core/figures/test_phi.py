"""Figures of φ: points where the rows say, one colour a dimension, a camera that nothing moves."""

from __future__ import annotations

import math
import re

import pytest

from effnet_core import palette
from effnet_core.architecture import RELEASES, growth, released
from effnet_core.cost import cost_of
from effnet_core.figures import constraint as figures_constraint
from effnet_core.figures import phi as figures_phi
from effnet_core.figures import quantities
from effnet_core.scaling import constraint as scaling_constraint
from effnet_core.scaling import growth as scaling_growth
from effnet_core.scaling import implied_phi

IMPLIED = [implied_phi.implied(member) for member in RELEASES]
ROWS = scaling_growth.growth_over([-3, 0, 1, 8], alpha=1.2, beta=1.1, gamma=1.15)
GRID = scaling_constraint.search_grid(0.05)


def traces(figure) -> dict:
    return {trace.name: trace for trace in figure.data if trace.name}


def over_phi(quantity=quantities.MACS):
    releases = [(row, cost_of(released(row.member)).macs) for row in IMPLIED]
    return figures_phi.growth_over_phi(ROWS, releases, (1.5, 10**9), quantity)


def constraint(here=(1.5, 1.2, 1.3)):
    return figures_constraint.constraint_surface(here, GRID)


def test_each_release_has_a_point_for_each_dimension():
    shown = traces(figures_phi.implied_phis(IMPLIED))
    assert list(shown) == ["depth", "width", "resolution"]
    for axis, trace in shown.items():
        assert list(trace.x) == [row.axes[axis] for row in IMPLIED]
        assert list(trace.y) == [member.upper() for member in RELEASES]
        assert trace.marker.color == getattr(palette, axis.upper())


def test_a_line_spans_each_releases_points():
    lines = [trace for trace in figures_phi.implied_phis(IMPLIED).data if trace.mode == "lines"]
    assert [tuple(line.x) for line in lines] == [(min(row.axes.values()), max(row.axes.values())) for row in IMPLIED]


@pytest.mark.parametrize(("quantity", "factor"), [(quantities.MACS, 1), (quantities.FLOPS, 2)])
def test_compute_over_phi_is_in_the_unit_on_a_log_axis(quantity, factor):
    figure = over_phi(quantity)
    shown = traces(figure)
    assert figure.layout.yaxis.type == "log" and figure.layout.yaxis.title.text == quantity.axis
    for name, column in (("2^φ", "doubling"), ("(α · β² · γ²)^φ", "promised"), ("rounded: what it costs", "rounded")):
        assert list(shown[name].y) == pytest.approx([factor * getattr(row, column) / 1e9 for row in ROWS])
    assert list(shown["here, φ = 1.5"].y) == [factor]


def test_releases_stand_at_their_own_phi_and_span_what_they_imply():
    [points] = [trace for trace in over_phi().data if trace.error_x.array is not None]
    assert list(points.x) == [row.middle for row in IMPLIED]
    for row, half in zip(IMPLIED, points.error_x.array, strict=True):
        assert row.middle + half == pytest.approx(max(row.axes.values()))
    assert points.text[3].startswith("B3, φ 1.97")


def test_a_phi_without_a_network_leaves_a_gap():
    rows = scaling_growth.growth_over([7, 8], alpha=1.2, beta=1.1, gamma=1.4)
    assert rows[-1].rounded is None
    shown = traces(figures_phi.growth_over_phi(rows, [], (7, 1), quantities.MACS))
    assert shown["rounded: what it costs"].y[-1] is None


def test_the_surface_is_the_constraint():
    [surface] = [trace for trace in constraint().data if trace.type == "surface"]
    for alphas, betas, gammas in zip(surface.x, surface.y, surface.z, strict=True):
        for point in zip(alphas, betas, gammas, strict=True):
            assert growth(*point) == pytest.approx(2)


def test_the_papers_point_the_users_and_the_grid_stand_where_they_are():
    shown = traces(constraint())
    assert (*shown["the paper's"].x, *shown["the paper's"].y, *shown["the paper's"].z) == (1.2, 1.1, 1.15)
    assert (*shown["here"].x, *shown["here"].y, *shown["here"].z) == (1.5, 1.2, 1.3)
    assert list(shown["grid points near it"].x) == [row.alpha for row in GRID]


def test_a_line_leads_from_the_users_point_to_the_surface():
    def lines(here: tuple[float, float, float]) -> list:
        return [trace for trace in constraint(here).data if trace.type == "scatter3d" and trace.mode == "lines"]

    [line] = lines((1.3, 1.1, 1.4))
    assert list(line.z) == pytest.approx([1.4, math.sqrt(2 / (1.3 * 1.1**2))])
    assert not lines((2, 1.5, 1)), "the surface is not there"


def test_the_axes_hold_the_users_point_and_the_first_view_never_changes():
    scenes = [constraint(here).layout.scene for here in ((1, 1, 1), (2, 2, 2))]
    assert scenes[1].yaxis.range[1] >= 2 and scenes[1].zaxis.range[1] >= 2
    assert scenes[0].camera == scenes[1].camera and scenes[0].dragmode == "turntable"
    assert {scene.uirevision for scene in scenes} == {"constraint"}


@pytest.mark.parametrize("figure", [figures_phi.implied_phis(IMPLIED), over_phi(), constraint()])
def test_text_is_large_and_the_height_fixed(figure):
    own = figure.to_dict()
    own["layout"].pop("template")
    text = re.sub(r"'marker': \{[^{}]*(\{[^{}]*\}[^{}]*)*\}", "", str(own))  # sizes of points are no text
    sizes = [float(size) for size in re.findall(r"'size': ([\d.]+)", text)]
    assert len(sizes) >= 4 and min(sizes) >= 14
    assert figure.layout.height
