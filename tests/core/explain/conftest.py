"""Engines of networks whose gates and maps are lively; a new one for each test, which may alter its network."""

from __future__ import annotations

import pytest

from effnet_core.explain.engine import Engine


@pytest.fixture
def engine(lively_model) -> Engine:
    return Engine(lively_model, "cpu")


@pytest.fixture
def each_engine(each_model) -> Engine:
    return Engine(each_model, "cpu")
