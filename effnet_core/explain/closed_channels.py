"""Whom it hurts when one channel is closed: each channel of a block alone, over the pictures of many classes. No torch.

A picture is hurt by as much as the logit of its own class falls; a class, by the mean over its pictures.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..images.class_folders import ClassFolders, Entry
from ..progress import Cancelled, Progress

if TYPE_CHECKING:
    from .engine import Engine

BUNDLED = Path(__file__).parents[1] / "assets" / "tiny_closed.npz"
PRECISION = "float16"  # of the stored falls: three digits


@dataclass(frozen=True)
class ClosedChannels:
    """`falls` (C, classes): by how much closing a channel of `block` lowers the logit of a picture's own class.

    The mean over the `pictures` that each class was measured on. `about`: weights, data, date, as they are.
    """

    block: str
    classes: tuple[str, ...]
    pictures: int
    falls: np.ndarray
    about: Mapping[str, str]


def preference(rows: np.ndarray, classes: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """(C,) the mean of `rows` (classes, C) over the classes of these names, less the mean over all others."""
    chosen = np.isin(classes, list(names))
    if chosen.all() or not chosen.any():
        raise ValueError(f"of {len(chosen)} classes {chosen.sum()} are chosen; some and not all have to be")
    return rows[chosen].mean(0) - rows[~chosen].mean(0)


def measure(
    engine: Engine,
    folders: ClassFolders,
    block: str,
    *,
    pictures: int,
    about: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> ClosedChannels:
    """Close each channel of a block in turn, for the first `pictures` of each class that the network knows.

    Raises ValueError for a class that the network does not have or that has fewer pictures, and Cancelled when
    `progress` returns False.
    """
    labels = list(engine.labels or ())
    columns, names = [], []
    for folder in folders.classes:
        name = folders.titles.get(folder, folder)
        entries = [entry for entry in folders.entries if entry.folder == folder][:pictures]
        if name not in labels or len(entries) < pictures:
            raise ValueError(f"{name}: a class of the network's and {pictures} pictures are needed, not {len(entries)}")
        columns.append(np.mean([_falls(engine, entry, block, labels.index(name)) for entry in entries], axis=0))
        names.append(name)
        if progress and not progress(len(names) / len(folders.classes)):
            raise Cancelled(f"stopped after {len(names)} of {len(folders.classes)} classes")
    described = {"weights": str(engine.weights), "date": date.today().isoformat()} | dict(about or {})
    falls = np.stack(columns, axis=1).astype(PRECISION).astype(np.float32)
    return ClosedChannels(block, tuple(names), pictures, falls, described)


def _falls(engine: Engine, entry: Entry, block: str, target: int) -> np.ndarray:
    effects = engine.rank_channels(entry.image(), block, target=target)
    return np.array([effect.drop for effect in sorted(effects, key=lambda effect: effect.channel)])


def as_npz(closed: ClosedChannels) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        about=np.array(json.dumps({**closed.about, "block": closed.block, "pictures": closed.pictures})),
        classes=np.array(closed.classes),
        falls=closed.falls.astype(PRECISION),
    )
    return buffer.getvalue()


def load(path: Path = BUNDLED) -> ClosedChannels:
    """What as_npz wrote; a file of this project or of its command line."""
    with np.load(path, allow_pickle=False) as file:
        about = json.loads(str(file["about"]))
        block, pictures = about.pop("block"), about.pop("pictures")
        return ClosedChannels(block, tuple(file["classes"].tolist()), pictures, file["falls"].astype(np.float32), about)
