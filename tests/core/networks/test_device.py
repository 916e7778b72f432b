"""Which device is picked, on machines that are pretended."""

from __future__ import annotations

import pytest
import torch

from effnet_core.networks.device import available_devices, pick_device


@pytest.fixture
def machine(monkeypatch):
    """machine(cuda=…, mps=…): pretend to have these; no EFFNET_DEVICE."""

    def pretend(*, cuda: int = 0, mps: bool = False) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    monkeypatch.delenv("EFFNET_DEVICE", raising=False)
    return pretend


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"cuda": 2, "mps": True}, ("cuda", "cuda:1", "mps", "cpu")),
        ({"cuda": 1}, ("cuda", "cpu")),
        ({"mps": True}, ("mps", "cpu")),
        ({}, ("cpu",)),
    ],
)
def test_auto_takes_the_best_device(machine, there, expected):
    machine(**there)
    assert available_devices() == expected
    assert pick_device() == pick_device("auto") == expected[0]


def test_the_argument_goes_before_the_environment(machine, monkeypatch):
    machine(cuda=2)
    monkeypatch.setenv("EFFNET_DEVICE", "cpu")
    assert pick_device() == "cpu"
    assert pick_device("cuda") == pick_device("cuda:0") == "cuda"
    assert pick_device("cuda:1") == "cuda:1"
    monkeypatch.setenv("EFFNET_DEVICE", "")
    assert pick_device() == "cuda"


def test_absent_and_unknown_devices_are_refused(machine, monkeypatch):
    machine()
    for name in ("cuda", "cuda:7", "mps", "toaster"):
        with pytest.raises(ValueError, match=f"device is '{name}'.* has cpu"):
            pick_device(name)
    monkeypatch.setenv("EFFNET_DEVICE", "cuda")
    with pytest.raises(ValueError, match="EFFNET_DEVICE is 'cuda'"):
        pick_device()
