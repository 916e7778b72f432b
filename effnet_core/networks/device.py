"""Which devices torch can use on this machine, which of them to use, and when one has run out of memory."""

from __future__ import annotations

import os

import torch


def available_devices() -> tuple[str, ...]:
    """Devices that this machine and this torch can use, best first."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    numbered = tuple(f"cuda:{number}" for number in range(1, count))
    apple = ("mps",) if torch.backends.mps.is_available() else ()
    return ("cuda",) * (count > 0) + numbered + apple + ("cpu",)


def pick_device(wanted: str = "auto") -> str:
    """The device of that name; "auto": what EFFNET_DEVICE says, or the best. Raises ValueError listing the devices."""
    name, origin, available = wanted, "device", available_devices()
    if name == "auto":
        name, origin = os.environ.get("EFFNET_DEVICE") or "auto", "EFFNET_DEVICE"
    if name == "auto":
        return available[0]
    name = name.lower().replace("cuda:0", "cuda")
    if name not in available:
        raise ValueError(f"{origin} is {name!r}; this machine has {', '.join(available)}, and auto picks the first")
    return name


def is_out_of_memory(error: RuntimeError) -> bool:
    """CUDA has an error class for it, MPS and cuBLAS only a message; the CPU's is "can't allocate memory"."""
    message = str(error)
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in message or "STATUS_ALLOC_FAILED" in message
