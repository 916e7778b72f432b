"""Commands on the networks that EfficientNet is compared with: networks."""

from __future__ import annotations

import argparse
import json

from .. import files
from ..published import tables
from .tables import print_table


def add_commands(command) -> None:
    comparing = command(networks)
    comparing.add_argument("--write", action="store_true", help="keep the counts as the rows that the app shows")


def networks(options: argparse.Namespace) -> int:
    """Every network of the comparisons, counted on the built network, beside what is published."""
    from ..networks import comparison

    rows = [comparison.row(name) for name in comparison.BUILDERS]
    if options.write:
        files.write(tables.NETWORKS, json.dumps(rows, indent=1) + "\n")
    if options.json:
        print(json.dumps(rows))
        return 0
    header = ["name", "px", "parameters", "published", "MACs", "published", "source of what is published"]
    print_table(header, [list(map(_shown, _cells(row))) for row in rows])
    return 0


def _cells(row: dict) -> list[str | int | None]:
    printed = row["published"]
    return [
        row["name"],
        row["resolution"],
        row["params"],
        printed["params"],
        row["macs"],
        printed["macs"],
        printed["source"],
    ]


def _shown(cell: str | int | None) -> str | int:
    return "–" if cell is None else cell
