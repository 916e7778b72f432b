"""The command line: python -m effnet_core scale | explain | models | fetch | train."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from importlib import resources
from pathlib import Path


def train(options: argparse.Namespace) -> int:
    """Train an offline model on zip files of `train|val/<class>/*` pictures; resumes where --out has a checkpoint."""
    import torch

    from . import training
    from .architecture import tiny
    from .model import build

    if options.threads:
        torch.set_num_threads(options.threads)
    device = options.device if options.device != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")
    classes = [row["class"] for row in class_rows(options.classes)]
    archives = sorted(options.data.glob("*.zip"))
    recipe = training.Recipe(phases=tuple(options.phase) or training.Recipe.phases, seed=options.seed)
    pictures = [training.read_pictures(training.holding(archives, split), classes, split) for split in ("train", "val")]
    network = build(
        tiny(width=options.width, classes=len(classes), resolution=recipe.test_pixels),
        stochastic_depth=recipe.stochastic_depth,
        dropout=recipe.dropout,
    )
    run = training.Run(options.out, network, recipe, device=device, compiled=options.compile)
    for row in run.train(*pictures):
        print(json.dumps(row), flush=True)
    return 0


def class_rows(path: Path | None) -> list[dict[str, str]]:
    """Rows (class, label, group) of the classes to train on; the bundled hundred unless a file is named."""
    text = (path or resources.files(__package__) / "assets/everyday100.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def phase(text: str):
    """`20x48@0.6`: 20 epochs at 48 px on crops of 0.6 to 1 of the side."""
    from .training import Phase

    epochs, rest = text.split("x")
    pixels, least = rest.split("@")
    return Phase(int(epochs), int(pixels), float(least))


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m effnet_core", description=__doc__)
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("train", help="train an offline model", description=train.__doc__)
    command.add_argument("data", type=Path, help="folder with the zip files")
    command.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoints, log")
    command.add_argument(
        "--classes", type=Path, help="tab-separated class, label, group (default: the bundled hundred)"
    )
    command.add_argument("--width", type=float, default=0.5, help="width coefficient of B0's stages (default 0.5)")
    command.add_argument("--phase", type=phase, action="append", default=[], metavar="EPOCHSxPIXELS@LEAST_SIDE")
    command.add_argument("--device", default="auto")
    command.add_argument("--compile", action="store_true", help="torch.compile the network (needs a C++ compiler)")
    command.add_argument("--threads", type=int, default=0)
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=train)
    return root


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())
