"""A measurement says what it measured, leaves nothing behind, and never shares the machine with another one."""

from __future__ import annotations

import platform
import threading
import time
from datetime import datetime
from itertools import pairwise

import pytest
import torch
from torch import nn

from effnet_core.machine import latency, system
from effnet_core.machine.latency import NotEnoughMemory
from effnet_core.progress import Cancelled

SLEEP_MS = 5


class Watched(nn.Module):
    """Sleeps in each pass, and writes down under which conditions it was run."""

    def __init__(self, seen: list[dict]) -> None:
        super().__init__()
        self.layer, self.seen = nn.Conv2d(3, 2, 1), seen

    def forward(self, x):
        if x.is_meta:
            return self.layer(x)
        begun = time.perf_counter()
        time.sleep(SLEEP_MS / 1e3)
        conditions = {
            "training": self.training,
            "recording": torch.is_grad_enabled(),
            "threads": torch.get_num_threads(),
            "shape": tuple(x.shape),
        }
        self.seen.append({**conditions, "time": (begun, time.perf_counter())})
        return self.layer(x)


@pytest.fixture
def seen():
    return []


@pytest.fixture
def measure(seen):
    return lambda **settings: latency.measure(
        lambda: Watched(seen), **{"name": "watched", "resolution": 8, "threads": 1, "runs": 4, **settings}
    )


def test_how_long_a_measurement_takes_is_known_from_one_pass(measure, seen, monkeypatch):
    """Counted in passes: many for quick networks, the least for those that outlast everything."""
    assert latency.seconds_for(0.01) == pytest.approx(0.01 * (latency.WARM_UPS + latency.RUNS))
    assert latency.seconds_for(100) == 100 * (1 + latency.LEAST_RUNS)
    monkeypatch.setattr(latency, "WARM_UP_SECONDS", 1e-6)
    monkeypatch.setattr(latency, "SECONDS", 1e-6)
    measure()
    assert len(seen) == latency.seconds_for(1.0)


def test_a_row_tells_what_was_measured_and_where(measure, seen):
    row = measure(batch=2)
    assert (row.name, row.resolution, row.batch, row.device, row.threads, row.runs) == ("watched", 8, 2, "cpu", 1, 4)
    assert (row.params, row.precision, row.weights) == (3 * 2 + 2, "float32", "random")
    assert row.versions == {"python": dict(system.versions())["Python"], **_installed()}
    assert row.device_name and f"{system.cores()} cores" in row.machine and platform.node() not in row.machine
    assert datetime.fromisoformat(row.date).tzinfo
    assert SLEEP_MS <= row.fastest_ms <= row.lower_ms <= row.median_ms <= row.upper_ms <= row.slowest_ms
    assert len(seen) == latency.WARM_UPS + 4, "warm-up passes are not timed"
    wanted = {"training": False, "recording": False, "threads": 1, "shape": (2, 3, 8, 8)}
    assert all({key: pass_[key] for key in wanted} == wanted for pass_ in seen)


def _installed() -> dict[str, str]:
    return {name: version for name, version in system.versions() if name in ("torch", "torchvision")}


def test_all_threads_are_told_as_a_number(measure):
    assert measure(threads=None).threads == torch.get_num_threads()


def test_a_slow_network_gets_fewer_passes_but_three(measure, seen, monkeypatch):
    monkeypatch.setattr(latency, "SECONDS", 1e-9)
    monkeypatch.setattr(latency, "WARM_UP_SECONDS", 0.0)
    assert measure(runs=50).runs == 3 and len(seen) == 1 + 3
    assert measure(runs=1).runs == 1


def test_progress_grows_to_one(measure):
    told = []
    measure(progress=lambda done: told.append(done) or True)
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1


@pytest.mark.parametrize("passes", [0, 2, 5])
def test_cancelling_gives_the_threads_and_the_turn_back(measure, seen, passes):
    before = torch.get_num_threads()
    with pytest.raises(Cancelled):
        measure(progress=lambda _: len(seen) < passes)
    assert len(seen) == passes and torch.get_num_threads() == before
    assert measure().runs == 4


def test_a_network_that_fails_gives_the_threads_and_the_turn_back(measure):
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="device"):
        measure(device="abacus")
    assert torch.get_num_threads() == before
    assert measure().runs == 4


def test_two_never_measure_at_once(measure, seen):
    others = [threading.Thread(target=measure) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    times = sorted(pass_["time"] for pass_ in seen)
    assert len(times) == 3 * (latency.WARM_UPS + 4)
    assert all(ended <= begun for (_, ended), (begun, _) in pairwise(times))


def test_who_waits_may_leave(measure, seen, monkeypatch):
    monkeypatch.setattr(latency, "PATIENCE", 0.01)
    with latency._one_at_a_time, pytest.raises(Cancelled):
        measure(progress=lambda _: False)
    assert not seen


@pytest.mark.parametrize("setting", ["batch", "threads", "runs", "resolution"])
def test_counts_start_at_one(measure, setting):
    with pytest.raises(ValueError, match=f"{setting} is 0; allowed is 1 or more"):
        measure(**{setting: 0})


def two_layers() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), nn.ReLU(), nn.Conv2d(4, 8, 1, bias=False))


def test_memory_is_the_weights_and_the_most_that_lives_at_one_time():
    picture, narrow, wide = (channels * 8 * 8 * 4 for channels in (3, 4, 8))
    weights = (3 * 4 + 4 * 8) * 4
    copies = wide + 4 * 8 * 4  # the largest activations and the largest weights, reordered
    needed = latency.memory_needed(two_layers, resolution=8) - latency.OVERHEAD
    assert needed == weights + picture + narrow + wide + copies
    twice = latency.memory_needed(two_layers, resolution=8, batch=2) - latency.OVERHEAD
    assert twice - needed == picture + narrow + wide + wide


@pytest.mark.gpu
@pytest.mark.parametrize(("member", "batch"), [("b1", 1), ("b4", 8)])
def test_memory_covers_what_a_gpu_counts(member, batch):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    from effnet_core.architecture import released
    from effnet_core.networks.builder import build

    architecture = released(member)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    row = latency.measure(
        lambda: build(architecture), name=member, resolution=architecture.resolution, batch=batch, device="cuda"
    )
    counted = torch.cuda.max_memory_allocated() - before
    needed = latency.memory_needed(lambda: build(architecture), resolution=architecture.resolution, batch=batch)
    assert 0.5 * counted < needed - latency.OVERHEAD and counted < needed
    assert row.device_name == torch.cuda.get_device_name()


def test_too_little_memory_is_told_before_anything_is_built(measure, seen, monkeypatch):
    monkeypatch.setattr(system, "free_memory", lambda device: 100_000_000)
    built = []

    def make() -> nn.Module:
        network = two_layers()
        built.append(network[0].weight.device.type)
        return network

    with pytest.raises(NotEnoughMemory, match=r"giant at 8 px needs about 0\.2 GB, but 0\.1 GB are free; close other"):
        latency.measure(make, name="giant", resolution=8)
    assert built == ["meta"]
