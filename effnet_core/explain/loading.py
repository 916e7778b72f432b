"""From a name or a checkpoint to an engine that answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..files import read_file, read_text
from ..networks import weights as models
from ..networks.checkpoint_limits import LABELS_MB, LIMIT_MB
from .engine import Engine


def load(
    name: str | None = None,
    weights: str | Path | None = None,
    labels: str | Path | Sequence[str] | None = None,
    device: str = "auto",
) -> Engine:
    """A network with weights, ready to answer.

    `name`: "tiny", the bundled offline model and the default, or "efficientnet_b0" to "efficientnet_b7", whose ImageNet
    weights must be on this machine. `weights`: your own checkpoint of any of them (.pth or .safetensors), `labels` its
    class names: a file, or one name a class; `name` then says which architecture it must have.

    Raises WeightsUnavailable saying how to get missing weights, CheckpointRejected where a checkpoint cannot be used,
    and ValueError listing the valid names.

    >>> engine = load("tiny", device="cpu")
    >>> [answer] = engine.explain([load_sample("coffee")])
    >>> answer.top[0].label
    'espresso'
    """
    if weights is None:
        if labels is not None:
            raise ValueError("labels belong to a checkpoint of your own; name its file as weights")
        return Engine(models.load(name or "tiny"), device)
    file = Path(weights)
    model = models.load_checkpoint(read_file(file, LIMIT_MB), file.name, labels=_text(labels), name=name)
    return Engine(model, device)


def _text(labels: str | Path | Sequence[str] | None) -> str | None:
    """As a labels file holds them."""
    if labels is None:
        return None
    return read_text(Path(labels), LABELS_MB) if isinstance(labels, str | Path) else "\n".join(labels)
