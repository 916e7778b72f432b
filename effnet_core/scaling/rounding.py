"""Rounding, step by step: how the formula's channels, layers and pixels become whole numbers."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..architecture import B0_STAGES, RELEASES, round_channels, round_depth, round_resolution
from ..units import percent

OFFICIAL_HEAD = 1280  # channels of B0's head; the official code scales and rounds this number


class Step(NamedTuple):
    """One number of B0 on its way: times the factor, then rounded, and why it became that."""

    place: str
    base: int
    raw: float
    rounded: int
    why: str


def channel_steps(width: float) -> tuple[Step, ...]:
    """Stem, stages 2 to 8 and head: channels times width, to multiples of 8. The head is 4 x the last stage's."""
    bases = {"stem": B0_STAGES[0].in_channels}
    bases |= {f"stage {number}": stage.out_channels for number, stage in enumerate(B0_STAGES, start=2)}
    rows = [_channel_step(place, base, base * width) for place, base in bases.items()]
    torchvision, official = heads(width)
    why = "4 × stage 8" if torchvision == official else f"4 × stage 8; official: {official:,}"
    return (*rows, Step("head", OFFICIAL_HEAD, OFFICIAL_HEAD * width, torchvision, why))


def _channel_step(place: str, base: int, raw: float) -> Step:
    rounded, nearest = round_channels(raw), max(8, int(raw + 4) // 8 * 8)
    if rounded != nearest:
        why = f"{nearest} loses {percent(1 - nearest / raw, 1)}: one step up"
    elif math.isclose(raw, rounded):
        why = "a multiple already"
    elif raw < 8:
        why = "8 is the least"
    else:
        why = f"nearest, {'up' if rounded > raw else 'down'}"
    return Step(place, base, raw, rounded, why)


def depth_steps(depth: float) -> tuple[Step, ...]:
    """Stages 2 to 8: layers times depth, rounded up."""
    rows = []
    for number, stage in enumerate(B0_STAGES, start=2):
        raw = stage.layers * depth
        rounded = round_depth(raw)
        why = "whole already" if math.isclose(raw, rounded) else "rounded up"
        rows.append(Step(f"stage {number}", stage.layers, raw, rounded, why))
    return tuple(rows)


def resolution_step(factor: float) -> Step:
    """The picture's side (px) times the factor, to the nearest pixel."""
    base = RELEASES["b0"].resolution
    return Step("picture", base, base * factor, round_resolution(base * factor), "to the nearest pixel")


def heads(width: float) -> tuple[int, int]:
    """Channels of the head: torchvision's (4 x the last stage's), the official code's (1280 x width, rounded)."""
    return 4 * round_channels(B0_STAGES[-1].out_channels * width), round_channels(OFFICIAL_HEAD * width)
