"""Untrusted bytes -> upright 8-bit RGB, without metadata.

Limits are checked before anything is decoded: bytes first, then the pixels that the header announces.
The bytes decide what a file is, never its name. No torch.
"""

from __future__ import annotations

import codecs
import io
from itertools import product

import numpy as np
from PIL import ExifTags, Image

from ..foreign_text import shortened

LIMIT_MB = 32  # of 2**20 bytes
LIMIT_MPX = 64  # of 10**6 pixels; below the size from which Pillow warns of a decompression bomb
MOST_SCANS = 100  # of a JPEG: encoders write ten or so
PART_PIXELS = 1 << 20  # converted at a time
LARGER_IN_MEMORY = {"WEBP": 32, "progressive": 48}  # megapixels: their decoders hold up to three copies
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ALLOWED = "PNG, JPEG, WebP, GIF, BMP and TIFF"
SUFFIXES = ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff")  # what their files are called
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# (offset, first bytes there, what it is): allowed pictures, then what people send instead
_PICTURES = (
    (0, b"\x89PNG", "a PNG"),
    (0, b"\xff\xd8\xff", "a JPEG"),
    (8, b"WEBP", "a WebP"),
    (0, b"GIF8", "a GIF"),
    (0, b"BM", "a BMP"),
    (0, b"II*\x00", "a TIFF"),
    (0, b"MM\x00*", "a TIFF"),
)
_OTHERS = (
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftyphei", "a HEIC picture"),
    (4, b"ftyphev", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIC picture"),
    (4, b"ftyp", "a video"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"%!PS", "a PostScript document"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"\x00\x00\x01\x00", "an icon"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"MZ", "a program"),
    (0, b"\x7fELF", "a program"),
)


class ImageRejected(ValueError):
    """These bytes can't be used as a picture; the message is a sentence for the user."""


def read_image(data: bytes, name: str = "picture") -> Image.Image:
    """The first frame as upright RGB without metadata, transparency over white. Raises ImageRejected saying why not.

    >>> read_image(b"not a picture", "notes.txt")
    Traceback (most recent call last):
    ...
    effnet_core.images.reading.ImageRejected: notes.txt is text; ...
    """
    name = shortened(name)
    if not data:
        raise ImageRejected(f"{name} is empty; choose a picture ({ALLOWED})")
    if len(data) > LIMIT_MB * 2**20:
        size = f"{len(data) / 2**20:.1f} MB"
        raise ImageRejected(f"{name} has {size}, over the limit of {LIMIT_MB} MB; make it smaller and try again")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_pixels(image, name)
            _check_scans(image, data, name)
            image.load()
            turn = _turn(image)  # not before: Pillow turns TIFFs itself while they are loaded
            picture = _to_rgb(image)
        image.close()  # before the turn: a picture of 64 million pixels takes 192 MB
        picture = picture if turn is None else picture.transpose(turn)
    except ImageRejected:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRejected(_too_many_pixels("too many", name, LIMIT_MPX)) from error
    except Exception as error:  # Pillow's decoders raise whatever their damaged input leads to
        raise ImageRejected(_what_came(data, name)) from error
    picture.info.clear()  # keeps location and camera of an upload out of what is saved later
    return picture


def pixels_told(data: bytes) -> int:
    """How many pixels read_image would decode, as the header tells; 0 for more than it takes.

    Raises what Pillow raises for bytes that are no picture.
    """
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        pixels = image.width * image.height
    return pixels if pixels <= LIMIT_MPX * 1e6 else 0


def _check_pixels(image: Image.Image, name: str) -> None:
    """Before decoding: Pillow's own bomb limit is a global that other threads share, and a warning only."""
    megapixels = image.width * image.height / 1e6
    kind = "progressive" if "progressive" in image.info else image.format
    limit = LARGER_IN_MEMORY.get(kind, LIMIT_MPX)
    if megapixels > limit:
        raise ImageRejected(_too_many_pixels(f"{megapixels:.1f} million", name, limit))


def _too_many_pixels(count: str, name: str, limit: float) -> str:
    return f"{name} has {count} pixels, over the limit of {limit} million; make it smaller and try again"


def _check_scans(image: Image.Image, data: bytes, name: str) -> None:
    """A progressive JPEG of a few kB can ask for thousands of passes over all of its pixels."""
    if image.format == "JPEG" and data.count(b"\xff\xda") > MOST_SCANS:
        raise ImageRejected(f"{name} is a JPEG of over {MOST_SCANS} passes; save it again as JPEG and try that file")


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What its Exif tag says; damaged Exif should not cost the picture."""
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:
        return None


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any of Pillow's modes as RGB of its own memory; by parts, so that a large picture is there only twice."""
    if image.mode in ("I", "F"):
        darkest, brightest = image.getextrema()
    picture = Image.new("RGB", image.size)
    wide = min(image.width, PART_PIXELS)
    high = PART_PIXELS // wide
    for left, top in product(range(0, image.width, wide), range(0, image.height, high)):
        part = image.crop((left, top, min(left + wide, image.width), min(top + high, image.height)))
        if part.mode.startswith("I;16"):
            part = Image.fromarray(((np.asarray(part, np.uint32) + 128) // 257).astype(np.uint8))
        elif part.mode in ("I", "F"):
            part = Image.fromarray(_stretched(np.asarray(part, np.float64), darkest, brightest))
        if part.has_transparency_data:
            part = part.convert("RGBA")
            part = Image.alpha_composite(Image.new("RGBA", part.size, "white"), part)
        picture.paste(part.convert("RGB"), (left, top))
    return picture


def _stretched(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """32-bit values as bytes, darkest 0 and brightest 255: such files don't say what white is."""
    if not (np.isfinite(low) and np.isfinite(high) and np.isfinite(values).all()):
        raise ValueError("values that are not finite")
    return np.round((values - low) * (255 / (high - low or 1))).astype(np.uint8)


def _what_came(data: bytes, name: str) -> str:
    """A sentence about bytes that Pillow could not read."""
    text = _text(data)
    picture = next((what for offset, start, what in _PICTURES if data.startswith(start, offset)), None)
    if picture and not text:
        return (
            f"{name} begins like {picture} but can't be read: it is damaged, cut off or of a rare kind; "
            "save it again as PNG or JPEG and try that file"
        )
    what = text or next((what for offset, start, what in _OTHERS if data.startswith(start, offset)), None)
    return f"{name} is {what or 'of an unknown format'}; allowed are {ALLOWED}: save it as one of these and try again"


def _text(data: bytes) -> str | None:
    """Which kind of text these bytes are, None if they are not text."""
    start = data[:4096]
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start, final=len(start) == len(data)).lower()
    except UnicodeDecodeError:
        return None
    if not all(character.isprintable() or character.isspace() for character in text):
        return None
    if "<svg" in text:
        return "an SVG drawing"
    return "a web page" if "<html" in text or "<!doctype html" in text else "text"
