"""Rows as a readable table on standard output."""

from __future__ import annotations

from collections.abc import Sequence


def print_table(header: Sequence[str], rows: list[list]) -> None:
    """Columns as wide as they must be; numbers to the right."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    numeric = [isinstance(cell, int | float) for cell in rows[0]]
    for row in [list(header), *cells]:
        line = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        print("  ".join(line).rstrip())
