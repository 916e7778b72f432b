"""The scaling lessons' figures: slabs in proportion, bars that add up, text and colours that can be read."""

import re
import tomllib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from support.paths import ROOT

from effnet_core import palette, units
from effnet_core.architecture import Architecture, compound, released
from effnet_core.cost import ROLES, cost_of, layers_of, total
from effnet_core.figures import cost_bars, quantities
from effnet_core.figures import network as figures_network

CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
B0 = released("b0")
NETWORKS = [compound(-3), B0, compound(1), compound(2.4, alpha=1.6, gamma=1), released("b7")]


def drawing(architecture: Architecture, **settings):
    reference = ("B0", layers_of(B0))
    return figures_network.network_drawing("title", layers_of(architecture), reference=reference, **settings)


def drawn(figure) -> list[list[dict]]:
    """The slabs of each network in the figure, first network first, from left to right."""
    found: dict[float, list[dict]] = {}
    for bar in (trace for trace in figure.data if trace.type == "bar"):
        for x, y, base, width in zip(bar.x, bar.y, bar.base, bar.width, strict=True):
            slab = {"left": x - width / 2, "right": x + width / 2, "height": y, "thickness": width, "bottom": base}
            found.setdefault(round(base + y / 2, 3), []).append(slab | {"colour": bar.marker.color})
    return [sorted(found[middle], key=lambda slab: slab["left"]) for middle in sorted(found, reverse=True)]


def sizes_by_hand(architecture: Architecture) -> list[int]:
    """Output px of stem, every block and head: each stride halves, rounded up."""
    sizes = [-(-architecture.resolution // 2)]
    for block in architecture.blocks:
        sizes.append(-(-sizes[-1] // block.stride))
    return [*sizes, sizes[-1]]


@pytest.mark.parametrize("architecture", NETWORKS, ids=lambda architecture: architecture.name)
def test_slabs_are_as_high_as_the_resolution_and_as_thick_as_the_channels(architecture):
    for slabs, network in zip(drawn(drawing(architecture)), (architecture, B0), strict=True):
        channels = [block.out_channels for block in network.blocks]
        assert [slab["thickness"] for slab in slabs] == [network.stem_channels, *channels, network.head_channels]
        assert [slab["height"] for slab in slabs] == sizes_by_hand(network)
        assert [slab["colour"] == palette.STEM_HEAD for slab in slabs] == [True] + [False] * len(channels) + [True]


@pytest.mark.parametrize("architecture", NETWORKS, ids=lambda architecture: architecture.name)
def test_slabs_stand_side_by_side_inside_the_axes(architecture):
    figure = drawing(architecture)
    (low, high), (left, right) = figure.layout.yaxis.range, figure.layout.xaxis.range
    for slabs in drawn(figure):
        assert all(after["left"] >= before["right"] - 1e-6 for before, after in pairwise(slabs))
        assert left <= slabs[0]["left"] and slabs[-1]["right"] <= right
        assert all(low <= slab["bottom"] and slab["bottom"] + slab["height"] <= high for slab in slabs)
    upper, lower = drawn(figure)
    assert min(slab["bottom"] for slab in upper) > max(slab["bottom"] + slab["height"] for slab in lower)


def test_kernels_have_their_colours():
    slabs = drawn(drawing(B0))[0][1:-1]
    for slab, block in zip(slabs, B0.blocks, strict=True):
        assert slab["colour"] == palette.SLAB_COLOURS[f"MBConv, {block.kernel}×{block.kernel}"]


def test_a_growing_network_is_seen_to_grow_before_the_scale_changes():
    smaller, larger = (drawing(compound(phi)) for phi in (0.4, 0.6))
    assert smaller.layout.xaxis.range == larger.layout.xaxis.range
    assert drawn(smaller)[0][-1]["right"] < drawn(larger)[0][-1]["right"]
    assert drawing(compound(6)).layout.xaxis.range[1] > 2 * drawing(B0).layout.xaxis.range[1]


@pytest.mark.parametrize("architecture", NETWORKS, ids=lambda architecture: architecture.name)
def test_stages_are_numbered_and_their_resolution_stands_where_it_changes(architecture):
    traces = [trace for trace in drawing(architecture).data if trace.type == "scatter"]
    traces = traces[: len(traces) // 2]  # those of B0 follow
    written = [pair for trace in traces for pair in zip(trace.text, trace.textposition, strict=True)]
    sizes = sizes_by_hand(architecture)
    changes = [str(size) for before, size in zip([None, *sizes], sizes, strict=False) if size != before]
    assert [text for text, place in written if place.startswith("bottom")] == [str(stage) for stage in range(1, 10)]
    assert [text for text, place in written if place.startswith("top")] == [f"{changes[0]} px", *changes[1:]]


def summed(figure, *, along: str) -> float:
    return sum(sum(trace[along]) for trace in figure.data)


@pytest.mark.parametrize("architecture", NETWORKS, ids=lambda architecture: architecture.name)
def test_bars_add_up_to_the_networks_cost(architecture):
    layers, cost = layers_of(architecture), cost_of(architecture)
    for quantity, whole in (
        (quantities.PARAMETERS, cost.params / 1e6),
        (quantities.MACS, cost.macs / 1e9),
        (quantities.FLOPS, cost.flops / 1e9),
    ):
        assert summed(cost_bars.bars_by_stage(layers, quantity), along="y") == pytest.approx(whole)
        assert summed(cost_bars.bars_by_role(layers, quantity), along="x") == pytest.approx(whole)


def test_a_stages_column_is_that_stages_cost():
    layers = layers_of(B0)
    figure = cost_bars.bars_by_stage(layers, quantities.MACS)
    for place, stage in enumerate(range(1, 10)):
        of_stage = total([layer for layer in layers if layer.stage == stage]).macs / 1e9
        assert sum(trace.y[place] for trace in figure.data) == pytest.approx(of_stage)


def test_roles_keep_order_colour_share_and_exact_number():
    layers = layers_of(B0)
    figure = cost_bars.bars_by_role(layers, quantities.PARAMETERS)
    assert [trace.y[0] for trace in figure.data] == list(ROLES)
    assert [trace.marker.color for trace in figure.data] == [palette.ROLE_COLOURS[role] for role in ROLES]
    assert sum(float(trace.text.rstrip("%")) for trace in figure.data) == pytest.approx(100, abs=0.5)
    classifier = figure.data[ROLES.index("classifier")]
    assert classifier.customdata[0] == f"{1280 * 1000 + 1000:,} parameters"
    assert figure.layout.xaxis.range[1] > 1.1 * max(trace.x[0] for trace in figure.data)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12.2332, "12.2"),
        (0.05312, "0.0531"),
        (1280, "1,280"),
        (999.6, "1,000"),
        (0.9996, "1.00"),
        (66_347_960, "66,300,000"),
        (-3.14159, "-3.14"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert units.three_digits(value) == text


@given(some.floats(1e-6, 1e12))
@settings(max_examples=200)
def test_three_digits_are_within_half_a_percent(value):
    assert float(units.three_digits(value).replace(",", "")) == pytest.approx(value, rel=0.00501)


@pytest.mark.parametrize(
    "figure",
    [
        drawing(B0),
        cost_bars.bars_by_stage(layers_of(B0), quantities.MACS),
        cost_bars.bars_by_role(layers_of(B0), quantities.MACS),
    ],
    ids=["drawing", "stages", "roles"],
)
def test_all_text_is_large_and_the_height_fixed(figure):
    own = figure.to_dict()
    own["layout"].pop("template")
    sizes = [int(size) for size in re.findall(r"'size': (\d+)", str(own))]
    assert len(sizes) >= 4 and min(sizes) >= 14
    assert figure.layout.height and not figure.layout.dragmode


def test_the_theme_names_the_same_colours():
    assert set(CONFIG["theme"]["chartCategoricalColors"]) == set(palette.ROLE_COLOURS.values())
    assert len(set(palette.ROLE_COLOURS.values())) == 6
    assert {role for roles in palette.ROLE_GROUPS.values() for role in roles} == set(ROLES)
