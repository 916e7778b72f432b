"""Garbage is collected for all sessions together, while somebody makes some."""

from __future__ import annotations

import gc
import threading
import tomllib
import weakref
from types import SimpleNamespace

import pytest
from support.paths import ROOT
from support.screen import straight_to

from ui.session import garbage

ROUNDS = 3


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collected(monkeypatch) -> list[int]:
    """Filled by the collections of a server that ends after ROUNDS looks."""
    looks, collections, collect = iter([True] * ROUNDS), [], gc.collect
    monkeypatch.setattr(garbage, "EVERY_S", 0)
    monkeypatch.setattr(garbage.runtime, "exists", lambda: next(looks, False))
    monkeypatch.setattr(garbage.gc, "collect", lambda: collections.append(collect()))
    return collections


def test_what_sessions_leave_in_cycles_is_collected(collected):
    left = weakref.ref(Cycle())
    garbage._collect_for_ever()
    assert collected and left() is None


def test_a_server_that_nobody_uses_collects_nothing_more(collected, monkeypatch):
    monkeypatch.setattr(garbage, "_made", lambda: 7)
    garbage._collect_for_ever()
    assert len(collected) == 1


@pytest.mark.usefixtures("collected")
def test_the_pause_grows_with_what_a_collection_takes(monkeypatch):
    clock, made, pauses = iter(range(100)), iter(range(1, 100)), []
    monkeypatch.setattr(garbage, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=pauses.append))
    monkeypatch.setattr(garbage, "_made", lambda: next(made))
    garbage._collect_for_ever()
    assert pauses == [0, *[1 / garbage.MOST_SHARE] * (ROUNDS - 1)]


@pytest.mark.usefixtures("started_server")
def test_every_server_collects_so_and_not_after_each_run(monkeypatch):
    started = threading.Event()
    monkeypatch.setattr(garbage, "_collect_for_ever", started.set)
    garbage.watch.clear()
    straight_to("overview")
    garbage.watch.clear()
    assert started.wait(30)
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["runner"]["postScriptGC"] is False
