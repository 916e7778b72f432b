"""Commands on SE gates: intervene, gatestats."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .looking import add_model_arguments, load_model
from .tables import print_table
from .training import class_rows

if TYPE_CHECKING:
    from ..gatestats import BlockStatistics
    from ..results import Comparison, Explanation

TOP = 5


def add_commands(command) -> None:
    editing = command(intervene)
    editing.add_argument("photo", type=Path, metavar="PHOTO")
    editing.add_argument(
        "--edit",
        action="append",
        required=True,
        help="features.4.0=0.0:3,17 (block = value : channels), features.4.0=1.0 (whole block) or all=1.0 (SE off); "
        "may be repeated",
    )
    add_model_arguments(editing)
    counting = command(gatestats)
    counting.add_argument("data", type=Path, metavar="DATA", help="folder of class folders, or of zip files with val/")
    add_model_arguments(counting)
    counting.add_argument("--out", type=Path, metavar="FILE", help="write means and spreads there, as NPZ")


def intervene(options: argparse.Namespace) -> int:
    """Classes before and after SE gates are edited."""
    from ..edits import read_edit, settled
    from ..engine import Engine
    from ..images import ImageRejected, read_image

    engine = Engine(load_model(options), options.device)
    edits = [read_edit(text) for text in options.edit]
    settled(edits, engine.architecture)  # what can't be done is refused before the picture is looked at
    try:
        image = read_image(options.photo.read_bytes(), options.photo.name)
    except ImageRejected as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"error: {options.photo.name} can't be read: {problem.strerror}", file=sys.stderr)
        return 1
    found = engine.intervene(image, edits, top=min(TOP, engine.architecture.classes))
    if options.json:
        print(json.dumps({"file": str(options.photo), "before": answers(found.before), "after": answers(found.after)}))
    else:
        print_changes(found)
    return 0


def answers(explanation: Explanation) -> list[dict]:
    """The best classes as JSON rows."""
    keys = ("index", "label", "probability", "logit")
    return [{key: getattr(row, key) for key in keys} for row in explanation.top[:TOP]]


def print_changes(found: Comparison) -> None:
    """The top classes of either answer: probability and logit before and after."""
    rows = [
        [
            row.before.label or f"class {row.before.index}",
            f"{row.before.probability:7.1%}",
            f"{row.after.probability:7.1%}",
            f"{row.before.logit:8.3f}",
            f"{row.after.logit:8.3f}",
            f"{row.logit:+8.3f}",
        ]
        for row in found.changes
    ]
    print_table(["class", "before", "  after", "   logit", "   after", "  change"], rows)


def gatestats(options: argparse.Namespace) -> int:
    """Means and spreads of every SE gate for each class of pictures, and how class-specific each block is."""
    from .. import classfolders, gatestats
    from ..engine import Engine

    model = load_model(options)
    engine, folders = Engine(model, options.device), classfolders.open_folders(options.data)
    bundled = {row["class"]: row["label"] for row in class_rows(None)}
    titles = bundled if set(model.labels or ()) == set(bundled.values()) else {**folders.titles, **bundled}
    about = {"data": options.data.name, "weights_sha256": weights_hash(options), "device": engine.device}
    found = gatestats.measure(engine, folders.titled(titles, model.labels), about=about, progress=show_progress)
    for sentence in found.refused:
        print(f"left out: {sentence}", file=sys.stderr)
    if options.out:
        options.out.write_bytes(gatestats.as_npz(found))
    rows = [depth_row(name, block) for name, block in found.blocks.items()]
    about = {**found.about, "classes": len(found.classes), "pictures": sum(found.counts), "by_chance": found.by_chance}
    if options.json:
        print(json.dumps({**about, "blocks": rows, "refused": list(found.refused)}))
    else:
        print(", ".join(f"{key} {value}" for key, value in about.items()))
        print_table(list(rows[0]), [[f"{c:.4f}" if isinstance(c, float) else c for c in row.values()] for row in rows])
    return 1 if found.refused else 0


def show_progress(share: float) -> bool:
    """On standard error, where a person watches."""
    if sys.stderr.isatty():
        print(f"\r{share:4.0%} of the pictures", end="\n" if share == 1 else "", file=sys.stderr, flush=True)
    return True


def weights_hash(options: argparse.Namespace) -> str:
    """SHA-256 of the weights' file."""
    from .. import weights

    return hashlib.sha256((options.weights or weights.known(options.model).path).read_bytes()).hexdigest()


def depth_row(name: str, block: BlockStatistics) -> dict[str, str | int | float]:
    keys = ("share_between", "spread", "within_spread", "class_spread", "steady", "saturated")
    return {"block": name, "channels": len(block.mean), **{key: getattr(block, key) for key in keys}}
