"""A table with a row a stage: it marks the stage that is pointed at elsewhere, and tells the one pointed at in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..files import component

_component = component("effnet_lab.stage_table", __file__)


def show(rows: Sequence[tuple[int, Mapping[str, str]]], *, key: str, alt: str) -> None:
    """Rows of (stage, column -> text), all with the same columns."""
    drawn = [{"stage": stage, "cells": [*row.values()]} for stage, row in rows]
    _component(data={"alt": alt, "columns": [*rows[0][1]], "rows": drawn}, key=key)
