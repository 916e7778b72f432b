"""Compound scaling: what one number phi does to depth, width, resolution and compute."""

import math


def scale(phi: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15) -> tuple[float, float, int]:
    """Depth factor, width factor, resolution in pixels."""
    return alpha**phi, beta**phi, round(224 * gamma**phi)


def growth(alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15) -> float:
    """What one step of phi multiplies the compute by."""
    return alpha * beta**2 * gamma**2


def phi_for(factor: float, alpha: float = 1.2, beta: float = 1.1, gamma: float = 1.15) -> float:
    """The phi that multiplies the compute by this factor."""
    return math.log(factor) / math.log(growth(alpha, beta, gamma))
