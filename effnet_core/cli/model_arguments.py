"""Which network answers and where it runs: the options that several commands share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files

if TYPE_CHECKING:
    from ..networks.weights import Model


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Which network answers, and where it runs: what load_model reads."""
    parser.add_argument("--model", default="tiny", help="tiny (bundled) or efficientnet_b0 … b7")
    parser.add_argument("--weights", type=Path, help="own checkpoint: .pth or .safetensors of any B0-B7")
    parser.add_argument("--labels", type=Path, help="class names of the own checkpoint, one a line")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def load_model(options: argparse.Namespace) -> Model:
    """The network that the options ask for; what is to be known of it goes to standard error."""
    from ..networks import weights
    from ..networks.checkpoint_limits import LABELS_MB, LIMIT_MB

    if options.labels and not options.weights:
        raise ValueError("--labels names the classes of an own checkpoint; give that with --weights")
    labels = files.read_text(options.labels, LABELS_MB) if options.labels else None
    if options.weights:
        name = options.model if options.model != "tiny" else None
        model = weights.load_checkpoint(
            files.read_file(options.weights, LIMIT_MB), options.weights.name, labels=labels, name=name
        )
    else:
        model = weights.load(options.model)
    for note in model.notes:
        print(note, file=sys.stderr)
    return model
