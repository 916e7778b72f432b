"""AmoebaNet against published and independent counts, TensorFlow's padding by its definition, and real passes."""

from __future__ import annotations

from functools import cache
from itertools import groupby, product

import pytest
import torch
from support.facts import facts
from support.inside import count, macs
from torch import nn

from effnet_core.networks import amoebanet
from effnet_core.networks.amoebanet import Convolution, FactorizedReduction, Pool, build
from effnet_core.published import tables

CELLS = ("a", "b", "c", "d")
LAST_MAP = {224: 7, 299: 10, 331: 11, 480: 15}  # px of the picture -> px of the last cell's output


@cache
def on_meta(cell: str, layers: int, filters: int, classes: int) -> amoebanet.AmoebaNet:
    with torch.device("meta"):
        return build(cell, layers=layers, filters=filters, classes=classes).eval()


def test_b_as_gpipe_trained_it():
    network = on_meta("b", 18, 512, 1000)
    assert count(network) == 557_277_864 and macs(network, 3, 480, 480) == 298_794_036_064
    assert network.features(torch.empty(1, 3, 480, 480, device="meta")).shape == (1, 8192, 15, 15)


@pytest.mark.parametrize(
    "row", tables.table("amoebanet_counts"), ids=lambda row: f"{row['model']}-{row['F']}-{row['resolution']}"
)
def test_parameters_and_multiply_adds_are_the_published_cells(row):
    network = on_meta(row["model"][-1].lower(), row["L"], row["F"], 1001)
    norms = sum(count(module) for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    assert (count(network), norms) == (row["params"], row["bn_affine_params"])
    assert macs(network, 3, row["resolution"], row["resolution"]) == row["multiply_adds"]


@pytest.mark.parametrize("row", tables.table("gpipe_table1_amoebanet_d"), ids=lambda row: f"D-{row['L']}-{row['D']}")
def test_d_has_the_size_that_gpipe_prints(row):
    millions = count(on_meta("d", row["L"], row["D"], 1001)) / 1e6
    assert millions == pytest.approx(row["params_computed_tf_style_M"], abs=0.006)
    printed, unit = float(row["params_published"][:-1]), {"M": 1, "B": 1000}[row["params_published"][-1]]
    assert millions == pytest.approx(printed * unit, rel=0.025)


def test_the_cells_are_those_of_the_official_code():
    ours = groupby(tables.table("amoebanet_cells"), lambda row: (row["cell"], row["kind"]))
    theirs = groupby(facts("amoebanet_genotypes"), lambda row: (row["cell"], row["kind"]))
    for (cell, rows), (official_cell, official) in zip(ours, theirs, strict=True):
        rows, official = list(rows), list(official)
        assert cell == official_cell and [row["state"] for row in rows] == list(range(7))
        for column in ("left_op", "left_input", "right_op", "right_input"):
            assert [str(row[column]) for row in rows[2:]] == [row[column] for row in official]
        assert [row["new_state"] for row in official] == [str(row["state"]) for row in rows[2:]]
        concatenated = " ".join(str(row["state"]) for row in rows if row["concatenated"])
        assert {row["concatenated"] for row in official} == {concatenated}


@pytest.mark.parametrize(("cell", "resolution"), [*product(CELLS, (64,)), ("b", 224), ("b", 331), ("b", 480)])
def test_a_small_one_runs_for_real(cell, resolution):
    settings = {"layers": 3, "filters": 32 if resolution == 64 else 16, "classes": 10}
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        network = build(cell, **settings).eval()
        pictures = torch.randn(2 if resolution == 64 else 1, 3, resolution, resolution)
        maps, logits = network.features(pictures), network(pictures)
    assert logits.shape == (len(pictures), 10) and logits.isfinite().all() and logits.std() > 0
    described = on_meta(cell, **settings)
    assert maps.shape == described.features(pictures.to("meta")).shape
    assert count(network) == count(described)
    assert maps.shape[-1] == LAST_MAP.get(resolution, 2)


@pytest.mark.parametrize("cell", CELLS)
def test_nothing_in_it_is_dead(cell):
    """Every parameter moves the logits, so every state is used."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build(cell, layers=3, filters=16, classes=4).eval()
        network(torch.randn(1, 3, 64, 64)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    weights = (module.weight for module in network.modules() if isinstance(module, nn.Conv2d))
    assert all(weight.grad.any() for weight in weights)


def test_a_normal_cell_of_b_by_hand():
    rows = [r for r in tables.table("amoebanet_cells") if (r["cell"], r["kind"]) == ("AmoebaNet-B", "normal")]
    cell = amoebanet.Cell(rows, 8, 16, stride=1, before=12, before_is_larger=False).eval()
    last, before = torch.randn(1, 8, 6, 6), torch.randn(1, 12, 6, 6)
    (a2, b2), (_, b3), (a4, b4), (a5, _), (a6, b6) = ((step.left, step.right) for step in cell.additions)
    with torch.no_grad():
        s0, s1 = cell.fit(last), cell.fit_before(before)
        s2 = a2(s1) + b2(s1)
        s3 = s1 + b3(s0)
        s4 = a4(s1) + b4(s0)
        s5 = a5(s2) + s2
        s6 = a6(s1) + b6(s5)
        assert torch.equal(cell(last, before), torch.cat([s0, s3, s4, s6], dim=1))
    assert torch.equal(b2(s1), nn.functional.max_pool2d(s1, 3, 1, 1))


def windows(size: int, kernel: int, stride: int) -> list[list[int]]:
    """Pixels that each of SAME's windows looks at; those outside the picture are left out."""
    count = -(-size // stride)
    first = -(max((count - 1) * stride + kernel - size, 0) // 2)
    starts = (first + stride * number for number in range(count))
    return [[pixel for pixel in range(start, start + kernel) if 0 <= pixel < size] for start in starts]


@pytest.mark.parametrize(
    ("kind", "kernel", "stride"), [(k, 3, s) for k in ("avg", "max") for s in (1, 2)] + [("max", 2, 2)]
)
@pytest.mark.parametrize("size", [5, 6, 7, 8])
def test_pools_look_at_the_windows_of_same(kind, kernel, stride, size):
    x = torch.randn(1, 2, size, size, dtype=torch.float64)
    reduce = {"max": torch.amax, "avg": torch.mean}[kind]
    places = windows(size, kernel, stride)
    expected = torch.stack(
        [torch.stack([reduce(x[:, :, rows][..., columns], (2, 3)) for columns in places], -1) for rows in places], -2
    )
    torch.testing.assert_close(Pool(kind, kernel, stride)(x), expected)


@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (5, 5), (7, 7), (1, 7), (7, 1)])
@pytest.mark.parametrize(("size", "stride"), [(8, 1), (8, 2), (9, 1), (9, 2)])
def test_convolutions_look_at_the_windows_of_same(kernel, size, stride):
    x = torch.randn(1, 1, size, size, dtype=torch.float64)
    layer = Convolution(1, 1, kernel, (stride, stride)).double()
    nn.init.ones_(layer.weight)
    down, across = (windows(size, side, stride) for side in kernel)
    expected = torch.stack([torch.stack([x[0, 0][rows][:, columns].sum() for columns in across]) for rows in down])
    torch.testing.assert_close(layer(x)[0, 0], expected)


@pytest.mark.parametrize("out", [4, 5])
@pytest.mark.parametrize("size", [6, 7])
def test_a_factorized_reduction_keeps_even_and_odd_pixels(size, out):
    x = torch.randn(1, 1, size, size)
    layer = FactorizedReduction(1, out).eval()
    for half in (layer.even, layer.odd):
        nn.init.ones_(half.weight)
    made = layer(x) * (1 + layer.norm.eps) ** 0.5  # a new batch norm does nothing else
    odd = torch.zeros(-(-size // 2), -(-size // 2))
    odd[: size // 2, : size // 2] = x[0, 0, 1::2, 1::2]
    torch.testing.assert_close(made[0, 0], x[0, 0, ::2, ::2])
    torch.testing.assert_close(made[0, 2], odd)
    assert made.shape[1] == out and (out == 4 or not made[0, 4].any())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"cell": "e"}, "AmoebaNet-E; there are AmoebaNet-A, AmoebaNet-B"),
        ({"cell": "b", "layers": 4}, "4 cells don't make three equal stacks; allowed are 3, 6"),
        ({"cell": "b", "filters": 15}, "15 filters are too few; allowed are 16 or more"),
    ],
)
def test_what_can_not_be_built_is_refused(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(settings.pop("cell"), **settings)
