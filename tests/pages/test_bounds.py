"""What all sessions of a server may do at once: long answers, decoding of photographs."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from unittest.mock import MagicMock

import pytest

from effnet_core.images import reading
from ui.session import pictures
from ui.shared import progress_bar


@pytest.fixture
def screen(monkeypatch) -> MagicMock:
    screen = MagicMock()
    monkeypatch.setattr(progress_bar, "st", screen)
    monkeypatch.setattr(progress_bar, "LOOK_EVERY_S", 0.01)
    return screen


def long_answer():
    return progress_bar.stoppable("Starting …", str, key="long")


def test_one_more_long_answer_waits_is_told_why_and_begins_when_another_ends(screen):
    def ask():
        with long_answer() as (_, report):
            return report(1.0)

    bar = screen.progress.return_value
    with ThreadPoolExecutor(1) as pool, ExitStack() as others:
        for _ in range(progress_bar.MOST_AT_ONCE):
            others.enter_context(long_answer())
        waits = pool.submit(ask)
        ends = time.monotonic() + 30
        while not bar.progress.called and time.monotonic() < ends:
            time.sleep(0.01)
        bar.progress.assert_called_with(0.0, text=progress_bar.OTHERS_FIRST)
        assert not waits.done()
        others.close()
        assert waits.result(30)


def test_who_leaves_or_fails_frees_the_place(screen):
    for _ in range(progress_bar.MOST_AT_ONCE + 1):
        with pytest.raises(KeyboardInterrupt), long_answer():
            raise KeyboardInterrupt  # as Streamlit ends a run: none of Exception's


def test_few_photographs_are_decoded_at_the_same_time(monkeypatch):
    now, most, lock = 0, 0, threading.Lock()

    def read(_data: bytes, _name: str) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1

    monkeypatch.setattr(reading, "read_image", read)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: pictures._decoded.__wrapped__(f"{number}", "photo", b""), range(16)))
    assert most == pictures.DECODED_AT_ONCE
