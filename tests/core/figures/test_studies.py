"""Figures of studies: each network where it belongs, with its interval, and what a click picks."""

from __future__ import annotations

import pytest

from effnet_core.figures import studies
from effnet_core.figures.quantities import FLOPS, MACS
from effnet_core.figures.studies import Gap, Point
from effnet_core.figures.style import INK
from effnet_core.palette import NEUTRAL, WIDTH

BASE = (4e6, Point("base", 0.4, 0.38, 0.42, "the base: all about it"))
WIDE = [(8e6, Point("width × 2", 0.45, 0.44, 0.47, "…")), (16e6, Point("width × 4", 0.5, 0.1, 0.9, "…"))]


@pytest.mark.parametrize("quantity", [MACS, FLOPS])
def test_each_network_stands_at_its_compute_with_its_interval(quantity):
    figure = studies.accuracy_by_compute(
        BASE, {"width": ("width", WIDE)}, quantity, ticks=[4e6, 8e6, 16e6], picked="width × 2"
    )
    line, wide, base = figure.data
    factor = quantity.factor
    assert list(line.x) == [4 * factor, 8 * factor, 16 * factor], "a way's line starts at the base"
    assert list(wide.y) == [45, 50] and list(wide.x) == [8 * factor, 16 * factor]
    assert list(wide.error_y.array) == pytest.approx([2, 40])
    assert list(wide.error_y.arrayminus) == pytest.approx([1, 40])
    assert list(wide.customdata) == ["width × 2", "width × 4"] and list(base.customdata) == ["base"]
    assert wide.marker.size[0] > wide.marker.size[1], "the picked one has a ring"
    low, high = figure.layout.yaxis.range
    assert low < 38 and 50 < high < 70, "a whisker of two runs does not press all others together"


def test_without_the_base_the_lines_start_at_their_first_network():
    figure = studies.accuracy_by_compute(None, {"width": ("width", WIDE)}, MACS, ticks=[8e6], picked="")
    assert [len(trace.x) for trace in figure.data] == [2, 2]


def test_the_search_is_a_grid_of_squares_that_say_their_accuracy():
    rows = [
        (1.0, 1.0, Point("a", 0.4, 0.3, 0.5, "all about a"), ""),
        (1.2, 1.125, Point("b", 0.5, 0.4, 0.6, "all about b"), "best"),
    ]
    figure = studies.search_surface(rows, nearest=(1.2, 1.125), picked="a")
    [squares] = figure.data
    assert list(zip(squares.x, squares.y, squares.text, squares.customdata, strict=True)) == [
        ("1", "1", "40.0<br>", "a"),
        ("1.2", "1.125", "50.0<br>best", "b"),
    ]
    assert list(squares.textfont.color) == [studies.BRIGHT, studies.DARK], "dark ground, then bright"
    [papers] = figure.layout.annotations
    assert (papers.x, papers.y) == (1, 1)
    assert not studies.search_surface(rows, nearest=None, picked="").layout.annotations


def test_differences_that_tell_are_filled_and_the_others_open():
    gaps = [
        Gap("without SE", "without SE", -0.03, -0.05, -0.01, True),
        Gap("wide", "a point with a long name × 2", 0.01, -0.01, 0.03, False),
    ]
    figure = studies.paired_differences(gaps, picked="wide")
    told, open_ones = figure.data
    assert (told.x, told.marker.symbol, told.marker.color) == ((-3,), "circle", INK)
    assert (open_ones.x, open_ones.marker.symbol, open_ones.marker.color) == ((1,), "circle-open", NEUTRAL)
    assert told.text == ("−3.0 points (−5.0 to −1.0)",)
    assert list(figure.layout.yaxis.categoryarray) == ["without SE", "a point with a<br>long name\u00a0×\u00a02"]


def test_a_run_is_drawn_by_epoch_with_its_loss_below():
    figure = studies.learning_curves([(0, [2.0, 1.0], [0.2, 0.4]), (1, [2.1, 1.1], [0.1, 0.3])], colour=WIDTH)
    rights, losses, *_ = figure.data
    assert (rights.x, rights.y, losses.y, losses.yaxis) == ((1, 2), (20, 40), (2.0, 1.0), "y2")
    assert len({trace.line.dash for trace in figure.data}) == 2, "seeds are told apart without colour"
