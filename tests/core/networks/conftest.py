"""Pickles that the tests wrote themselves are opened here: a process for each would take minutes in all."""

from __future__ import annotations

import io

import pytest

from effnet_core.networks import unpickling, unpickling_child


@pytest.fixture
def opened_here(monkeypatch) -> None:
    """What the child process does, without the process and its limits, which test_unpickling.py is for."""

    def as_safetensors(data: bytes) -> bytes:
        answer = io.BytesIO()
        unpickling_child.convert(data, answer)
        return answer.getvalue()

    monkeypatch.setattr(unpickling, "as_safetensors", as_safetensors)
