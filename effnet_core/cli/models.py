"""Commands on the networks that can answer: models, fetch."""

from __future__ import annotations

import argparse
import json
import sys

from .tables import print_table


def add_commands(command) -> None:
    command(models)
    command(fetch).add_argument("models", nargs="+", metavar="efficientnet_bN")


def models(options: argparse.Namespace) -> int:
    """Which models are ready, and from where."""
    from .. import weights

    rows = [vars(status) for status in weights.statuses()]
    if options.json:
        print(json.dumps(rows))
        return 0
    keys = ("name", "ready", "source", "classes", "params", "macs", "resolution", "top1")
    words = ("no", "yes")
    shown = [row | {"ready": words[row["ready"]], "top1": row["top1"] and f"{row['top1']:.1%}"} for row in rows]
    print_table(keys, [["" if row[key] is None else row[key] for key in keys] for row in shown])
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Download torchvision's ImageNet weights, hash checked, so that they are there without a network."""
    from .. import weights

    answers = []
    for name in options.models:
        try:
            path, problem = weights.fetch(name, progress=show_progress), None
        except (weights.WeightsUnavailable, ValueError) as error:
            path, problem = None, str(error)
        answers.append({"name": name, "path": path and str(path), "error": problem})
        print(f"\r{name}: {problem or path}", file=sys.stderr)
    if options.json:
        print(json.dumps(answers))
    return 1 if any(answer["error"] for answer in answers) else 0


def show_progress(done: int, size: int) -> bool:
    print(f"\r{done / 1e6:.1f} of {size / 1e6:.1f} MB", end="", file=sys.stderr, flush=True)
    return True
