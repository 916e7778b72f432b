"""The command that downloads ImageNet weights: fetch."""

from __future__ import annotations

import argparse
import json
import sys


def add_commands(command) -> None:
    command(fetch).add_argument("models", nargs="+", metavar="efficientnet_bN")


def fetch(options: argparse.Namespace) -> int:
    """Download torchvision's ImageNet weights, hash checked, so that they are there without a network."""
    from ..networks import weights

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
