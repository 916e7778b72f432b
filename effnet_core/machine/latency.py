"""Latency, measured with warm-up, synchronisation and repeats: the median and its spread with their conditions.

One measurement at a time in the whole process, since two would slow each other down and torch's number of threads
belongs to the process. Weights are random: the time of a pass does not depend on their values.
"""

from __future__ import annotations

import math
import platform
import statistics
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..progress import Cancelled, Progress
from . import system

WARM_UPS = 3  # fewer where they last longer than WARM_UP_SECONDS, one at least
WARM_UP_SECONDS = 2.0
LEAST_RUNS, RUNS = 3, 10
SECONDS = 30.0  # no further run starts after these, once there are LEAST_RUNS
PATIENCE = 0.2  # seconds between two checks whether a waiting caller was cancelled
OVERHEAD = 200_000_000  # bytes that the libraries themselves take
RUNS_IT = ("python", "torch", "torchvision")

Make = Callable[[], nn.Module]
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Measurement:
    """How long one forward pass of one network took here, and everything that the number depends on.

    `lower_ms` and `upper_ms` are the quartiles. `threads` counts the processor's threads also where a GPU did the
    work. `weights`: timing does not depend on their values, so they are random and the row says so.
    """

    name: str
    resolution: int
    batch: int
    device: str
    device_name: str
    threads: int
    precision: str
    runs: int
    median_ms: float
    lower_ms: float
    upper_ms: float
    fastest_ms: float
    slowest_ms: float
    params: int
    date: str
    versions: dict[str, str]
    machine: str
    weights: str = "random"


class NotEnoughMemory(RuntimeError):
    """The network would not fit; the sentence says what it needs and what is free. Nothing was built."""


def measure(
    make: Make,
    *,
    name: str,
    resolution: int,
    batch: int = 1,
    device: str = "cpu",
    threads: int | None = None,
    runs: int = RUNS,
    progress: Progress | None = None,
) -> Measurement:
    """Time forward passes of the network that `make` builds; it is called twice, first on the meta device.

    `threads`: None takes all that torch would. At most `runs` passes are timed, at least three for slow networks.
    Raises NotEnoughMemory before anything is built, and Cancelled when `progress` returns False.
    """
    for what, count in (("batch", batch), ("threads", threads), ("runs", runs), ("resolution", resolution)):
        if count is not None and count < 1:
            raise ValueError(f"{what} is {count}; allowed is 1 or more")
    report = progress or (lambda _: True)
    with _alone(report), _threads(threads) as used, torch.inference_mode():
        refuse_what_does_not_fit(make, name=name, resolution=resolution, batch=batch, device=device)
        _go_on(report, 0.0)
        network = make().eval().to(device)
        pictures = torch.randn(batch, 3, resolution, resolution, device=device)
        times = _times(lambda: network(pictures), device, runs, report)
    params = sum(parameter.numel() for parameter in network.parameters())
    size = {"name": name, "resolution": resolution, "batch": batch, "params": params}
    return Measurement(**size, threads=used, **_spread(times), **_conditions(device))


def seconds_for(pass_s: float) -> float:
    """How long measuring a network takes whose pass takes that long, without building it."""
    warm_ups = min(max(math.ceil(WARM_UP_SECONDS / pass_s), 1), WARM_UPS)
    runs = min(max(math.ceil(SECONDS / pass_s), LEAST_RUNS), RUNS)
    return pass_s * (warm_ups + runs)


def memory_needed(make: Make, *, resolution: int, batch: int = 1) -> int:
    """Bytes that a forward pass takes: all weights, and the most other memory in use at one time.

    Read from a pass on the meta device, where tensors have sizes but no memory. float32. A copy of the largest
    activations and of the largest layer's weights is included, since libraries reorder both for their kernels.
    """
    live = _LiveBytes()
    with torch.device("meta"), torch.no_grad():
        network = make().eval()
        with live:
            network(torch.empty(batch, 3, resolution, resolution))
    weights = [tensor.nbytes for tensor in (*network.parameters(), *network.buffers())]
    return sum(weights) + live.most + live.largest + max(weights, default=0) + OVERHEAD


def refuse_what_does_not_fit(make: Make, *, name: str, resolution: int, batch: int = 1, device: str = "cpu") -> None:
    """Raises NotEnoughMemory, saying what the network needs and what is free, where it needs more than is free."""
    free, needed = system.free_memory(device), memory_needed(make, resolution=resolution, batch=batch)
    if needed > free:
        raise NotEnoughMemory(
            f"{name} at {resolution} px needs about {needed / 1e9:.1f} GB, but {free / 1e9:.1f} GB are free; "
            f"close other programs, or take a smaller network{', picture or batch' if batch > 1 else ' or picture'}"
        )


class _LiveBytes(TorchDispatchMode):
    """Tracks the memory of what operations produce: the most at one time, and the largest piece."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = self.largest = 0
        self._known = weakref.WeakSet()

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        produced = operation(*arguments, **(keywords or {}))
        for tensor in tree_leaves(produced):
            if isinstance(tensor, Tensor):
                self._follow(tensor.untyped_storage())
        return produced

    def _follow(self, storage: torch.UntypedStorage) -> None:
        if storage in self._known:
            return
        self._known.add(storage)
        size = storage.nbytes()
        self.now += size
        self.most, self.largest = max(self.most, self.now), max(self.largest, size)
        weakref.finalize(storage, self._release, size)

    def _release(self, size: int) -> None:
        self.now -= size


def _times(forward: Callable[[], object], device: str, runs: int, report: Progress) -> list[float]:
    """Milliseconds of each timed pass."""
    begun = time.perf_counter()
    for _ in range(WARM_UPS):
        _milliseconds(forward, device)
        _go_on(report, 0.0)
        if time.perf_counter() - begun > WARM_UP_SECONDS:
            break
    begun, times = time.perf_counter(), []
    while len(times) < runs and (len(times) < LEAST_RUNS or time.perf_counter() - begun < SECONDS):
        times.append(_milliseconds(forward, device))
        spent = (time.perf_counter() - begun) / SECONDS
        _go_on(report, max(len(times) / runs, min(spent, len(times) / LEAST_RUNS, 1.0)))
    return times


def _spread(times: list[float]) -> dict[str, float]:
    lower, median, upper = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    return {
        "runs": len(times),
        "median_ms": median,
        "lower_ms": lower,
        "upper_ms": upper,
        "fastest_ms": min(times),
        "slowest_ms": max(times),
    }


def _conditions(device: str) -> dict[str, str | dict[str, str]]:
    return {
        "device": device,
        "device_name": torch.cuda.get_device_name(device) if device.startswith("cuda") else system.processor(),
        "precision": _precision(device),
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "versions": {what.lower(): version for what, version in system.versions() if what.lower() in RUNS_IT},
        "machine": f"{system.processor()}, {system.cores()} cores, {platform.system()}",
    }


def _milliseconds(forward: Callable[[], object], device: str) -> float:
    _synchronise(device)
    begun = time.perf_counter()
    forward()
    _synchronise(device)  # a GPU answers before it is done
    return 1e3 * (time.perf_counter() - begun)


def _synchronise(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    elif device.startswith("mps"):
        torch.mps.synchronize()


@contextmanager
def _alone(report: Progress) -> Iterator[None]:
    """Wait until no other measurement runs. Raises Cancelled when `report` returns False meanwhile."""
    while not _one_at_a_time.acquire(timeout=PATIENCE):
        _go_on(report, 0.0)
    try:
        yield
    finally:
        _one_at_a_time.release()


@contextmanager
def _threads(wanted: int | None) -> Iterator[int]:
    """Let torch use that many threads, and restore its own number afterwards, on failure too."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(wanted or before)
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)


def _go_on(report: Progress, done: float) -> None:
    if not report(done):
        raise Cancelled


def _precision(device: str) -> str:
    """TF32 shortens the factors of float32 convolutions on newer NVIDIA GPUs, unless it was turned off."""
    shortened = (
        device.startswith("cuda")
        and torch.cuda.get_device_capability(device) >= (8, 0)
        and torch.backends.cudnn.allow_tf32
    )
    return "float32, convolutions in TF32" if shortened else "float32"
