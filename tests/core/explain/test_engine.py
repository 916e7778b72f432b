"""The engine against a forward pass by hand and Grad-CAM; its lock, its hooks, its devices, its chunks."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from effnet_core.explain import engine as engine_file
from effnet_core.explain.engine import Engine
from effnet_core.explain.grad_cam import forward_from, grad_cam
from effnet_core.explain.results import Heatmap


def same(one, other, tolerance: float = 1e-5) -> None:
    """Two explanations agree in every number.

    In a batch of another size, or on another device, float32 sums run in another order: allow those 1e-3.
    """
    assert [p.index for p in one.top] == [p.index for p in other.top]
    for name in ("probability", "logit"):
        numbers = ([getattr(p, name) for p in answer.top] for answer in (one, other))
        np.testing.assert_allclose(*numbers, atol=tolerance * max(1, abs(other.top[0].logit)), rtol=0)
    for a, b in zip(one.gates, other.gates, strict=True):
        assert a.block == b.block
        np.testing.assert_allclose(a.values, b.values, atol=tolerance, rtol=0)
    largest = max(heatmap.values.max() for heatmap in other.heatmaps)
    for a, b in zip(one.heatmaps, other.heatmaps, strict=True):
        assert (a.layer, a.target) == (b.layer, b.target)
        np.testing.assert_allclose(a.values, b.values, atol=tolerance * largest, rtol=0)


# --- what explain says


def test_classes_are_the_networks(each_engine, each_model, photographs, prepared, by_hand):
    logits = by_hand(each_model, prepared(each_model, photographs)).logits
    explained = each_engine.explain(photographs, top=3)
    assert len({answer.top[0].index for answer in explained}) > 1, "the pictures get different answers"
    for row, answer in zip(logits, explained, strict=True):
        order = row.argsort(descending=True)[:3].tolist()
        assert [p.index for p in answer.top] == order
        assert [p.logit for p in answer.top] == pytest.approx(row[order].tolist(), rel=1e-4)
        assert [p.probability for p in answer.top] == pytest.approx(row.softmax(0)[order].tolist(), rel=1e-3)


def test_labels_and_groups(engine, lively_model, photographs):
    (answer,) = engine.explain(photographs[:1], top=12)
    assert sum(p.probability for p in answer.top) == pytest.approx(1)
    for p in answer.top:
        assert (p.label, p.group) == (lively_model.labels[p.index], lively_model.groups[p.index])
    sums = {group: sum(p.probability for p in answer.top if p.group == group) for group in set(lively_model.groups)}
    assert dict(answer.groups) == pytest.approx(sums)
    assert [value for _, value in answer.groups] == pytest.approx(sorted(sums.values(), reverse=True))


def test_without_labels_and_groups(lively_b0, photographs):
    (answer,) = Engine(lively_b0, "cpu").explain(photographs[:1])
    assert [(p.label, p.group) for p in answer.top] == [(None, None)] * 5
    assert answer.groups == ()


def test_gates_of_every_block(engine, lively_model, photographs, prepared, by_hand):
    expected = by_hand(lively_model, prepared(lively_model, photographs)).gates
    for layer in (None, "features.3"):
        for n, answer in enumerate(engine.explain(photographs, layer=layer)):
            assert [gates.block for gates in answer.gates] == list(expected)
            for gates in answer.gates:
                assert gates.values.dtype == np.float32
                assert gates.values.std() > 0.02, "not constant"
                np.testing.assert_allclose(gates.values, expected[gates.block][n], atol=1e-5)


def test_maps_are_grad_cam_of_each_pictures_top_classes(each_engine, each_model, photographs, prepared):
    """At every stage; test_grad_cam.py compares Grad-CAM itself with captum's."""
    x = prepared(each_model, photographs)
    for stage, layer in enumerate(each_engine.layers):
        activations, logits = forward_from(each_model.module, x, stage, differentiate=True)
        targets = logits.detach().topk(3).indices
        maps, answers = (
            grad_cam(activations, logits, targets).numpy(),
            each_engine.explain(photographs, top=3, layer=layer),
        )
        for answer, classes, expected in zip(answers, targets.tolist(), maps, strict=True):
            assert [p.index for p in answer.top] == classes
            assert [(heatmap.layer, heatmap.target) for heatmap in answer.heatmaps] == [(layer, one) for one in classes]
            assert {heatmap.values.dtype for heatmap in answer.heatmaps} == {np.dtype(np.float32)}
            shown = np.stack([heatmap.values for heatmap in answer.heatmaps])
            np.testing.assert_allclose(shown, expected, atol=1e-4 * expected.max(), rtol=0)
        assert sum(not heatmap.is_blank for answer in answers for heatmap in answer.heatmaps) > 3


def test_the_last_convolution_is_the_default_layer(engine, photographs):
    default, named = engine.explain(photographs[:1]) + engine.explain(photographs[:1], layer=engine.layers[-1])
    assert default.heatmaps[0].layer == "features.8"
    same(default, named)


def test_a_target_is_mapped_alone(engine, photographs):
    everything = engine.explain(photographs, top=12, layer="features.6")
    for answer, full in zip(engine.explain(photographs, layer="features.6", target=4), everything, strict=True):
        assert len(answer.top) == 5
        (heatmap,) = answer.heatmaps
        expected = next(h for h in full.heatmaps if h.target == 4)
        np.testing.assert_allclose(heatmap.values, expected.values, atol=1e-4 * max(expected.values.max(), 1e-12))


def test_a_blank_map_says_so():
    assert Heatmap("features.8", 0, np.zeros((7, 7), np.float32)).is_blank
    assert not Heatmap("features.8", 0, np.eye(7, dtype=np.float32)).is_blank


@pytest.mark.parametrize("layer", [None, "features.2"])
def test_one_forward_pass(engine, photographs, layer):
    engine.explain(photographs[:1])  # the first answer looks for the quickest way, and asks the network itself
    calls = []
    handle = engine._network.features[0].register_forward_hook(lambda *_: calls.append("features.0"))
    other = engine._network.classifier.register_forward_hook(lambda *_: calls.append("classifier"))
    engine.explain(photographs, layer=layer)
    handle.remove()
    other.remove()
    assert calls == ["features.0", "classifier"]


def test_several_pictures_in_chunks_as_each_alone(engine, photographs):
    together = engine.explain(photographs)
    engine._batch_size = 3
    sizes = []
    handle = engine._network.features[0].register_forward_hook(lambda _m, inputs, _o: sizes.append(len(inputs[0])))
    chunked = engine.explain(photographs)
    handle.remove()
    assert sizes == [3, 1]
    for n, picture in enumerate(photographs):
        same(together[n], chunked[n], 1e-3)
        same(together[n], engine.explain([picture])[0], 1e-3)


def test_no_pictures_no_answers(engine):
    assert engine.explain([]) == []


def test_big_networks_take_few_pictures_at_once(engine, lively_b0):
    assert engine._batch_size > Engine(lively_b0, "cpu")._batch_size >= 1
    huge = replace(lively_b0, preparation=replace(lively_b0.preparation, resize=2000, crop=2000))
    assert Engine(huge, "cpu")._batch_size == 1


# --- what trace says


def test_trace_equals_a_forward_by_hand(each_engine, each_model, photographs, prepared, by_hand):
    x = prepared(each_model, photographs[:1])
    by_block = by_hand(each_model, x).steps
    for block in each_model.architecture.blocks:
        trace, expected = each_engine.trace(photographs[0], block.name), by_block[block.name]
        assert trace.block == block
        assert [name for name, _ in trace.steps] == list(expected)
        assert ("expand" in dict(trace.steps)) == (block.expansion > 1)
        for name, values in trace.steps:
            reference = expected[name][0].numpy()
            assert values.shape == reference.shape and values.dtype == np.float32
            assert values.std() > 0.01, "not constant"
            np.testing.assert_allclose(values, reference, atol=1e-5 * np.abs(reference).max(), rtol=0)


def test_trace_of_maps_one_pixel_wide(lively_model, photographs):
    small = replace(lively_model, preparation=replace(lively_model.preparation, resize=32, crop=32))
    block = lively_model.architecture.blocks[-1]
    steps = dict(Engine(small, "cpu").trace(photographs[0], block.name).steps)
    assert steps["gate"].shape == (block.expanded_channels,)
    assert steps["gated"].shape == (block.expanded_channels, 2, 2)


# --- requests that cannot be met


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"layer": "features.9"}, "features.0.*features.8"),
        ({"layer": "classifier"}, "features.0.*features.8"),
        ({"target": 12}, "0 to 11"),
        ({"target": -1}, "0 to 11"),
        ({"top": 0}, "1 to 12"),
    ],
)
def test_bad_requests_name_what_is_allowed(engine, photographs, request_, words):
    with pytest.raises(ValueError, match=words):
        engine.explain(photographs, **request_)


def test_unknown_block_names_the_blocks(engine, photographs):
    with pytest.raises(ValueError, match=r"features\.1\.0.*features\.7\.0"):
        engine.trace(photographs[0], "features.0")


def test_more_classes_than_there_are_is_all_of_them(engine, photographs):
    (answer,) = engine.explain(photographs[:1], top=500)
    assert sorted(p.index for p in answer.top) == list(range(12))
    assert len(answer.heatmaps) == 12


# --- the network is given back as it was


def test_no_tensor_leaves(engine, photographs):
    answers = [*engine.explain(photographs[:1]), *engine.explain(photographs[:1], layer="features.1")]
    for answer in (*answers, engine.trace(photographs[0], "features.2.0")):
        assert b"torch" not in pickle.dumps(answer)


def test_no_hook_stays_behind(engine, photographs, count_hooks, monkeypatch):
    engine.explain(photographs)
    engine.explain(photographs, layer="features.4")
    engine.trace(photographs[0], "features.2.1")
    assert count_hooks(engine._network) == 0

    def broken(*_):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(engine._network.features[7][0].block[-1], "forward", broken)
    for ask in (
        lambda: engine.explain(photographs),
        lambda: engine.explain(photographs, layer="features.4"),
        lambda: engine.trace(photographs[0], "features.7.0"),
    ):
        with pytest.raises(RuntimeError, match="on purpose"):
            ask()
        assert count_hooks(engine._network) == 0
        assert engine.queue.idle


def test_train_mode_is_never_used_or_left_on(lively_model, photographs):
    expected = Engine(lively_model, "cpu").explain(photographs)
    lively_model.module.train()
    try:
        engine = Engine(lively_model, "cpu")
        for answer, other in zip(engine.explain(photographs), expected, strict=True):
            same(answer, other)
        assert lively_model.module.training, "the caller's module is left as it was"
    finally:
        lively_model.module.eval()
    engine._network.train()
    same(engine.explain(photographs)[0], expected[0])
    assert not any(module.training for module in engine._network.modules())


def test_the_network_is_a_frozen_copy(engine, lively_model, photographs):
    engine.explain(photographs, layer="features.2")
    assert not any(p.requires_grad or p.grad is not None for p in engine._network.parameters())
    assert all(p.requires_grad for p in lively_model.module.parameters())


def test_works_where_gradients_are_switched_off(engine, photographs):
    expected = engine.explain(photographs[:1], layer="features.5")
    with torch.no_grad():
        same(engine.explain(photographs[:1], layer="features.5")[0], expected[0])
    assert torch.is_grad_enabled()


def test_eight_threads_get_the_same_answers_as_one(engine, photographs):
    requests = [(photographs[n % 4], f"features.{n}") for n in (8, 7, 6, 5, 4, 3, 2, 8)]
    blocks = [block.name for block in engine.architecture.blocks[:8]]

    def ask(n: int):
        picture, layer = requests[n]
        return engine.explain([picture], layer=layer)[0], engine.trace(picture, blocks[n])

    alone = [ask(n) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            for (answer, trace), (expected, expected_trace) in zip(pool.map(ask, range(8)), alone, strict=True):
                same(answer, expected)
                for (name, values), (_, reference) in zip(trace.steps, expected_trace.steps, strict=True):
                    np.testing.assert_allclose(values, reference, atol=1e-5, err_msg=name)


def test_questions_that_wait_go_through_the_network_together(bundled_model, photographs, monkeypatch):
    engine, sizes, hold = Engine(bundled_model, "cpu"), [], threading.Event()
    alone = [engine.explain([picture])[0] for picture in photographs]
    explain = engine._explain
    monkeypatch.setattr(engine, "_explain", lambda x, request: sizes.append(len(x)) or explain(x, request))
    with ThreadPoolExecutor(8) as pool:
        pool.submit(engine.queue.ask, None, lambda items: hold.wait(60) and items)
        asked = [pool.submit(engine.explain, [picture]) for picture in photographs]
        while engine.queue.waiting < len(photographs):
            assert not any(one.done() for one in asked)
        hold.set()
        for one, expected in zip(asked, alone, strict=True):
            same(one.result()[0], expected)
    assert sizes == [len(photographs)]


# --- devices


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_out_of_gpu_memory_falls_back_to_the_cpu(engine, photographs, monkeypatch, count_hooks, error):
    expected = engine.explain(photographs)
    working, failures = engine._network.features[5].forward, [error]

    def once(x):
        if failures:
            raise failures.pop()
        return working(x)

    monkeypatch.setattr(engine._network.features[5], "forward", once)
    assert engine.notice is None
    for answer, other in zip(engine.explain(photographs), expected, strict=True):
        same(answer, other)
    assert not failures
    assert engine.device == "cpu" and "CPU" in engine.notice and engine.name in engine.notice
    assert count_hooks(engine._network) == 0


def test_out_of_memory_while_the_network_is_placed(lively_model, photographs, monkeypatch):
    """On a GPU that is already full."""
    place = Engine._place

    def full(self):
        if self.device != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory.")
        place(self)

    monkeypatch.setattr(engine_file, "pick_device", lambda wanted: "cuda")
    monkeypatch.setattr(Engine, "_place", full)
    engine = Engine(lively_model)
    assert engine.device == "cpu" and engine.notice
    assert engine.explain(photographs[:1])


def test_other_failures_are_not_taken_for_it(engine, photographs, monkeypatch):
    def broken(_):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(engine._network.features[5], "forward", broken)
    with pytest.raises(RuntimeError, match="mat1"):
        engine.explain(photographs)
    assert engine.notice is None


@pytest.mark.gpu
def test_the_gpu_gives_the_cpus_answers(each_model, photographs):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    on_gpu, on_cpu = Engine(each_model, "cuda"), Engine(each_model, "cpu")
    for layer in ("features.8", "features.3"):
        answers = (engine.explain(photographs, layer=layer) for engine in (on_gpu, on_cpu))
        for fast, slow in zip(*answers, strict=True):
            same(fast, slow, 1e-3)
    assert on_gpu.device == "cuda" and on_gpu.notice is None


@pytest.mark.gpu
def test_a_full_gpu_falls_back(lively_b0, photographs):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    engine = Engine(lively_b0, "cuda")
    torch.cuda.empty_cache()
    held = torch.cuda.memory_reserved() / torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(held)
    try:
        many = photographs * 4  # with gradients: several hundred MB
        asked, expected = (e.explain(many, layer="features.0") for e in (engine, Engine(lively_b0, "cpu")))
        same(asked[0], expected[0], 1e-3)
        assert engine.device == "cpu" and engine.notice
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
