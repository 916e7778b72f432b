"""Pictures that several test files make."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def saved(image: Image.Image, kind: str, **settings) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


def noise(width: int, height: int, mode: str = "RGB", *, seed: int = 0) -> Image.Image:
    """Noise with slow waves in it: neither flat, nor symmetric, nor of one frequency."""
    rows, columns = np.mgrid[:height, :width]
    waves = 90 * np.sin(columns / 7)[..., None] + 60 * np.cos(rows / 11)[..., None]
    grain = np.random.default_rng(seed).integers(0, 100, (height, width, 3))
    return Image.fromarray(np.clip(waves + grain + 60, 0, 255).astype(np.uint8)).convert(mode)
