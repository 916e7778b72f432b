"""The command that edits SE gates: intervene."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import read_file
from .model_arguments import add_model_arguments, load_model
from .tables import print_table

if TYPE_CHECKING:
    from ..explain.results import Explanation, Intervention

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


def intervene(options: argparse.Namespace) -> int:
    """Classes before and after SE gates are edited."""
    from ..explain.engine import Engine
    from ..explain.gate_edits import read_edit, resolve_edits
    from ..images.reading import LIMIT_MB, ImageRejected, read_image

    engine = Engine(load_model(options), options.device)
    edits = [read_edit(text) for text in options.edit]
    resolve_edits(edits, engine.architecture)  # what can't be done is refused before the picture is looked at
    try:
        image = read_image(read_file(options.photo, LIMIT_MB), options.photo.name)
    except ImageRejected as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"error: {options.photo.name} can't be read: {problem.strerror}", file=sys.stderr)
        return 1
    intervention = engine.intervene(image, edits, top=min(TOP, engine.architecture.classes))
    if options.json:
        before, after = answers(intervention.before), answers(intervention.after)
        print(json.dumps({"file": str(options.photo), "before": before, "after": after}))
    else:
        print_changes(intervention)
    return 0


def answers(explanation: Explanation) -> list[dict]:
    """The best classes as JSON rows."""
    keys = ("index", "label", "probability", "logit")
    return [{key: getattr(row, key) for key in keys} for row in explanation.top[:TOP]]


def print_changes(intervention: Intervention) -> None:
    """The top classes of either answer: probability and logit before and after."""
    rows = [
        [
            row.before.label or f"class {row.before.index}",
            f"{row.before.probability:7.1%}",
            f"{row.after.probability:7.1%}",
            f"{row.before.logit:8.3f}",
            f"{row.after.logit:8.3f}",
            f"{row.logit_change:+8.3f}",
        ]
        for row in intervention.changes
    ]
    print_table(["class", "before", "  after", "   logit", "   after", "  change"], rows)
