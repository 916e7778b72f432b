"""A heat map over the picture that it explains; feature maps in greys. Pillow and numpy alone, for the command line."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

# Ten even steps of matplotlib's perceptual maps (CC0; van der Walt, Smith, Nuñez et al.); colours between are mixed.
COLOUR_MAPS = {
    "viridis": "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
    "inferno": "000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4",
    "cividis": "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
}
DIVERGING = "0072b2 f7f7f7 d55e00"  # below zero, zero, above: Okabe and Ito's blue and vermilion, about white


def diverging_table() -> np.ndarray:
    """256 colours from the most negative over zero to the most positive: (256, 3) uint8."""
    return _mixed(DIVERGING)


def colour_table(colours: str = "viridis") -> np.ndarray:
    """256 colours of a map, coldest first: (256, 3) uint8. Raises ValueError listing the valid names."""
    if colours not in COLOUR_MAPS:
        raise ValueError(f"no colour map is called {colours!r}; there are {', '.join(COLOUR_MAPS)}")
    return _mixed(COLOUR_MAPS[colours])


def _mixed(colours: str) -> np.ndarray:
    steps = np.array([list(bytes.fromhex(step)) for step in colours.split()])
    at, positions = np.linspace(0, 1, 256), np.linspace(0, 1, len(steps))
    return np.stack([np.interp(at, positions, channel) for channel in steps.T], axis=1).round().astype(np.uint8)


def heat(values: ArrayLike, size: tuple[int, int], *, strongest: float | None = None) -> np.ndarray:
    """A map (H, W) resized bilinearly to (width, height) px and scaled to 0..1: (height, width).

    1 is the map's own maximum, or `strongest`, which several maps can share.
    """
    large = _enlarged(np.maximum(np.nan_to_num(values), 0), size)
    highest = large.max() if strongest is None else strongest
    return np.minimum(large / highest, 1) if highest > 0 else np.zeros_like(large)


def signed_heat(values: ArrayLike, size: tuple[int, int], *, strongest: float | None = None) -> np.ndarray:
    """The same with signs: -1..1, zero stays zero; by the largest magnitude, or `strongest`."""
    large = _enlarged(np.nan_to_num(values), size)
    highest = np.abs(large).max() if strongest is None else strongest
    return np.clip(large / highest, -1, 1) if highest > 0 else np.zeros_like(large)


def _enlarged(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))


def grey(values: np.ndarray, low: float, high: float) -> Image.Image:
    """A feature map (H, W) as a picture of its own size: black at `low` and below, white at `high` and above."""
    shares = (values - low) / max(high - low, 1e-12)
    return Image.fromarray((255 * np.clip(shares, 0, 1)).round().astype(np.uint8))


def seen(image: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """The square of a picture that the network saw (Preparation.crop_box), at the picture's own resolution."""
    left, top = round(box[0]), round(box[1])
    return image.crop((left, top, left + round(box[2] - box[0]), top + round(box[3] - box[1])))


def overlay(
    image_crop: Image.Image,
    values: ArrayLike,
    *,
    opacity: float = 0.5,
    colours: str = "viridis",
    signed: bool = False,
    strongest: float | None = None,
) -> Image.Image:
    """The crop that the network saw, with the map (H, W) over it. A blank map leaves the picture as it is.

    `signed`: negative values are drawn too, in the diverging colours in place of `colours`, over the crop in grey.

    >>> crop = load_sample("coffee").crop((100, 0, 500, 400))
    >>> overlay(crop, [[0.0, 1.0], [0.0, 0.0]]).size
    (400, 400)
    """
    crop = image_crop.convert("RGB")
    if signed:
        large, table = signed_heat(values, crop.size, strongest=strongest), diverging_table()
        places = (large + 1) / 2
    else:
        large, table = heat(values, crop.size, strongest=strongest), colour_table(colours)
        places = large
    if not large.any():
        return crop
    if signed:
        crop = crop.convert("L").convert("RGB")
    return Image.blend(crop, Image.fromarray(table[(places * 255).round().astype(np.uint8)]), opacity)


def paste_crop_back(image: Image.Image, crop: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """The whole picture with `crop` (as `seen` gives it, drawn over) pasted back in its place and outlined.

    The rest is dimmed: the network never saw it. `box` is in the picture's pixels (Preparation.crop_box).
    """
    left, top = round(box[0]), round(box[1])
    whole = image.convert("RGB").point(lambda level: level // 2)
    whole.paste(crop, (left, top))
    line = max(1, max(image.size) // 250)
    draw = ImageDraw.Draw(whole)
    for colour, width in (("black", 2 * line), ("white", line)):
        draw.rectangle((left, top, left + crop.width - 1, top + crop.height - 1), outline=colour, width=width)
    return whole
