"""Figures of one block: what is drawn equals the rows."""

from __future__ import annotations

import numpy as np
import pytest

from effnet_core import units
from effnet_core.architecture import released
from effnet_core.explain import relu_embedding
from effnet_core.figures import block as figures_block
from effnet_core.figures import relu_embedding as figures_relu_embedding
from effnet_core.scaling import block_designs
from effnet_core.scaling.block_designs import Design

B0 = released("b0")


def four(name: str, **settings) -> tuple[Design, ...]:
    return block_designs.side_by_side(*block_designs.place(B0, name), **settings)


def heights(figure) -> list[tuple[float, float]]:
    """Height of each filled shape at its left and its right end."""
    found = []
    for shape in (trace for trace in figure.data if trace.fill):
        left, right = min(shape.x), max(shape.x)
        ends = [[y for x, y in zip(shape.x, shape.y, strict=True) if x == end] for end in (left, right)]
        found.append(tuple(max(end) - min(end) for end in ends))
    return found


@pytest.mark.parametrize("name", ["features.1.0", "features.2.0", "features.2.1", "features.5.1"])
def test_widths_are_drawn_to_scale(name):
    for design in four(name, same_budget=True):
        figure = figures_block.profile(design, widest=500)
        shapes = heights(figure)
        tensors = [left for left, right in shapes if left == right]
        assert set(design.widths) <= set(tensors)
        for left, right in shapes:
            assert left in design.widths and right in design.widths
        written = [int(note.text[3:-4].replace(",", "")) for note in figure.layout.annotations if "<b>" in note.text]
        assert list(dict.fromkeys(written)) == list(dict.fromkeys(design.widths))
        low, high = figure.layout.yaxis.range
        assert low <= -250 and high >= 250


def test_one_scale_whatever_is_drawn():
    ranges = {figures_block.profile(design, widest=640).layout.yaxis.range for design in four("features.2.1")}
    assert len(ranges) == 1


@pytest.mark.parametrize(("name", "kept"), [("features.2.1", True), ("features.2.0", False)])
def test_the_residual_is_drawn_where_there_is_one_with_what_it_keeps(name, kept):
    design = four(name)[2]
    figure = figures_block.profile(design, widest=200)
    texts = " ".join(note.text for note in figure.layout.annotations)
    assert ("kept for the residual" in texts) == kept
    assert (units.float32_memory(design.kept) in texts) == kept


def test_layers_have_the_colours_of_their_roles_and_a_stride_is_said():
    block, size = block_designs.place(B0, "features.2.0")
    figure = figures_block.profile(block_designs.mbconv(block, size), widest=200)
    named = {trace.name.split(":")[0]: trace.fillcolor for trace in figure.data if trace.fill}
    for role in ("expand", "depthwise", "squeeze", "project"):
        assert named[role] == figures_block.COLOURS[role]
    assert "3×3÷2" in [note.text for note in figure.layout.annotations]


def test_bars_say_their_numbers():
    [bars] = figures_block.bars({"one": 0, "other": 25_742_016}, "MACs", marked="other").data
    assert list(bars.x) == [0, 25_742_016]
    assert list(bars.text) == ["0", "25.7 M"]
    assert bars.customdata[1] == "25,742,016 MACs"
    assert bars.marker.color[0] != bars.marker.color[1]


def test_all_points_of_the_spiral_are_drawn_once_and_lost_ones_as_crosses():
    found = relu_embedding.embed(2, seed=0)
    kept, lost = figures_relu_embedding.spiral(found.back, found.collapsed).data
    assert len(lost.x) == found.collapsed.sum() > 0
    places = [*kept.marker.color, *lost.marker.color]
    assert sorted(places) == list(range(len(found.curve)))
    np.testing.assert_allclose(np.stack([lost.x, lost.y], 1), found.back[list(lost.marker.color)])
    assert kept.marker.symbol != lost.marker.symbol


def test_losses_are_lines_over_the_dimensions():
    rows = relu_embedding.losses()
    error, collapsed = figures_relu_embedding.losses(rows).data
    assert list(error.x) == [row.dimensions for row in rows]
    assert list(error.y) == [row.error for row in rows]
    assert list(collapsed.y) == [row.collapsed for row in rows]


@pytest.mark.parametrize(
    ("elements", "text"), [(9216, "36.9 kB"), (249_999, "1,000 kB"), (250_000, "1.00 MB"), (0, "0 kB")]
)
def test_memory_is_of_float32(elements, text):
    assert units.float32_memory(elements) == text
