"""How a picture becomes a network's input.

`Preparation` is torchvision's evaluation transform (ImageClassification preset) on Pillow, pixel for pixel.
Sizes are (width, height) in pixels. No torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from .reading import LIMIT_MPX

RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True)
class Preparation:
    """How a picture becomes a network's input: short side to `resize`, then the central crop x crop pixels.

    With `reduce`, what the crop shows is first made that small, then resized to `crop`: a network trained on
    small pictures gets them as soft as it learnt them.
    """

    resize: int
    crop: int
    interpolation: str = "bicubic"
    reduce: int | None = None
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def __post_init__(self) -> None:
        if not 0 < self.crop <= self.resize:
            raise ValueError(f"the crop is {self.crop} px; allowed is 1 to the resized short side, {self.resize} px")
        if self.interpolation not in RESAMPLING:
            raise ValueError(f"interpolation is {self.interpolation!r}; allowed are {', '.join(RESAMPLING)}")
        if self.reduce is not None and self.reduce < 1:
            raise ValueError(f"the picture is reduced to {self.reduce} px; allowed is 1 or more, or None")

    def crop_box(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of what the network sees, in pixels of a picture of this size."""
        (width, height), (wide, high) = size, self._resized(size)
        left, top = self._corner((wide, high))
        right, bottom = left + self.crop, top + self.crop
        return left * width / wide, top * height / high, right * width / wide, bottom * height / high

    def view(self, image: Image.Image) -> Image.Image:
        """What the network sees of an RGB picture: crop x crop, pixel-identical to torchvision's transforms."""
        return self.steps(image)[-1][1]

    def steps(self, image: Image.Image) -> tuple[tuple[str, Image.Image], ...]:
        """Each preprocessing step of a picture, in order: (name, result)."""
        if image.mode != "RGB":
            raise ValueError(f"the picture's mode is {image.mode}; allowed is RGB, which read_image returns")
        method, square = RESAMPLING[self.interpolation], (self.crop, self.crop)
        resized = self._resized(image.size)
        if self.reduce is not None:
            small = image.resize((self.reduce, self.reduce), method, box=self.crop_box(image.size))
            return ("cut out and reduced", small), ("enlarged", small.resize(square, method))
        if resized[0] * resized[1] > LIMIT_MPX * 1e6:  # a strip: its long side would become enormous
            return (("cut out and resized", image.resize(square, method, box=self.crop_box(image.size))),)
        left, top = self._corner(resized)
        large = image.resize(resized, method)
        return ("resized", large), ("cut out", large.crop((left, top, left + self.crop, top + self.crop)))

    def tensor(self, image: Image.Image) -> np.ndarray:
        """A picture as the network takes it: (3, crop, crop) float32, centred and scaled."""
        return self.scaled(self.view(image))

    def scaled(self, view: Image.Image) -> np.ndarray:
        """The tensor of a view that is there already: of a large photograph, the view is what takes the time."""
        rows = np.asarray(view).reshape(self.crop, -1).astype(np.float32)
        rows /= np.float32(255)
        rows -= np.tile(np.float32(self.mean), self.crop)  # a row at once: by threes, numpy takes ten times as long
        rows /= np.tile(np.float32(self.std), self.crop)
        return np.ascontiguousarray(rows.reshape(self.crop, self.crop, 3).transpose(2, 0, 1))

    def _resized(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size after the short side is resized to `resize`; the long one is cut to whole pixels."""
        short, long = min(size), max(size)
        other = int(self.resize * long / short)
        return (self.resize, other) if size[0] <= size[1] else (other, self.resize)

    def _corner(self, resized: tuple[int, int]) -> tuple[int, int]:
        width, height = resized
        return round((width - self.crop) / 2), round((height - self.crop) / 2)
