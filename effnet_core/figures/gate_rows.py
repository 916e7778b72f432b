"""What is drawn of a block's gates, whoever draws it: a row of them, sorted from closed to open. Pure Python."""

from __future__ import annotations

from collections.abc import Sequence

COLUMNS = 96  # of the overview of all gates: enough to be smooth, few enough to be sent on each rerun


def name_of(block: str, values: Sequence[float]) -> str:
    """A row's name: the block and how many channels it has."""
    return f"{block.removeprefix('features.')} · {len(values)}"


def at_even_ranks(values: Sequence[float]) -> list[float]:
    """COLUMNS of the values, sorted, at evenly spaced ranks: each one is a real gate, none is a mean."""
    ordered = sorted(float(value) for value in values)
    return [ordered[int((column + 0.5) * len(ordered) / COLUMNS)] for column in range(COLUMNS)]
