"""The commands that measure SE gates over many pictures: gatestats, closed."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files
from .model_arguments import add_model_arguments, load_model
from .tables import print_table
from .train import class_rows

if TYPE_CHECKING:
    from ..explain.engine import Engine
    from ..explain.gate_statistics import BlockStatistics
    from ..images.class_folders import ClassFolders


def add_commands(command) -> None:
    counting = command(gatestats)
    counting.add_argument("data", type=Path, metavar="DATA", help="folder of class folders, or of zip files with val/")
    add_model_arguments(counting)
    counting.add_argument("--out", type=Path, metavar="FILE", help="write means and spreads there, as NPZ")
    closing = command(closed)
    closing.add_argument("data", type=Path, metavar="DATA", help="folder of class folders, or of zip files with val/")
    add_model_arguments(closing)
    closing.add_argument("--block", metavar="BLOCK", help="by default the last one, such as features.7.0")
    closing.add_argument("--pictures", type=int, default=10, metavar="N", help="of each class (default 10)")
    closing.add_argument("--out", type=Path, metavar="FILE", help="write the falls there, as NPZ")


def gatestats(options: argparse.Namespace) -> int:
    """Means and spreads of every SE gate for each class of pictures, and how class-specific each block is."""
    from ..explain import gate_statistics, gate_statistics_file

    if options.out:
        files.check_writable(options.out)
    engine, folders, about = _asked(options)
    statistics = gate_statistics.measure(engine, folders, about=about, progress=show_progress)
    for sentence in statistics.refused:
        print(f"left out: {sentence}", file=sys.stderr)
    rows = [depth_row(name, block) for name, block in statistics.blocks.items()]
    about = {
        **statistics.about,
        "classes": len(statistics.classes),
        "pictures": sum(statistics.counts),
        "by_chance": statistics.by_chance,
    }
    if options.json:
        print(json.dumps({**about, "blocks": rows, "refused": list(statistics.refused)}))
    else:
        print(", ".join(f"{key} {value}" for key, value in about.items()))
        print_table(list(rows[0]), [[f"{c:.4f}" if isinstance(c, float) else c for c in row.values()] for row in rows])
    if options.out:  # after the table: a full disk does not cost the numbers
        files.write(options.out, gate_statistics_file.as_npz(statistics))
    return 1 if statistics.refused else 0


def closed(options: argparse.Namespace) -> int:
    """Whom it hurts when a channel is closed: the fall of each class's logit, each channel of a block in turn."""
    from ..explain import closed_channels

    if options.out:
        files.check_writable(options.out)
    engine, folders, about = _asked(options)
    block = options.block or engine.architecture.blocks[-1].name
    found = closed_channels.measure(
        engine, folders, block, pictures=options.pictures, about=about, progress=show_progress
    )
    rows = [
        {"channel": channel, "hurts most": found.classes[falls.argmax()], "fall": float(falls.max())}
        for channel, falls in enumerate(found.falls)
    ]
    about = {**found.about, "block": block, "pictures of each class": found.pictures}
    if options.json:
        print(json.dumps({**about, "channels": rows}))
    else:
        print(", ".join(f"{key} {value}" for key, value in about.items()))
        print_table(list(rows[0]), [[f"{c:.4f}" if isinstance(c, float) else c for c in row.values()] for row in rows])
    if options.out:
        files.write(options.out, closed_channels.as_npz(found))
    return 0


def _asked(options: argparse.Namespace) -> tuple[Engine, ClassFolders, dict[str, str]]:
    """The network, the pictures by class with the network's own names of classes, and what both are."""
    from ..explain.engine import Engine
    from ..images import class_folders

    model = load_model(options)
    engine, folders = Engine(model, options.device), class_folders.open_folders(options.data)
    bundled = {row["class"]: row["label"] for row in class_rows(None)}
    titles = bundled if set(model.labels or ()) == set(bundled.values()) else {**folders.titles, **bundled}
    about = {"data": options.data.name, "weights_sha256": weights_hash(options), "device": engine.device}
    return engine, folders.titled(titles, model.labels), about


def show_progress(share: float) -> bool:
    """On standard error, where a person watches."""
    if sys.stderr.isatty():
        print(f"\r{share:4.0%} of the pictures", end="\n" if share == 1 else "", file=sys.stderr, flush=True)
    return True


def weights_hash(options: argparse.Namespace) -> str:
    """SHA-256 of the weights' file."""
    from ..networks import weights

    with open(options.weights or weights.known(options.model).path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def depth_row(name: str, block: BlockStatistics) -> dict[str, str | int | float]:
    keys = ("share_between", "spread", "within_spread", "class_spread", "steady", "saturated")
    return {"block": name, "channels": len(block.mean), **{key: getattr(block, key) for key in keys}}
