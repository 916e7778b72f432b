"""What the machine page shows is what the system says, and a container's limit counts."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from types import SimpleNamespace

import pytest

from effnet_core.machine import system


def test_versions_are_those_installed():
    found = dict(system.versions())
    assert found["Python"] == platform.python_version()
    assert found["torch"] == version("torch")
    assert set(found) - {"Python"} <= set(system.PACKAGES)


def test_a_package_that_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr(system, "PACKAGES", ("numpy", "surely-not-installed"))
    assert [name for name, _ in system.versions()] == ["Python", "numpy"]


def test_memory_grows_with_what_the_app_holds():
    before = dict(system.memory("cpu"))
    held = bytearray(os.urandom(1 << 20) * 256)
    after = dict(system.memory("cpu"))
    assert after["this app uses"] - before["this app uses"] > len(held) / 2
    assert after["this app uses"] < after["total on this machine"]
    assert after["free on this machine"] < after["total on this machine"]


def test_a_containers_limit_counts_where_it_is_lower(monkeypatch, tmp_path):
    """Otherwise a network that the whole machine could hold would end the app."""
    monkeypatch.setattr(system, "CONTAINER", tmp_path)
    monkeypatch.setattr(system.psutil, "virtual_memory", lambda: SimpleNamespace(available=5000))
    assert system.free_memory("cpu") == 5000
    for name, text in (("max", "3000"), ("current", "2500"), ("stat", "anon 1500\ninactive_file 1000")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert system.free_memory("cpu") == 3000 - 2500 + 1000
    (tmp_path / "memory.max").write_text("max\n")
    assert system.free_memory("cpu") == 5000


def test_the_processor_has_a_name_and_cores():
    assert system.processor().strip() and system.processor() != platform.node()
    assert 1 <= system.cores() <= os.cpu_count()


@pytest.mark.gpu
def test_a_gpus_memory_stands_beside_the_machines():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    name = torch.cuda.get_device_name("cuda")
    rows = dict(system.memory("cuda"))
    assert 0 < rows[f"free on {name}"] <= rows[f"total on {name}"]
