"""Published numbers as rows: value, condition, source. Pure Python.

One CSV file per table. Columns named `flops` hold multiply-adds, as the papers print them. Each row has its `source`
(paper and table, or file of the official code), which is what the app cites; `url` is where a copy was read.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "csv"
NETWORKS = FOLDER / "networks.json"
Row = dict[str, str | int | float | bool | None]


@cache
def table(name: str) -> tuple[Row, ...]:
    """Rows of a table, numbers as numbers, empty cells None; unverified rows are left out.

    Raises ValueError listing the valid tables. The rows are shared: do not change them.
    """
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        raise ValueError(f"no table is called {name!r}; there are {', '.join(tables())}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{column: _value(text) for column, text in row.items()} for row in csv.DictReader(file)]
    return tuple(row for row in rows if row.get("verified") is not False)


@cache
def networks() -> tuple[dict, ...]:
    """Every network that EfficientNet is compared with, as `python -m effnet_core networks --write` counted it.

    Rows of name, params, macs, resolution (px) and published: params, macs, source, None where nothing is printed.
    """
    return tuple(json.loads(NETWORKS.read_text(encoding="utf-8")))


def tables() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.csv"))


def _value(text: str) -> str | int | float | bool | None:
    """A cell as what it is; thousands have no separators in these files."""
    if text in ("", "True", "False"):
        return {"": None, "True": True, "False": False}[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
