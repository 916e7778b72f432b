"""Edited gates against the same edits written by hand, and channels closed one by one."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam

from effnet_core.explain.engine import Engine
from effnet_core.explain.gate_edits import GateEdit
from effnet_core.explain.gates import editing, gates_of, logits_with_gates, up_to_gate, watching
from effnet_core.progress import Cancelled

BLOCK = "features.4.0"


class Multiplied(torch.nn.Module):
    """An SE block written by hand, whose gates are then set: value (C,), NaN where the network's own stays."""

    def __init__(self, excite, value) -> None:
        super().__init__()
        self.excite, self.value = excite, value

    def forward(self, x):
        squeezed = torch.nn.functional.silu(self.excite.fc1(x.mean((2, 3), keepdim=True)))
        gate = torch.sigmoid(self.excite.fc2(squeezed))
        instead = self.value.view(1, -1, 1, 1)
        return x * torch.where(instead.isnan(), gate, instead)


@contextmanager
def edited_by_hand(network, edited):
    """torchvision's network with the SE modules of these blocks replaced."""
    originals = {}
    try:
        for name, value in edited.items():
            steps = network.get_submodule(name).block
            originals[name] = steps[-2]
            steps[-2] = Multiplied(steps[-2], torch.tensor(value))
        yield network
    finally:
        for name, excite in originals.items():
            network.get_submodule(name).block[-2] = excite


def values(model, block, channels=None, value=0.0):
    made = np.full(model.architecture.block(block).expanded_channels, np.nan, np.float32)
    made[list(channels) if channels is not None else slice(None)] = value
    return made


def edits_of(model) -> dict[str, tuple[list[GateEdit], dict[str, np.ndarray]]]:
    """Name -> what is asked of the engine, and the same by hand."""
    blocks = [block.name for block in model.architecture.blocks]
    mean = np.linspace(0, 1, model.architecture.block(BLOCK).expanded_channels, dtype=np.float32)
    return {
        "closed": ([GateEdit(BLOCK, 0.0, (3, 17))], {BLOCK: values(model, BLOCK, (3, 17))}),
        "opened": ([GateEdit(BLOCK, 1.0, (5,))], {BLOCK: values(model, BLOCK, (5,), 1.0)}),
        "mean": ([GateEdit(BLOCK, tuple(mean.tolist()))], {BLOCK: mean}),
        "off": ([GateEdit("all", 1.0)], {block: values(model, block, None, 1.0) for block in blocks}),
    }


@pytest.mark.parametrize("name", ["closed", "opened", "mean", "off"])
def test_an_edit_equals_the_same_by_hand(each_model, photographs, prepared, name):
    image = photographs[1]
    edits, edited = edits_of(each_model)[name]
    found = Engine(each_model, "cpu").intervene(image, edits)
    x = prepared(each_model, [image])
    with torch.no_grad():
        before = each_model.module(x)[0]
        with edited_by_hand(each_model.module, edited) as network, watching(gates_of(network)) as seen:
            after = network(x)[0]
    assert (after - before).abs().max() > 1e-3, "the edit shows"
    scale = before.abs().max().item()
    for answer, logits in ((found.before, before), (found.after, after)):
        assert len(answer.top) == each_model.architecture.classes
        for row in answer.top:
            assert row.logit == pytest.approx(logits[row.index].item(), abs=1e-5 * max(1, scale))
            assert row.probability == pytest.approx(logits.double().softmax(0)[row.index].item(), abs=1e-5)
        assert [row.logit for row in answer.top] == sorted((row.logit for row in answer.top), reverse=True)
    assert not set(edited) & set(seen), "the network by hand has other modules there"
    for gates in found.after.gates:
        if gates.block in edited:
            kept = np.isnan(edited[gates.block])
            np.testing.assert_array_equal(gates.values[~kept], edited[gates.block][~kept])
        else:
            np.testing.assert_allclose(gates.values, seen[gates.block][0, :, 0, 0], atol=1e-5)


def test_changes_are_of_the_top_classes_of_either(engine, photographs):
    found = engine.intervene(photographs[0], [GateEdit("all", 1.0)], top=3)
    before, after = ([row.index for row in answer.top[:3]] for answer in (found.before, found.after))
    assert set(before) != set(after)
    assert [row.before.index for row in found.changes] == list(dict.fromkeys(before + after))
    for row in found.changes:
        assert row.before.index == row.after.index and row.before.label == row.after.label
        assert row.logit_change == row.after.logit - row.before.logit


@pytest.mark.parametrize("layer", ["features.8", "features.5"])
def test_maps_before_and_after_are_of_one_class_and_equal_captum(engine, lively_model, photographs, prepared, layer):
    edits, edited = edits_of(lively_model)["off"]
    found = engine.intervene(photographs[0], edits, layer=layer)
    first = found.before.top[0].index
    x = prepared(lively_model, photographs[:1])
    with edited_by_hand(lively_model.module, edited) as network:
        expected = LayerGradCam(network, network.get_submodule(layer)).attribute(x, target=first)[0, 0].detach()
    [before], [after] = found.before.heatmaps, found.after.heatmaps
    assert (before.target, after.target) == (first, first)
    assert np.abs(before.values - after.values).max() > 0.01 * before.values.max()
    magnitude = expected.abs().max().item()
    np.testing.assert_allclose(after.values, expected.relu(), atol=1e-4 * magnitude, rtol=0)
    np.testing.assert_allclose(
        before.values, engine.explain(photographs[:1], layer=layer)[0].heatmaps[0].values, atol=1e-5 * magnitude
    )


def test_a_class_may_be_named(engine, photographs):
    found = engine.intervene(photographs[0], [GateEdit(BLOCK, 0.0)], target=7)
    assert [answer.heatmaps[0].target for answer in (found.before, found.after)] == [7, 7]


def test_what_can_not_be_edited_is_refused(engine, photographs):
    with pytest.raises(ValueError, match=r"there are all, features\.1\.0"):  # the others: test_gate_edits.py
        engine.intervene(photographs[0], [GateEdit("features.9.0", 0.0)])
    with pytest.raises(ValueError, match=r"has no layer 'features\.11'"):
        engine.intervene(photographs[0], [], layer="features.11")


def test_no_hook_stays_behind(engine, photographs, count_hooks, monkeypatch):
    edits = [GateEdit("all", 1.0)]
    engine.intervene(photographs[0], edits)
    assert count_hooks(engine._network) == 0
    monkeypatch.setattr(engine._network.features[6], "forward", lambda _x: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        engine.intervene(photographs[0], edits)
    with pytest.raises(ZeroDivisionError), editing(engine._network, {BLOCK: np.zeros(144, np.float32)}):
        engine._network(torch.zeros(1, 3, 64, 64))
    assert count_hooks(engine._network) == 0 and engine.queue.idle


def test_the_network_answers_as_before_when_edits_are_over(engine, photographs):
    answers = []
    for _ in range(2):
        answers.append([row.logit for row in engine.explain(photographs[:1])[0].top])
        engine.intervene(photographs[0], [GateEdit("all", 0.0)])
    assert answers[0] == answers[1]


# --- channels closed one by one


@pytest.mark.parametrize("block", ["features.1.0", "features.4.0", "features.4.1"])
def test_ranking_equals_closing_each_channel_by_hand(lively_model, engine, photographs, prepared, block):
    """Of the first block, of one with a stride and of one with a residual."""
    target, x = 4, prepared(lively_model, photographs[:1])
    effects = engine.rank_channels(photographs[0], block, target=target)
    width = lively_model.architecture.block(block).expanded_channels
    with torch.no_grad(), watching(gates_of(lively_model.module)) as seen:
        before = lively_model.module(x)[0, target].item()
    assert [effect.drop for effect in effects] == sorted((effect.drop for effect in effects), reverse=True)
    assert sorted(effect.channel for effect in effects) == list(range(width))
    assert max(abs(effect.drop) for effect in effects) > 0.01
    for effect in effects[:: max(1, width // 12)]:
        with edited_by_hand(lively_model.module, {block: values(lively_model, block, [effect.channel])}) as network:
            after = network(x)[0, target].item()
        # in a batch of another size float32 sums run in another order, and lively networks amplify that
        assert effect.drop == pytest.approx(before - after, abs=5e-4 * max(1, abs(before), abs(after)))
        assert effect.gate == pytest.approx(seen[block][0, effect.channel].item(), abs=1e-6)


def test_ranking_of_the_bundled_model_equals_interventions(bundled_model, photographs):
    engine = Engine(bundled_model, "cpu")
    effects = engine.rank_channels(photographs[0], "features.2.0", target=3)
    for effect in effects[:3]:
        found = engine.intervene(photographs[0], [GateEdit("features.2.0", 0.0, (effect.channel,))], target=3)
        [fall] = [
            -row.logit_change
            for row in engine.intervene(photographs[0], found.edits, top=100).changes
            if row.before.index == 3
        ]
        assert effect.drop == pytest.approx(fall, abs=1e-4)


def test_progress_rises_to_one_and_false_cancels(engine, photographs, monkeypatch, count_hooks):
    monkeypatch.setattr(engine, "_batch_size", 10)
    told = []
    effects = engine.rank_channels(photographs[0], BLOCK, target=0, progress=lambda share: told.append(share) or True)
    assert told == sorted(told) and told[-1] == 1 and len(told) == -(-len(effects) // 10)
    told.clear()
    with pytest.raises(Cancelled, match=f"stopped after 20 of {len(effects)} channels of {BLOCK}"):
        engine.rank_channels(
            photographs[0], BLOCK, target=0, progress=lambda share: told.append(share) or len(told) < 2
        )
    assert len(told) == 2 and count_hooks(engine._network) == 0
    assert engine.explain(photographs[:1])


def test_a_click_elsewhere_in_the_callback_leaves_lock_and_hooks_free(engine, photographs, count_hooks):
    """Streamlit ends a run by raising, where the bar is moved, what is no Exception."""
    from streamlit.runtime.scriptrunner import RerunException
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    def clicked(_share):
        assert engine.queue.idle, "others may use the network between batches"
        raise RerunException(RerunData())

    with pytest.raises(RerunException):
        engine.rank_channels(photographs[0], BLOCK, target=0, progress=clicked)
    assert engine.queue.idle and count_hooks(engine._network) == 0
    assert engine.explain(photographs[:1])


# --- the gate that matters most


@pytest.mark.parametrize("block", ["features.2.1", "features.5.1"])
def test_the_strongest_flip_of_the_bundled_model_is_that_of_all_interventions(bundled_model, photographs, block):
    engine = Engine(bundled_model, "cpu")
    gates = {row.block: row.values for row in engine.explain(photographs[:1])[0].gates}[block]
    x = engine._prepare(photographs[:1])
    with torch.no_grad():
        halfway = up_to_gate(engine._network, x, block)
        flipped = halfway.gate.repeat(len(gates), 1)
        flipped.fill_diagonal_(0)
        flipped += torch.diag((halfway.gate < 0.5).float())
        own, after = (
            logits_with_gates(engine._network, halfway, block, rows).softmax(1)
            for rows in (halfway.gate[None], flipped)
        )
    changes = (after[:, own.argmax()] - own.max()).abs()
    found = engine.strongest_flip(photographs[0], block)
    assert found == changes.argmax()
    change = engine.intervene(photographs[0], [GateEdit(block, float(gates[found] < 0.5), (found,))]).changes[0]
    assert abs(change.after.probability - change.before.probability) == pytest.approx(changes[found].item(), abs=1e-4)


def test_the_strongest_flip_refuses_what_is_not_there(engine, photographs):
    with pytest.raises(ValueError, match=r"has no block 'features\.9\.0'; it has features\.1\.0"):
        engine.strongest_flip(photographs[0], "features.9.0")


def test_ranking_refuses_what_is_not_there(engine, photographs):
    with pytest.raises(ValueError, match=r"has no block 'features\.9\.0'; it has features\.1\.0"):
        engine.rank_channels(photographs[0], "features.9.0", target=0)
    with pytest.raises(ValueError, match="the classes of tiny are 0 to 11"):
        engine.rank_channels(photographs[0], BLOCK, target=12)
