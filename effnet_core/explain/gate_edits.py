"""Edits of SE gates as data: what a person wants, read from text and resolved against a network's blocks.

A gate lies in 0..1: 0 closes its channel, 1 lets it pass as it is. Where edits overlap, the later one wins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..architecture import Architecture

EVERYWHERE = "all"  # instead of a block's name


@dataclass(frozen=True)
class GateEdit:
    """What the gates of `block` ("all": every block) become, for all channels or only for `channels`.

    `value`: one number in 0..1, or one for each channel of the block.

    >>> change = load("tiny", device="cpu").intervene(load_sample("coffee"), [GateEdit("all", 1.0)]).changes[0]
    >>> change.after.probability < change.before.probability  # espresso, once squeeze-and-excitation is switched off
    True
    """

    block: str
    value: float | tuple[float, ...]
    channels: tuple[int, ...] | None = None


def read_edit(text: str) -> GateEdit:
    """`features.4.0=0.0:3,17`, `features.4.0=1.0` or `all=1.0`. Raises ValueError showing the valid form."""
    block, _, rest = text.partition("=")
    value, colon, channels = rest.partition(":")
    try:
        return GateEdit(block.strip(), float(value), read_channels(channels) if colon else None)
    except ValueError as error:
        form = "BLOCK=VALUE or BLOCK=VALUE:CHANNEL,CHANNEL such as features.4.0=0.0:3,17"
        raise ValueError(f"the edit {text!r} can't be read; write {form}, with all for every block") from error


def read_channels(text: str) -> tuple[int, ...]:
    """`3, 17` as numbers, each once. Raises ValueError for anything else."""
    words = re.split(r"[\s,;]+", text.strip())
    if not all(re.fullmatch(r"[0-9]{1,6}", word) for word in words):
        raise ValueError(f"the channels {text[:40]!r} can't be read; write their numbers, such as 3, 17")
    return tuple(dict.fromkeys(int(word) for word in words))


def resolve_edits(edits: Sequence[GateEdit], architecture: Architecture) -> dict[str, np.ndarray]:
    """Block -> (C,) float32, NaN where the network's own gate stays.

    Raises ValueError listing the valid blocks, channels or values.
    """
    widths = {block.name: block.expanded_channels for block in architecture.blocks}
    gates: dict[str, np.ndarray] = {}
    for edit in edits:
        if edit.block not in (EVERYWHERE, *widths):
            raise ValueError(f"no block is called {edit.block!r}; there are {EVERYWHERE}, {', '.join(widths)}")
        for block in widths if edit.block == EVERYWHERE else [edit.block]:
            kept = gates.setdefault(block, np.full(widths[block], np.nan, np.float32))
            chosen = _channels(edit, block, widths[block])
            kept[chosen] = _values(edit, block, widths[block])[chosen]
    return gates


def _channels(edit: GateEdit, block: str, width: int) -> list[int]:
    chosen = range(width) if edit.channels is None else edit.channels
    absent = [channel for channel in chosen if not 0 <= channel < width]
    if absent:
        raise ValueError(f"{block} has no channel {absent[0]}; its channels are 0 to {width - 1}")
    return list(chosen)


def _values(edit: GateEdit, block: str, width: int) -> np.ndarray:
    values = np.asarray(edit.value, np.float32)
    if values.ndim and len(values) != width:
        raise ValueError(f"{block} got {len(values)} values; allowed is one, or one for each of its {width} channels")
    outside = values[~((values >= 0) & (values <= 1))]
    if outside.size:
        raise ValueError(f"a gate of {block} can't be {outside[0]:g}; allowed is 0 to 1")
    return np.broadcast_to(values, width)
