"""Compound scaling: what one number phi does to depth, width, resolution and compute."""

import math


def scale(phi: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15) -> tuple[float, float, int]:
    """Depth factor, width factor, resolution in pixels."""
    raise NotImplementedError


def growth(alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15) -> float:
    """What one step of phi multiplies the compute by."""
    raise NotImplementedError


def phi_for(factor: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15) -> float:
    """The phi that multiplies the compute by this factor."""
    raise NotImplementedError
