"""The arithmetic on the screen against what the network computes, layer by layer, for every block of each network."""

from __future__ import annotations

import numpy as np
import pytest
from support.inside import outputs_of

from effnet_core.explain import block_arithmetic
from effnet_core.explain.block_arithmetic import Sum, block_sums, gate_sums

PIXELS_PER_STEP = 4  # corners apart
RELATIVE = 1e-4


@pytest.fixture
def layers(each_model, photographs, prepared) -> dict[str, np.ndarray]:
    """Every module's own output for the first photograph, (C, H, W), by its path."""
    outputs = outputs_of(each_model.module, prepared(each_model, photographs[:1]))
    return {path: output[0].numpy() for path, output in outputs.items()}


def assert_close(shown: float, network: float, products: np.ndarray, factor: float = 1.0) -> None:
    """To 1e-4 of the value; where a sum cancels out, to what float32 can know of its summands."""
    bound = 2e-6 * abs(factor) * float(np.abs(products).sum())
    assert shown == pytest.approx(float(network), rel=RELATIVE, abs=max(bound, 1e-7))


def places(generator: np.random.Generator, shape: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """Channel, row and column: all corners, since patches hang over the edge there, and some in between."""
    channels, rows, columns = shape
    corners = [(generator.integers(channels), row, column) for row in (0, rows - 1) for column in (0, columns - 1)]
    inside = [tuple(generator.integers(shape)) for _ in range(PIXELS_PER_STEP)]
    return [tuple(map(int, place)) for place in (*corners, *inside)]


def test_every_sum_of_every_block_is_the_networks_own(each_engine, each_model, photographs, layers):
    generator = np.random.default_rng(0)
    for block in each_model.architecture.blocks:
        trace, weights = each_engine.trace(photographs[0], block.name), each_engine.block_weights(block.name)
        steps = dict(trace.steps)
        names = ("expand", "depthwise")[-(len(weights.kernels) - 1) :]
        numbers = dict(zip(names, range(2), strict=False)) | {"project": len(names) + 1}
        assert set(weights.kernels) == set(numbers)
        for step, number in numbers.items():
            unit = f"{block.name}.block.{number}"
            for channel, row, column in places(generator, steps[step].shape):
                found = block_sums(trace, weights, step, channel=channel, row=row, column=column)
                assert_sum(found, [layers[f"{unit}.{part}"][channel, row, column] for part in (0, 1)])
                assert_close(found.value, layers[unit][channel, row, column], found.products, found.folded[0])
                assert found.seen == pytest.approx(float(layers[unit][channel, row, column]), rel=1e-4, abs=1e-5)
                assert (found.added is None) == (step != "project" or not block.has_residual)
                after = found.value + (found.added or 0.0)
                if step == "project":
                    assert_close(after, layers[block.name][channel, row, column], found.products, found.folded[0])


def assert_sum(found: Sum, network: list[float]) -> None:
    """The convolution, batch norm, and both folded into one."""
    convolved, normed = network
    factor, bias = found.folded
    assert_close(found.total, convolved, found.products)
    assert_close(found.normed, normed, found.products, factor)
    assert factor * found.total + bias == pytest.approx(found.normed, rel=1e-9, abs=1e-9)


def test_every_number_of_every_gate_is_the_networks_own(each_engine, each_model, photographs, layers):
    generator = np.random.default_rng(1)
    for block in each_model.architecture.blocks:
        trace, weights = each_engine.trace(photographs[0], block.name), each_engine.block_weights(block.name)
        se = f"{block.name}.block.{len(weights.kernels) - 1}"
        pooled, first, silu, second, gate = (
            layers[f"{se}.{part}"].ravel() for part in ("avgpool", "fc1", "activation", "fc2", "scale_activation")
        )
        for channel in map(int, generator.integers(block.expanded_channels, size=PIXELS_PER_STEP)):
            found = gate_sums(trace, weights, channel)
            np.testing.assert_allclose(found.pooled, pooled, rtol=RELATIVE, atol=1e-6)
            scale = np.abs(found.squeeze * found.pooled).sum(1)
            assert (np.abs(found.squeezed - first) <= RELATIVE * np.abs(first) + 2e-6 * scale).all()
            assert (np.abs(found.activated - silu) <= RELATIVE * np.abs(silu) + 2e-6 * scale).all()
            for unit in range(block.squeeze_channels):
                shown = found.squeeze_products(unit).sum() + found.squeeze_bias[unit]
                assert shown == pytest.approx(found.squeezed[unit], rel=1e-9, abs=1e-12)
            behind = np.abs(found.excite) @ scale
            assert found.total == pytest.approx(float(second[channel]), rel=RELATIVE, abs=2e-6 * behind)
            assert found.gate == pytest.approx(float(gate[channel]), rel=RELATIVE)
            assert found.seen == pytest.approx(float(gate[channel]), rel=1e-5)


def test_weights_are_copies(engine, photographs):
    weights = engine.block_weights("features.2.0")
    before = engine.trace(photographs[0], "features.2.0")
    for kernel in weights.kernels.values():
        kernel[:] = 0
    weights.excite[:] = 0
    weights.norms["project"].scale[:] = 0
    after = engine.trace(photographs[0], "features.2.0")
    for (_, one), (_, other) in zip(before.steps, after.steps, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_patch_is_zero_where_it_hangs_over_the_edge():
    values = np.arange(12.0).reshape(3, 4)
    padded = np.pad(values, 3)
    for top in range(-3, 4):
        for left in range(-3, 5):
            np.testing.assert_array_equal(
                block_arithmetic.patch(values, top, left, 3), padded[top + 3 : top + 6, left + 3 : left + 6]
            )
    assert not block_arithmetic.patch(values, 9, 9, 3).any()


def test_channels_are_ranked_and_contributions_sorted():
    maps = np.array([[[0.0, 0.0]], [[-5.0, -5.0]], [[-1.0, 1.0]]])
    assert block_arithmetic.ranked(maps, "spread") == [2, 0, 1]
    assert block_arithmetic.ranked(maps, "mean") == [1, 2, 0]
    assert block_arithmetic.largest(np.array([0.5, -3.0, 1.0]), 2) == [1, 2]


def test_a_sigmoid_of_large_numbers_does_not_overflow():
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(block_arithmetic.sigmoid(np.array([-1e4, 0, 1e4])), [0, 0.5, 1])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"step": "squeeze"}, "expand, depthwise, project"),
        ({"channel": 10_000}, "channel is 10000"),
        ({"row": -1}, "row is -1"),
        ({"column": 10_000}, "column is 10000"),
    ],
)
def test_what_is_not_there_is_refused(engine, photographs, settings, said):
    trace, weights = engine.trace(photographs[0], "features.2.0"), engine.block_weights("features.2.0")
    asked = {"step": "depthwise", "channel": 0, "row": 0, "column": 0} | settings
    with pytest.raises(ValueError, match=said):
        block_sums(trace, weights, asked.pop("step"), **asked)
    with pytest.raises(ValueError, match="channel is -1"):
        gate_sums(trace, weights, -1)
    with pytest.raises(ValueError, match=r"features\.1\.0"):
        engine.block_weights("features.0")
