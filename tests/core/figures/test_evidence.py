"""Figures of the evidence: what is drawn equals the rows, in both units, and a doubling is one step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from effnet_core.figures import evidence
from effnet_core.figures.quantities import FLOPS, MACS, PARAMETERS
from effnet_core.figures.style import FONT_SIZE
from effnet_core.palette import COMPOUND, DEPTH, RESOLUTION, WIDTH
from effnet_core.published import accuracies, scaling_curves

COLOURS = {"depth": DEPTH, "width": WIDTH, "resolution": RESOLUTION, "compound": COMPOUND}


@pytest.mark.parametrize("quantity", [MACS, FLOPS])
@pytest.mark.parametrize("name", ["Fig3", "Fig4", "Fig8"])
def test_curves_are_drawn_as_published(name, quantity):
    curves = scaling_curves.curves(name)
    figure = evidence.scaling_curves(curves, quantity)
    for trace, curve in zip(figure.data, curves, strict=True):
        np.testing.assert_allclose(trace.x, [quantity.factor * point.macs / 1e9 for point in curve.points])
        assert list(trace.y) == [point.top1 for point in curve.points]
        assert trace.line.color == COLOURS[curve.dimension]
    axis = figure.layout.xaxis
    steps = np.diff(np.log2(axis.tickvals))
    assert axis.type == "log" and quantity.axis in axis.title.text
    np.testing.assert_allclose(steps, 1, err_msg="each line is twice the one before")
    everything = [value for trace in figure.data for value in trace.x]
    assert 10 ** axis.range[0] < min(everything) and 10 ** axis.range[1] > max(everything)


def test_bars_show_every_gain_with_its_number():
    gains = scaling_curves.other_networks()
    figure = evidence.gain_bars(gains, in_legend=True)
    drawn = {
        (group, trace.marker.color): value
        for trace in figure.data
        for group, value in zip(trace.y, trace.x, strict=True)
    }
    assert drawn == {(gain.group, COLOURS[gain.dimension]): gain.points for gain in gains}
    assert all(
        float(text) == pytest.approx(x, abs=0.051)
        for bar in figure.data
        for text, x in zip(bar.text, bar.x, strict=True)
    )
    assert figure.layout.xaxis.range[1] > max(gain.points for gain in gains)
    assert all(trace.textfont.size == FONT_SIZE for trace in figure.data)


@pytest.mark.parametrize("quantity", [PARAMETERS, MACS, FLOPS])
def test_the_map_places_every_network(quantity):
    rows = [row for row in (*accuracies.table2(), *accuracies.torchvision()) if row.macs is not None]
    figure = evidence.accuracy_map(rows, quantity)
    drawn = {
        (data[0], data[1]): (x, y)
        for trace in figure.data
        for data, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }
    assert len(drawn) == len(rows)
    for row in rows:
        wanted = quantity.factor * getattr(row, quantity.column) / quantity.per_axis_unit, row.top1
        assert drawn[row.name, row.source] == pytest.approx(wanted)
    assert figure.layout.xaxis.type == "log"
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert sorted(shown) == sorted({row.family for row in rows}), "one entry of the legend a family"


def test_torchvisions_trainings_are_not_joined_by_a_line():
    figure = evidence.accuracy_map(accuracies.torchvision(), MACS)
    lines = [trace for trace in figure.data if trace.mode.startswith("lines")]
    joined = [{data[0].split("-")[1] for data in trace.customdata} for trace in lines]
    assert {"B5 V1", "B6 V1", "B7 V1"} in joined and not any({"B4 V1", "B5 V1"} <= names for names in joined)


def test_the_budget_is_a_line_between_what_fits_and_what_does_not():
    costs = {"b0": 0.39, "b1": 0.69, "b2": 0.99}
    figure = evidence.budget_bars(costs, 0.7, "G MACs", fits="b1")
    [bars], [line] = figure.data, figure.layout.shapes
    assert list(bars.x) == list(costs.values()) and list(bars.y) == ["B0", "B1", "B2"]
    assert line.x0 == line.x1 == 0.7 and len(set(bars.marker.color)) == 3
    low, high = figure.layout.xaxis.range
    assert low < math.log10(0.39) and high > math.log10(0.99)
