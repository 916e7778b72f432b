"""Channels and layers after scaling, rounded as in the official code."""

import math


def round_filters(channels: int, width: float) -> int:
    """Channels times width, as a multiple of 8."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    if rounded < 0.9 * scaled:
        rounded += 8
    return rounded


def round_repeats(layers: int, depth: float) -> int:
    """Layers times depth, rounded up."""
    return math.ceil(layers * depth)
