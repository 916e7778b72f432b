"""benchmarks/gpu.py where there is no GPU: on the CPU, and with a card that is pretended."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from effnet_core.architecture import released
from effnet_core.networks import folded as folded_file

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
sys.path.append(str(Path(__file__).parents[1] / "docs"))
import gpu
import measured

HALF = [way for way in gpu.WAYS if way.dtype != torch.float32]


@pytest.fixture(autouse=True)
def one_thread():
    before, tf32 = torch.get_num_threads(), torch.backends.cudnn.allow_tf32
    torch.set_num_threads(1)  # several would wait for each other wherever other tests run too
    yield
    torch.set_num_threads(before)
    torch.backends.cudnn.allow_tf32 = tf32


@pytest.fixture
def card(monkeypatch):
    """Everything that is asked of CUDA is done on the CPU; the replays of each recorded graph are counted."""
    to, randn, autocast, replays = torch.Tensor.to, torch.randn, torch.autocast, []

    def here(given):
        return "cpu" if str(given).startswith("cuda") else given

    def to_cpu(tensor, *where, **more):
        return to(tensor, *map(here, where), **{name: here(value) for name, value in more.items()})

    stream = SimpleNamespace(wait_stream=lambda other: None)
    properties = SimpleNamespace(name="a pretended card", total_memory=8_000_000_000)
    monkeypatch.setattr(torch.Tensor, "to", to_cpu)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    monkeypatch.setattr(torch, "randn", lambda *size, device="cpu": randn(*size, device=here(device)))
    monkeypatch.setattr(torch, "autocast", lambda device, dtype: autocast(here(device), dtype))
    monkeypatch.setattr(folded_file, "_has_one_dnn", lambda weight: False)
    for name, instead in {
        "is_available": lambda: True,
        "synchronize": lambda: None,
        "get_device_properties": lambda device: properties,
        "Stream": lambda: stream,
        "current_stream": lambda: stream,
        "stream": lambda stream: nullcontext(),
        "CUDAGraph": lambda: SimpleNamespace(replay=lambda: replays.append("replay")),
        "graph": lambda graph: nullcontext(),
    }.items():
        monkeypatch.setattr(torch.cuda, name, instead)
    return replays


def run(tmp_path, *arguments: str) -> dict:
    gpu.main(["--quick", "--networks", "b0", "--file", str(tmp_path / "gpu.json"), *arguments])
    return json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))


def check_rows(report: dict, ways) -> None:
    rows = report["results"]["b0"]["ways"]
    assert list(rows) == [way.name for way in ways]
    for row in rows.values():
        assert "failed" not in row, row
        assert 0 < row["one_picture_ms"]["p50"] <= row["one_picture_ms"]["p95"]
        assert row["share_of_limit"] > 0 and row["limit"] in ("memory", "arithmetic")
        rates = row["pictures_per_s_by_batch"]
        assert row["pictures_per_s"] == max(rates.values()) == rates[str(row["best_batch"])]


def test_the_same_code_on_the_cpu(tmp_path):
    report = run(tmp_path, "--device", "cpu")
    check_rows(report, [way for way in gpu.WAYS if not way.needs_card])
    tiny = report["exactness"]["tiny"]
    assert tiny["engine_uses_twin"] and tiny["ways"]["folded float32"]["holds"]
    shown = measured.table(tmp_path)
    assert "one picture, B0, 32 px" in shown and "of the card's limit" in shown


def test_on_a_card(tmp_path, card):
    report = run(tmp_path)
    check_rows(report, gpu.WAYS)
    assert report["conditions"]["device_name"] == "a pretended card"
    assert report["host_copies_ms"]["32 × 224 px"].keys() == {"not pinned", "pinned before", "pinned for it"}
    assert card, "graphs were replayed"
    exact = report["exactness"]["tiny"]["ways"]
    for way in gpu.WAYS:
        row = exact[way.name]
        assert "failed" not in row
        if way.graph:  # a pretended replay answers with the first picture's logits
            assert row["same_top1"] < row["of"] and row["lead_lost"] > 0 and not row["holds"]
        elif way.dtype == torch.float32:
            assert row["holds"] and row["lead_lost"] == 0
    assert 1e-5 < exact["folded float16"]["largest_difference"] < exact["folded bfloat16"]["largest_difference"] < 0.05


def test_without_a_card_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    gpu.main(["--file", str(tmp_path / "gpu.json")])
    assert capsys.readouterr().out.startswith("There is no CUDA card") and not list(tmp_path.iterdir())


def test_a_recorded_pass_takes_each_picture(card, monkeypatch):
    seen = []

    def double(x):
        seen.append(x)
        return 2 * x

    replay = gpu.recorded(double, torch.zeros(1, 3))
    held, logits = seen[-1], replay(torch.ones(1, 3))
    assert held.tolist() == [[1, 1, 1]] and card == ["replay"]
    assert replay(torch.zeros(1, 3)) is logits and held.tolist() == [[0, 0, 0]]


def test_what_limits_a_pass():
    b0, half = released("b0"), HALF[0]
    slow = {"bytes_per_s": 1e9, "macs_per_s": {str(half.dtype): 1e30}}
    seconds, side = gpu.least(b0, half, 3, slow)
    assert side == "memory" and seconds == pytest.approx((2 * 5_288_548 + 2 * 2 * 3 * 6_748_036) / 1e9)
    seconds, side = gpu.least(b0, half, 3, {"bytes_per_s": 1e30, "macs_per_s": {str(half.dtype): 1e9}})
    assert side == "arithmetic" and seconds == pytest.approx(3 * 385_814_752 / 1e9)


def test_batches_double_until_that_gains_nothing(monkeypatch):
    monkeypatch.setattr(gpu, "at_batch", lambda forward, way, shape, device, effort: max(1.0, shape[0] / 4))
    assert list(gpu.by_batch(None, gpu.WAYS[0], 32, "cpu", gpu.Effort())) == [1, 2, 4, 8]


def test_batches_double_until_the_memory_ends(monkeypatch):
    def full(forward, way, shape, device, effort):
        if shape[0] > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return 1.0

    monkeypatch.setattr(gpu, "at_batch", full)
    assert list(gpu.by_batch(None, gpu.WAYS[0], 32, "cpu", gpu.Effort())) == [1, 2, 4]


def test_a_way_that_fails_does_not_end_the_run():
    def refuse():
        raise RuntimeError("no such kernel\nand more")

    assert gpu.or_failure(refuse) == {"failed": "no such kernel"}
    assert gpu.or_failure(lambda: {"pictures_per_s": 1.0}) == {"pictures_per_s": 1.0}
