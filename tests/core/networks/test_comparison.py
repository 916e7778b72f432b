"""The stored rows are those of the built networks, and both agree with what others count and publish."""

from __future__ import annotations

import pytest
import torch
from torchvision.models import get_model_weights

from effnet_core.architecture import RELEASES, released
from effnet_core.cost import cost_of
from effnet_core.networks import comparison
from effnet_core.published import claims, tables

ROWS = {row["name"]: row for row in tables.networks()}


def test_every_compared_network_can_be_built():
    assert set(comparison.BUILDERS) == set(claims.COMPARED) == set(ROWS)
    assert {"amoebanet_b", "resnet152", "wide_resnet50_2", "wide_resnet101_2", "mobilenet_v2"} <= set(ROWS)


@pytest.mark.parametrize("name", comparison.BUILDERS)
def test_stored_rows_are_those_of_the_built_network(name):
    assert comparison.row(name) == ROWS[name], "python -m effnet_core networks --write"


@pytest.mark.parametrize("name", comparison.TORCHVISION)
def test_counts_are_torchvisions(name):
    meta = get_model_weights(name).DEFAULT.meta
    assert ROWS[name]["params"] == meta["num_params"]
    pixels = {"resnext101_64x4d": 224}.get(name, ROWS[name]["resolution"])
    scale = (ROWS[name]["resolution"] / pixels) ** 2  # torchvision counts at 224 px, the paper has it at 320
    assert ROWS[name]["macs"] / 1e9 == pytest.approx(meta["_ops"] * scale, rel=2e-3)


@pytest.mark.parametrize("member", RELEASES)
def test_counts_are_the_cost_models(member):
    row, cost = ROWS[f"efficientnet_{member}"], cost_of(released(member))
    assert (row["params"], row["macs"], row["resolution"]) == (cost.params, cost.macs, released(member).resolution)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_network_is_the_one_that_is_published(row):
    printed = row["published"]
    assert list(printed) == ["params", "macs", "source"]
    assert (printed["source"] is None) == (printed["params"] is None)
    for quantity in ("params", "macs"):
        if printed[quantity] is not None:
            assert row[quantity] == pytest.approx(printed[quantity], rel=0.05)


def test_a_built_network_answers():
    with torch.no_grad():
        logits = comparison.build("mobilenet_v2").eval()(torch.randn(1, 3, 64, 64))
    assert logits.shape == (1, 1000) and logits.isfinite().all()


def test_other_names_are_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"no network is called 'vgg16'; there are .*amoebanet_b.*resnet152"):
        comparison.build("vgg16")
