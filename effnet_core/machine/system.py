"""What this machine is: versions of what runs here, and its memory. Rows of text for people."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CONTAINER = Path("/sys/fs/cgroup")
PACKAGES = ("torch", "torchvision", "numpy", "pillow", "streamlit", "plotly", "captum")


def versions() -> tuple[tuple[str, str], ...]:
    """(what, version) of Python and of the installed packages that matter; no package is imported."""
    found = [("Python", platform.python_version())]
    for package in PACKAGES:
        try:
            found.append((package, version(package)))
        except PackageNotFoundError:
            continue
    return tuple(found)


def memory(device: str) -> tuple[tuple[str, int], ...]:
    """(what, bytes) of this machine and of the device; only what the system tells."""
    rows = [
        ("this app uses", _resident()),
        ("free on this machine", _available()),
        ("in all on this machine", _physical()),
    ]
    if device.startswith("cuda"):
        import torch

        free, total = torch.cuda.mem_get_info(device)
        name = torch.cuda.get_device_name(device)
        rows += [(f"free on {name}", free), (f"in all on {name}", total)]
    return tuple((what, size) for what, size in rows if size is not None)


def free_memory(device: str) -> int | None:
    """Bytes that a network may still take there; None where the system does not tell."""
    if not device.startswith("cuda"):
        return min((size for size in (_available(), _container_allows()) if size is not None), default=None)
    import torch

    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def may_have_gpu() -> bool:
    """Whether a GPU that torch may use shows itself without torch: NVIDIA's driver, or Apple's chips."""
    return shutil.which("nvidia-smi") is not None or (platform.system(), platform.machine()) == ("Darwin", "arm64")


def processor() -> str:
    """The processor's name as the system tells it."""
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in rows if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def cores() -> int:
    """Logical cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _resident() -> int | None:
    """Linux tells it, other systems need a package for it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _available() -> int | None:
    try:
        rows = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        return int(rows["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def _container_allows() -> int | None:
    """What a container's limit leaves; files that are merely kept in memory make room."""
    try:
        limit, used = (int((CONTAINER / f"memory.{what}").read_text()) for what in ("max", "current"))
        rows = dict(line.split() for line in (CONTAINER / "memory.stat").read_text().splitlines())
        return limit - used + int(rows["inactive_file"])
    except (OSError, KeyError, ValueError):  # no container, or "max": no limit
        return None


def _physical() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None
