"""A heat map over the picture that it explains; feature maps in greys. Pillow and numpy alone, for the command line."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

WARM = "warm"
# Ten even steps of matplotlib's perceptual maps (CC0; van der Walt, Smith, Nuñez et al.); colours between are mixed.
COLOUR_MAPS = {
    WARM: "ff6a00",  # as transparent as the value is low, over the picture in grey
    "viridis": "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
    "inferno": "000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4",
    "cividis": "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
}
AGAINST = "2166ac"  # what a signed map has below zero, no operator's blue; above zero it is warm
OPACITY = 0.7  # of the strongest heat, unless another is chosen
LINE_AT = 0.5  # of the strongest value: what the warm look's line encloses
LINE_SHARE = 1 / 250  # of a picture's long side: how wide lines are
LEAST_LINE = 1.5  # px
FLAT = 1e-6  # a pixel
LINE_GRID = 20  # values on a side, at most: the line of a finer map would be a scrawl


class Colours(NamedTuple):
    """How heat is coloured. `table`: (256, 4) uint8, red, green, blue and how opaque, from the lowest value up."""

    table: np.ndarray
    on_grey: bool
    lined: bool  # around what is stronger than LINE_AT


@cache
def colours_of(name: str = WARM, *, signed: bool = False) -> Colours:
    """Colours of a map by their name; those of a signed one are always the same but for the line.

    Raises ValueError listing the valid names.
    """
    if name not in COLOUR_MAPS:
        raise ValueError(f"no colour map is called {name!r}; there are {', '.join(COLOUR_MAPS)}")
    warm = name == WARM
    table = np.full((256, 4), 255, np.uint8)
    table[:, :3] = _mixed(COLOUR_MAPS[WARM if signed else name])
    if signed:
        table[:128, :3] = _mixed(AGAINST)[:128]
        table[:, 3] = np.abs(np.linspace(-255, 255, 256)).round()
    elif warm:
        table[:, 3] = np.arange(256)
    return Colours(table, on_grey=warm or signed, lined=warm)


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


def pixels_seen(box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in whole pixels of what the network saw (Preparation.crop_box)."""
    left, top = round(box[0]), round(box[1])
    return left, top, left + round(box[2] - box[0]), top + round(box[3] - box[1])


def seen(image: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """The square of a picture that the network saw (Preparation.crop_box), at the picture's own resolution."""
    return image.crop(pixels_seen(box))


def overlay(
    image_crop: Image.Image,
    values: ArrayLike,
    *,
    opacity: float = OPACITY,
    colours: str = WARM,
    signed: bool = False,
    strongest: float | None = None,
) -> Image.Image:
    """The crop that the network saw, with the map (H, W) over it. A blank map leaves the picture as it is.

    `signed`: negative values are drawn too, blue against orange in place of `colours`, over the crop in grey.
    The component ui/components/heat_map draws the same in the browser; a test compares both.

    >>> crop = load_sample("coffee").crop((100, 0, 500, 400))
    >>> overlay(crop, [[0.0, 1.0], [0.0, 0.0]]).size
    (400, 400)
    """
    crop, look = image_crop.convert("RGB"), colours_of(colours, signed=signed)
    large = (signed_heat if signed else heat)(values, crop.size, strongest=strongest)
    if not large.any():
        return crop
    if look.on_grey:
        crop = crop.convert("L").convert("RGB")
    places = (large + 1) / 2 if signed else large
    coloured = look.table[(places * 255).round().astype(np.uint8)]
    opaque = (coloured[..., 3] * opacity).round().astype(np.uint8)
    crop.paste(Image.fromarray(np.ascontiguousarray(coloured[..., :3])), mask=Image.fromarray(opaque))
    if look.lined and is_lined(values):
        _draw_line(crop, large)
    return crop


def is_lined(values: ArrayLike) -> bool:
    """Whether a map is coarse enough for a line around its strongest places."""
    return max(np.shape(values)) <= LINE_GRID


def _draw_line(picture: Image.Image, large: np.ndarray) -> None:
    """A white line with dark edges, seen on any picture, where the magnitude passes LINE_AT."""
    large = np.abs(large)
    wide = line_width(picture.size)
    down, across = np.gradient(large)
    steep = np.hypot(down, across)
    away = np.full_like(large, np.inf)  # from the line, in pixels; where the map is flat, there is none
    np.divide(np.abs(large - LINE_AT), steep, out=away, where=steep > FLAT)
    for colour, half in (("black", wide), ("white", wide / 2)):
        cover = np.clip(half - away + 0.5, 0, 1)
        picture.paste(colour, mask=Image.fromarray((255 * cover).round().astype(np.uint8)))


def line_width(size: tuple[int, int]) -> float:
    """Of lines drawn into a picture of this size, in its pixels."""
    return max(LEAST_LINE, max(size) * LINE_SHARE)


def paste_crop_back(image: Image.Image, crop: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """The whole picture with `crop` (as `seen` gives it, drawn over) pasted back in its place and outlined.

    The rest is dimmed: the network never saw it. `box` is in the picture's pixels (Preparation.crop_box).
    """
    left, top, right, bottom = pixels_seen(box)
    whole = image.convert("RGB").point(lambda level: level // 2)
    whole.paste(crop, (left, top))
    line = int(line_width(image.size))
    draw = ImageDraw.Draw(whole)
    for colour, width in (("black", 2 * line), ("white", line)):
        draw.rectangle((left, top, right - 1, bottom - 1), outline=colour, width=width)
    return whole
