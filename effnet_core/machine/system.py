"""What this machine is: versions of what runs here, and its memory. Rows of text for people."""

from __future__ import annotations

import math
import os
import platform
import shutil
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

CONTAINER = Path("/sys/fs/cgroup")  # cgroup v2, on Linux
PACKAGES = ("torch", "torchvision", "numpy", "pillow", "streamlit", "plotly", "captum")


def versions() -> tuple[tuple[str, str], ...]:
    """(what, version) of Python and of the installed packages that matter; no package is imported."""
    rows = [("Python", platform.python_version())]
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            rows.append((package, version(package)))
    return tuple(rows)


def memory(device: str) -> tuple[tuple[str, int], ...]:
    """(what, bytes) of this process, of the whole machine and, where it is a GPU, of the device."""
    rows = [
        ("this app uses", psutil.Process().memory_info().rss),
        ("free on this machine", psutil.virtual_memory().available),
        ("total on this machine", psutil.virtual_memory().total),
    ]
    if device.startswith("cuda"):
        import torch

        free, total = torch.cuda.mem_get_info(device)
        name = torch.cuda.get_device_name(device)
        rows += [(f"free on {name}", free), (f"total on {name}", total)]
    return tuple(rows)


def free_memory(device: str) -> int:
    """Bytes that a network may still take there."""
    if not device.startswith("cuda"):
        return min(psutil.virtual_memory().available, _container_allows())
    import torch

    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def may_have_gpu() -> bool:
    """Whether there may be a GPU for torch, without importing it: NVIDIA's driver, or Apple's chips."""
    return shutil.which("nvidia-smi") is not None or (platform.system(), platform.machine()) == ("Darwin", "arm64")


def processor() -> str:
    """The processor's name; psutil does not know it: /proc has it on Linux, Python elsewhere."""
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in rows if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def cores() -> int:
    """Logical cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _container_allows() -> float:
    """Bytes that a container's limit leaves, infinite where there is none. Cached files give way, so they count."""
    try:
        limit, used = (int((CONTAINER / f"memory.{what}").read_text()) for what in ("max", "current"))
        rows = dict(line.split() for line in (CONTAINER / "memory.stat").read_text().splitlines())
        return limit - used + int(rows["inactive_file"])
    except (OSError, KeyError, ValueError):  # no container, or "max": no limit
        return math.inf
