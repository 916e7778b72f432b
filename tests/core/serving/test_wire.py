"""Answers as bytes: every kind comes back as it was, in both forms, and bytes from outside make nothing else."""

from __future__ import annotations

import dataclasses
import io
import json

import numpy as np
import pytest

from effnet_core.explain.block_arithmetic import BlockWeights
from effnet_core.explain.engine import Engine
from effnet_core.explain.gate_edits import GateEdit
from effnet_core.explain.results import (
    BlockTrace,
    ChannelEffect,
    Curves,
    Explanation,
    Faithfulness,
    Heatmap,
    Intervention,
    Randomised,
)
from effnet_core.images.samples import load_sample
from effnet_core.networks import weights
from effnet_core.serving import wire
from effnet_core.serving.questions import Facts

BOTH = pytest.mark.parametrize("form", [wire.JSON, wire.NPZ])
EDIT = GateEdit("features.2.0", 0.0, (3, 5))


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[object, object]]:
    """One of each kind with its type, from the bundled model."""
    engine, coffee = Engine(weights.load("tiny"), "cpu"), load_sample("coffee")
    explained = engine.explain([coffee], top=2)
    heatmap = explained[0].heatmaps[0]
    curves = Curves(np.linspace(1, 0, 3), np.linspace(0, 1, 3), 0.25)
    return {
        "explanations": (list[Explanation], explained),
        "ladder": (list[Heatmap], engine.ladder(coffee, targets=[3])),
        "trace": (BlockTrace, engine.trace(coffee, "features.2.0")),
        "intervention": (Intervention, engine.intervene(coffee, [EDIT])),
        "channels": (list[ChannelEffect], [ChannelEffect(3, 0.5, -0.125)]),
        "edits": (list[GateEdit], [EDIT, GateEdit("features.2.0", (1.0, 0.5))]),
        "faithfulness": (Faithfulness, Faithfulness(7, np.linspace(0, 1, 3), *[curves] * 3, "mean", "blurred", 0)),
        "weights": (BlockWeights, engine.block_weights("features.2.0")),
        "facts": (Facts, Facts(**{name: getattr(engine, name) for name in Facts.__dataclass_fields__})),
        "randomised": (list[Randomised], [Randomised("head", heatmap, None), Randomised("stem", heatmap, 0.5)]),
    }


def assert_same(one: object, other: object) -> None:
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, dict):
        assert_same(list(one.items()), list(other.items()))
    elif isinstance(one, tuple | list):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            assert_same(mine, theirs)
    else:
        assert one == other


@BOTH
@pytest.mark.parametrize(
    "kind",
    [
        "explanations",
        "ladder",
        "trace",
        "intervention",
        "channels",
        "edits",
        "faithfulness",
        "weights",
        "facts",
        "randomised",
    ],
)
def test_every_answer_comes_back_exactly(answers, kind, form):
    hint, rows = answers[kind]
    assert_same(wire.load(hint, wire.dump(rows, form), form), rows)


@BOTH
def test_numbers_that_json_has_no_word_for_come_back(form):
    values = np.array([[np.nan, np.inf], [-np.inf, 0.1]], np.float32)
    data = wire.dump(Heatmap("input", 0, values), form)
    np.testing.assert_array_equal(wire.load(Heatmap, data, form).values, values)
    assert wire.load(ChannelEffect, wire.dump(ChannelEffect(0, 1.0, -np.inf), form), form).drop == -np.inf


def test_json_is_plain_json():
    tree = json.loads(wire.dump(ChannelEffect(3, 0.5, 1.0)), parse_constant=pytest.fail)
    assert tree == {"channel": 3, "gate": 0.5, "drop": 1.0}


def test_npz_is_the_smaller_form_for_maps():
    heatmap = Heatmap("features.0", 0, np.random.default_rng(0).random((64, 64)).astype(np.float32))
    assert 3 * len(wire.dump(heatmap, wire.NPZ)) < len(wire.dump(heatmap, wire.JSON))


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"", wire.JSON),
        (b"[]", wire.JSON),
        (b"\xff\xfe", wire.JSON),
        (b'{"channel": "3", "gate": 0.5, "drop": 1}', wire.JSON),
        (b'{"channel": 3, "gate": 0.5}', wire.JSON),
        (b"", wire.NPZ),
        (b"PK\x03\x04", wire.NPZ),
    ],
)
def test_other_bytes_are_refused_with_a_sentence(data, form):
    with pytest.raises(ValueError, match="these bytes hold no ChannelEffect as application"):
        wire.load(ChannelEffect, data, form)


def test_objects_in_an_npz_are_refused():
    file = io.BytesIO()
    rows = b'{"layer":"input","target":0,"values":{"array":0},"method":"gradcam","signed":false}'
    np.savez(file, rows=np.frombuffer(rows, np.uint8), a0=np.array([object()]))
    with pytest.raises(ValueError, match="these bytes hold no Heatmap"):
        wire.load(Heatmap, file.getvalue(), wire.NPZ)


def test_an_npz_that_unpacks_to_more_than_came_is_refused():
    file = io.BytesIO()
    rows = b'{"layer":"input","target":0,"values":{"array":0},"method":"gradcam","signed":false}'
    np.savez_compressed(file, rows=np.frombuffer(rows, np.uint8), a0=np.zeros((1 << 10, 1 << 10), np.float32))
    assert len(file.getvalue()) < 1 << 16
    with pytest.raises(ValueError, match="its arrays are compressed"):
        wire.load(Heatmap, file.getvalue(), wire.NPZ)


def test_json_nested_without_end_is_refused():
    with pytest.raises(ValueError, match="these bytes hold no Heatmap"):
        wire.load(Heatmap, b"[" * 100_000)


def test_names_and_choices_among_words_come_back():
    from effnet_core.networks.weights_source import WeightsSource

    source = WeightsSource("imagenet", "V1")
    assert wire.load(WeightsSource, wire.dump(source)) == source
    with pytest.raises(ValueError, match="these bytes hold no WeightsSource"):
        wire.load(WeightsSource, b'{"kind": "stolen", "name": "V1"}')
