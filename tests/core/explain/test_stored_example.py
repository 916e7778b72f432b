"""The stored look inside: what the offline model says now."""

import json

import numpy as np
import pytest

from effnet_core.explain import stored_example
from effnet_core.explain.engine import Engine
from effnet_core.images.samples import load_sample
from effnet_core.networks import weights


def test_a_row_holds_what_the_engine_explains(lively_model, monkeypatch, tmp_path):
    engine = Engine(lively_model, "cpu")
    row = stored_example.overview_row(engine, "coffee")
    monkeypatch.setattr(stored_example, "FILE", tmp_path / "overview.json")
    assert stored_example.stored() is None
    stored_example.FILE.write_text(json.dumps(row), encoding="utf-8")
    assert stored_example.stored() == row

    image = load_sample("coffee")
    [found] = engine.explain([image])
    assert row["target_label"] == found.top[0].label == row["top"][0]["label"]
    assert [one["probability"] for one in row["top"]] == pytest.approx([p.probability for p in found.top], abs=1e-4)
    np.testing.assert_allclose(row["heatmap"], found.heatmaps[0].values, atol=1e-4)
    assert [gate["block"] for gate in row["gates"]] == [gate.block for gate in found.gates]
    np.testing.assert_allclose(row["gates"][5]["values"], found.gates[5].values, atol=1e-4)
    assert row["groups"][0] == [found.groups[0][0], pytest.approx(found.groups[0][1], abs=1e-4)]
    left, top, right, bottom = row["crop"]
    assert (top, bottom) == (0, image.height) and abs((right - left) - image.height) <= 1


def test_the_stored_row_is_what_the_bundled_model_says():
    stored = stored_example.stored()
    row = stored_example.overview_row(Engine(weights.load("tiny"), "cpu"), stored["sample"])
    assert [one["label"] for one in row["top"]] == [one["label"] for one in stored["top"]]
    assert [one["probability"] for one in row["top"]] == pytest.approx(
        [one["probability"] for one in stored["top"]], abs=2e-3
    )
    np.testing.assert_allclose(row["heatmap"], stored["heatmap"], rtol=0.02, atol=0.02 * np.max(stored["heatmap"]))
    for now, then in zip(row["gates"], stored["gates"], strict=True):
        np.testing.assert_allclose(now["values"], then["values"], atol=5e-3)
