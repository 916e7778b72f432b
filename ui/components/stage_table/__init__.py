"""A table whose rows belong to stages: it marks the stage pointed at elsewhere, and tells the one pointed at in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..files import component

_component = component("effnet_lab.stage_table", __file__)


def show(rows: Sequence[tuple[int, Mapping[str, str]]], *, key: str, alt: str, height: int | None = None) -> None:
    """Rows of (stage, column -> text), all with the same columns; those beyond `height` pixels are scrolled to."""
    drawn = [{"stage": stage, "cells": [*row.values()]} for stage, row in rows]
    _component(data={"alt": alt, "columns": [*rows[0][1]], "rows": drawn, "height": height}, key=key)
