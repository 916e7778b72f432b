"""Figures of a budget: four networks to one scale, bars in the colour of what grows."""

from __future__ import annotations

from itertools import pairwise

import pytest

from effnet_core import palette
from effnet_core.architecture import released
from effnet_core.cost import cost_of, layers_of
from effnet_core.figures import budgets
from effnet_core.scaling import equal_compute


def solved(member: str) -> dict:
    return {way: equal_compute.solve(way, cost_of(released(member)).macs).architecture for way in equal_compute.WAYS}


@pytest.fixture(scope="module", params=["b3", "b7"])
def networks(request) -> dict:
    return solved(request.param)


def drawing(networks: dict):
    return budgets.four_networks({way: (way, layers_of(network)) for way, network in networks.items()})


def slabs_by_network(figure) -> list[list[tuple[float, float]]]:
    """(thickness, height) of each network's slabs, first network first."""
    found: dict[float, list] = {}
    for bar in (trace for trace in figure.data if trace.type == "bar"):
        for x, y, base, width in zip(bar.x, bar.y, bar.base, bar.width, strict=True):
            found.setdefault(round(base + y / 2, 3), []).append((x, width, y))
    return [[row[1:] for row in sorted(found[middle])] for middle in sorted(found, reverse=True)]


def true_slabs(network) -> list[tuple[int, int]]:
    channels = [network.stem_channels, *(block.out_channels for block in network.blocks), network.head_channels]
    sizes = [row.size for row in layers_of(network) if row.role in ("stem", "project", "head")]
    return list(zip(channels, sizes, strict=True))


def test_all_four_are_drawn_to_one_scale():
    networks = solved("b3")
    for drawn, network in zip(slabs_by_network(drawing(networks)), networks.values(), strict=True):
        assert drawn == true_slabs(network)


def test_one_extreme_makes_no_hairlines_of_the_others():
    """At B7's budget depth alone has 1,500 blocks: it is cut and says so, and what is thin is drawn thick enough."""
    networks = solved("b7")
    figure = drawing(networks)
    (low, high), (_, right) = figure.layout.yaxis.range, figure.layout.xaxis.range
    least = budgets.LEAST_PX * right / budgets.WIDTH_PX, budgets.LEAST_PX * (high - low) / figure.layout.height
    cut = 0
    for drawn, network in zip(slabs_by_network(figure), networks.values(), strict=True):
        true = true_slabs(network)
        cut += len(true) - len(drawn)
        for (width, height), (channels, size) in zip(drawn, true, strict=False):
            assert width >= channels and (height == size or size < height == pytest.approx(least[1], rel=0.2))
            assert width == channels or width <= least[0] * (1 + 1e-9)
    assert cut > 0 and f"goes on for {cut:,} more blocks" in figure.layout.annotations[1].text
    assert right < sum(channels for channels, _ in true_slabs(networks["depth"]))


def test_all_four_stand_inside_the_axes_and_apart(networks):
    figure = drawing(networks)
    (low, high), right = figure.layout.yaxis.range, figure.layout.xaxis.range[1]
    spans: dict[float, float] = {}
    for bar in (trace for trace in figure.data if trace.type == "bar"):
        for x, y, base, width in zip(bar.x, bar.y, bar.base, bar.width, strict=True):
            assert x + width / 2 <= right and low <= base and base + y <= high
            spans[round(base + y / 2, 3)] = max(y, spans.get(round(base + y / 2, 3), 0))
    middles = sorted(spans)
    assert len(middles) == 4
    assert all(a + spans[a] / 2 < b - spans[b] / 2 for a, b in pairwise(middles))


def test_each_kind_stands_once_in_the_legend_and_each_network_has_its_title(networks):
    figure = drawing(networks)
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert sorted(shown) == sorted(palette.SLAB_COLOURS)
    titles = [note for note in figure.layout.annotations if "goes on" not in note.text]
    for way, note in zip(networks, titles, strict=True):
        assert way in note.text and budgets.WAY_COLOURS[way] in note.text


def test_stage_numbers_are_left_out_where_they_would_run_into_each_other():
    texts = [[t for t in drawing(solved(member)).data if t.type == "scatter"] for member in ("b3", "b7")]
    assert len(texts[0]) == 4 * 9 and not texts[1]


def test_bars_have_their_colours_numbers_and_whiskers():
    values, names = {"depth": 20.0, "compound": 12.345}, {"depth": "Depth alone", "compound": "All three"}
    figure = budgets.bars_by_way(values, names, axis="ms", spread={"depth": (18, 23), "compound": (12, 13)})
    assert [bar.x[0] for bar in figure.data] == [20, 12.345]
    assert [bar.marker.color for bar in figure.data] == [palette.DEPTH, palette.COMPOUND]
    assert [bar.text for bar in figure.data] == ["20.0", "12.3"]
    assert (figure.data[0].error_x.array[0], figure.data[0].error_x.arrayminus[0]) == (3, 2)
    assert figure.layout.xaxis.title.text == "ms" and figure.layout.xaxis.range[1] > 25


def test_the_four_colours_are_the_palettes_and_no_operators():
    assert set(budgets.WAY_COLOURS) == {"depth", "width", "resolution", "compound"}
    assert set(budgets.WAY_COLOURS.values()) == {palette.DEPTH, palette.WIDTH, palette.RESOLUTION, palette.COMPOUND}
    assert not set(budgets.WAY_COLOURS.values()) & {*palette.ROLE_COLOURS.values(), *palette.SLAB_COLOURS.values()}
