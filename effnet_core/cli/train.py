"""The command that trains an offline model: train."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from pathlib import Path

from .. import files
from ..architecture import Architecture

BUNDLED_CLASSES = Path(__file__).parents[1] / "assets" / "everyday100.tsv"
CLASSES_MB = 1
COLUMNS = ("class", "label", "group")
SPINS = "300000"  # before a thread that waits goes to sleep: a run has its cores for itself, and takes 0.7 of the time


def add_commands(command) -> None:
    training = command(train)
    training.add_argument("data", type=Path, help="folder with the zip files")
    training.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoints, log")
    training.add_argument("--classes", type=Path, help="tab-separated class, label, group (default: the bundled 100)")
    training.add_argument("--width", type=float, default=0.5, help="width coefficient of B0's stages (default 0.5)")
    training.add_argument("--phase", type=phase, action="append", default=[], metavar="EPOCHSxPIXELS@LEAST_SIDE")
    training.add_argument("--device", default="auto")
    training.add_argument("--compile", action="store_true", help="torch.compile the network (needs a C++ compiler)")
    training.add_argument("--threads", type=int, default=0)
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--export", type=Path, metavar="FOLDER", help="write the model and its measured card there")
    training.add_argument("--photos", type=Path, metavar="ZIP", help="photographs to measure it on")
    training.add_argument("--note", action="append", default=[], help="a sentence for the card; may be repeated")


def train(options: argparse.Namespace) -> int:
    """Train an offline model on zip files of `train|val/<class>/*` pictures; resumes where --out has a checkpoint."""
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    import torch

    from ..architecture import tiny
    from ..networks.builder import build
    from ..networks.device import pick_device
    from ..training import data, model_card
    from ..training import recipe as training_recipe
    from ..training import run as training_run

    if options.threads < 0:
        raise ValueError(f"--threads is {options.threads}; allowed is 0 (PyTorch's own choice) or more")
    if options.threads:
        torch.set_num_threads(options.threads)
    classes = class_rows(options.classes)
    recipe = training_recipe.Recipe(phases=tuple(options.phase) or training_recipe.Recipe.phases, seed=options.seed)
    architecture = tiny(width=options.width, classes=len(classes), resolution=recipe.validation_pixels)
    if options.photos:  # what is wrong is said before the hours of training
        model_card.photographs(options.photos, [row["class"] for row in classes])
    if options.export:
        options.export.mkdir(parents=True, exist_ok=True)
        files.check_writable(options.export / "tiny.json")
    pictures = {
        split: data.read_pictures(sorted(options.data.glob("*.zip")), [row["class"] for row in classes], split)
        for split in ("train", "val")
    }
    network = build(architecture, stochastic_depth=recipe.stochastic_depth, dropout=recipe.dropout)
    run = training_run.Run(options.out, network, recipe, device=pick_device(options.device), compiled=options.compile)
    choosing, kept_apart = pictures["val"].halves()
    for row in run.train(pictures["train"], choosing):
        print(json.dumps(row), file=sys.stderr if options.json else sys.stdout, flush=True)
    card = release(options, run, architecture, choosing, kept_apart, classes) if options.export else None
    if options.json:
        print(json.dumps({"out": str(options.out), "epochs": run.epoch, "best_top1": run.best, "card": card}))
    return 0


def release(
    options: argparse.Namespace, run, architecture: Architecture, choosing, kept_apart, classes: list[dict[str, str]]
) -> dict:
    """Measure the run's best weights and put them with their card into --export; the first screen's look with them."""
    from safetensors.torch import load_file

    from ..explain import stored_example
    from ..explain.engine import Engine
    from ..networks import weights
    from ..training import model_card

    network = weights.fill(architecture, load_file(run.best_weights))
    card = model_card.describe(network, choosing, kept_apart, classes, width=options.width, photos=options.photos)
    card = {"name": "tiny", "notes": options.note, **card, **run.conditions()}
    card = model_card.release(run.best_weights, card, options.export)
    if options.export.resolve() == weights.ASSETS.resolve():
        stored_example.store(Engine(weights.load("tiny"), "cpu"))
    return card


def class_rows(path: Path | None) -> list[dict[str, str]]:
    """Rows (class, label, group) of the classes to train on; the bundled hundred unless a file is named."""
    text = files.read_text(path or BUNDLED_CLASSES, CLASSES_MB)
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    if not rows or any(None in (row.get(column) for column in COLUMNS) for row in rows):
        raise ValueError(f"{path} is no table of classes: it needs the columns {', '.join(COLUMNS)}, with tabs between")
    return rows


def phase(text: str):
    """`20x48@0.6`: 20 epochs at 48 px on crops of 0.6 to 1 of the side."""
    from ..training.recipe import Phase

    try:
        epochs, rest = text.split("x")
        pixels, least = rest.split("@")
        numbers = int(epochs), int(pixels), float(least)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no phase such as 20x48@0.6") from None
    try:
        return Phase(*numbers)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
