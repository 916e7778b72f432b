"""How much of the input one value of a deep map can see."""

from collections.abc import Sequence


def receptive_field(layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Receptive field and jump, in input pixels, behind layers of (kernel, stride)."""
    raise NotImplementedError
