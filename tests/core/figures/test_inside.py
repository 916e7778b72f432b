"""Figures of the inside: what is drawn equals the rows, at fixed ranges, whatever the rows' lengths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from effnet_core.figures.inside import (
    BINS,
    COLUMNS,
    all_gates,
    feature_maps,
    gate_counts,
    gate_histogram,
)

gates = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=300)


def test_every_block_is_one_row_of_the_same_width_first_block_on_top():
    rows = [("features.1.0", np.linspace(1, 0, 32)), ("features.7.0", np.linspace(0, 0.5, 1152))]
    heat = all_gates(rows).data[0]
    assert np.shape(heat.z) == (2, COLUMNS)
    assert all_gates(rows).layout.yaxis.autorange == "reversed"
    assert [name.split(" ")[0] for name in heat.y] == ["1.0", "7.0"]
    assert (heat.zmin, heat.zmax) == (0, 1)


@given(gates)
def test_a_row_rises_and_holds_only_gates_that_the_block_has(values):
    [row] = all_gates([("features.1.0", values)]).data[0].z
    assert list(row) == sorted(row)
    assert set(row) <= set(values)
    if len(values) <= COLUMNS:
        assert set(row) == set(values)


@given(gates)
def test_histogram_counts_every_channel_once(values):
    counts = gate_counts(values)
    assert sum(counts) == len(values)
    assert counts == np.histogram(np.float64(values), bins=np.arange(BINS + 1) / BINS)[0].tolist()
    assert list(gate_histogram(values).data[0].y) == counts


def test_a_channels_two_maps_share_one_range_from_zero():
    before = np.float32([[1, 4], [2, 3]])
    figure = feature_maps([(7, 0.25, before, before * 0.25), (9, 1.0, before * 10, before * 10)])
    places = {(trace.xaxis, trace.yaxis) for trace in figure.data}
    assert len(places) == 4
    [first, shut] = [trace for trace in figure.data if trace.zmax == 4]
    np.testing.assert_array_equal(first.z, before)
    np.testing.assert_array_equal(shut.z, before / 4)
    assert {trace.zmin for trace in figure.data} == {0}
    assert sorted(trace.zmax for trace in figure.data) == [4, 4, 40, 40]
    assert any("channel 7" in note.text and "0.25" in note.text for note in figure.layout.annotations)


def test_a_maps_pixels_are_square_and_its_first_row_is_on_top():
    layout = feature_maps([(0, 0.5, np.eye(3), np.eye(3) / 2)] * 3).layout
    axes = [name for name in layout if name.startswith("yaxis")]
    assert len(axes) == 6
    assert {layout[name].autorange for name in axes} == {"reversed"}
    assert {layout[name].scaleanchor for name in axes} == {"x", "x2", "x3", "x4", "x5", "x6"}


@pytest.mark.parametrize("dead", [np.zeros((3, 3)), np.full((3, 3), -0.2)])
def test_a_dead_map_has_a_range_to_be_drawn_in(dead):
    [before, _] = feature_maps([(0, 0.0, dead, dead * 0)]).data
    assert before.zmin < before.zmax


def test_text_is_large_enough_for_the_last_row():
    values = [0.1, 0.9]
    maps = [(0, 0.5, np.eye(2), np.eye(2) / 2)]
    figures = (
        all_gates([("features.1.0", values)]),
        gate_histogram(values),
        feature_maps(maps),
    )
    for figure in figures:
        sizes = [note.font.size for note in figure.layout.annotations] + [figure.layout.font.size]
        assert min(sizes) >= 14
