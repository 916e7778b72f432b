"""Numbers counted or published elsewhere, which the app does not show but the tests compare with (tests/facts).

One CSV file a table; every row has its `source` and `url`.
"""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "facts"


def facts(name: str) -> list[dict[str, str]]:
    """Rows of a table as text. Raises FileNotFoundError where there is none of this name."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
