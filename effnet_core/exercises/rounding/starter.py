"""Channels and layers after scaling, rounded as in the official code."""

import math


def round_filters(channels: int, width: float) -> int:
    """Channels times width, as a multiple of 8."""
    raise NotImplementedError


def round_repeats(layers: int, depth: float) -> int:
    """Layers times depth, rounded up."""
    raise NotImplementedError
