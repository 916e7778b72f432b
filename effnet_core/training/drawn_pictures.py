"""Pictures that are drawn by seed, at any size: shapes filled with a texture. Numpy alone.

A scene is a shape's place, size, turn and colours and its texture's phase; the same scenes can be drawn at any number
of pixels, so that more pixels show more of what is there, as with a photograph.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

SHAPES = ("disc", "square", "triangle", "ring")
TEXTURES = ("striped", "checked")
CLASSES = tuple(f"{texture} {shape}" for shape, texture in product(SHAPES, TEXTURES))
PERIODS = {"coarse": 0.28, "fine": 0.08}  # of a texture, as a share of the picture's side
FINER = 2  # points a pixel's side, whose mean the pixel is
NOISE = 0.05  # standard deviation of each pixel's brightness


class Scenes(NamedTuple):
    """What N pictures show: arrays of length N, lengths as shares of the picture's side, angles in radians."""

    targets: np.ndarray  # indices into CLASSES
    centre: np.ndarray  # (N, 2)
    radius: np.ndarray
    turn: np.ndarray
    grain: np.ndarray  # direction of the texture
    phase: np.ndarray
    ground: np.ndarray  # (N, 3) colours in 0..1
    light: np.ndarray
    dark: np.ndarray
    noise: np.ndarray  # seeds
    period: float

    def picked(self, numbers: list[int]) -> Scenes:
        """Some of the scenes, as they are drawn among all."""
        return Scenes(*(field[numbers] for field in self[:-1]), self.period)


def scenes(count: int, seed: int, texture: str) -> Scenes:
    """So many scenes with textures of this PERIODS; the classes in turn, so that all are equally frequent."""
    if texture not in PERIODS:
        raise ValueError(f"no texture is called {texture!r}; there are {', '.join(PERIODS)}")
    random = np.random.default_rng(seed)
    radius = random.uniform(0.22, 0.4, count)
    light = random.uniform(0.55, 1, (count, 3))
    return Scenes(
        targets=np.arange(count) % len(CLASSES),
        centre=0.5 + random.uniform(-1, 1, (count, 2)) * (0.5 - radius[:, None]),
        radius=radius,
        turn=random.uniform(0, 2 * np.pi, count),
        grain=random.uniform(0, np.pi, count),
        phase=random.uniform(0, 2 * np.pi, count),
        ground=random.uniform(0, 1, (count, 3)),
        light=light,
        dark=light * random.uniform(0.1, 0.5, (count, 1)),
        noise=random.integers(0, 2**32, count),
        period=PERIODS[texture],
    )


def draw(drawn: Scenes, pixels: int) -> np.ndarray:
    """(N, 3, pixels, pixels) uint8."""
    points = pixels * FINER
    side = (np.arange(points, dtype=np.float32) + 0.5) / points
    pictures = np.empty((len(drawn.targets), 3, pixels, pixels), np.uint8)
    for number in range(len(pictures)):
        random = np.random.default_rng(drawn.noise[number])
        colours = _one(drawn, number, side)
        means = colours.reshape(pixels, FINER, pixels, FINER, 3).mean((1, 3))
        noisy = means + random.normal(0, NOISE, (pixels, pixels, 1)).astype(np.float32)
        pictures[number] = (noisy.clip(0, 1) * 255).astype(np.uint8).transpose(2, 0, 1)
    return pictures


def _one(drawn: Scenes, number: int, side: np.ndarray) -> np.ndarray:
    """Colours (points, points, 3) of one scene."""
    shape, texture = divmod(int(drawn.targets[number]), len(TEXTURES))
    x, y = (side[None, :] - drawn.centre[number, 0]), (side[:, None] - drawn.centre[number, 1])
    u, v = _turned(x, y, drawn.turn[number])
    inside = _inside(SHAPES[shape], u / drawn.radius[number], v / drawn.radius[number])
    along, across = _turned(x, y, drawn.grain[number])
    waves = np.sin(along * (2 * np.pi / drawn.period) + drawn.phase[number])
    if TEXTURES[texture] == "checked":
        waves = waves * np.sin(across * (2 * np.pi / drawn.period))
    filled = np.where(waves[..., None] > 0, drawn.light[number], drawn.dark[number])
    return np.where(inside[..., None], filled, drawn.ground[number]).astype(np.float32)


def _turned(x: np.ndarray, y: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _inside(shape: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Whether points are in a shape of about the size of the unit disc."""
    distance = u**2 + v**2
    if shape == "disc":
        return distance < 1
    if shape == "ring":
        return (distance < 1) & (distance > 0.3)
    if shape == "square":
        return np.maximum(abs(u), abs(v)) < 0.85
    return (v < 0.5) & (abs(u) * np.sqrt(3) < 1 + v)  # the triangle with corners on the unit circle
