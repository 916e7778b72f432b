"""The command that lists the models and says which are ready: models."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from .tables import print_table


def add_commands(command) -> None:
    command(models)


def models(options: argparse.Namespace) -> int:
    """Which models are ready, and from where."""
    from ..networks import weights

    rows = [asdict(status) for status in weights.statuses()]
    if options.json:
        print(json.dumps(rows))
        return 0
    keys = ("name", "ready", "source", "classes", "params", "macs", "resolution", "top1")
    words = ("no", "yes")
    shown = [row | {"ready": words[row["ready"]], "top1": row["top1"] and f"{row['top1']:.1%}"} for row in rows]
    print_table(keys, [["" if row[key] is None else row[key] for key in keys] for row in shown])
    return 0
