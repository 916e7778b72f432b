"""Pictures: untrusted bytes -> upright 8-bit RGB, and how a picture becomes a network's input.

Limits are checked before anything is decoded: bytes first, then the pixels that the header announces.
What the bytes are decides, never the file's name. `Preparation` is torchvision's evaluation transform
(ImageClassification preset) on Pillow, pixel for pixel. Sizes are (width, height) in pixels. No torch.
"""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image

LIMIT_MB = 32  # of 2**20 bytes
LIMIT_MPX = 64  # of 10**6 pixels; below the size from which Pillow warns of a decompression bomb
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ALLOWED = "PNG, JPEG, WebP, GIF, BMP and TIFF"
SUFFIXES = ("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff")  # what their files are called

RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# (offset, first bytes there, what it is): pictures that are allowed, then what people send in their place
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
    """The first frame as upright RGB without metadata, transparency over white. ImageRejected says why not."""
    if not data:
        raise ImageRejected(f"{name} is empty; choose a picture ({ALLOWED})")
    if len(data) > LIMIT_MB * 2**20:
        size = f"{len(data) / 2**20:.1f} MB"
        raise ImageRejected(f"{name} has {size}, over the limit of {LIMIT_MB} MB; make it smaller and try again")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_pixels(image.width * image.height / 1e6, name)
            image.load()
            picture = _to_rgb(_upright(image))
    except ImageRejected:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRejected(_too_many_pixels("too many", name)) from error
    except Exception as error:  # Pillow's decoders raise whatever their damaged input leads to
        raise ImageRejected(_what_came(data, name)) from error
    picture.info.clear()  # place and camera of an upload stay out of what is saved later
    return picture


def _check_pixels(megapixels: float, name: str) -> None:
    """Before decoding: Pillow's own bomb limit is a global that other threads share, and a warning only."""
    if megapixels > LIMIT_MPX:
        raise ImageRejected(_too_many_pixels(f"{megapixels:.1f} million", name))


def _too_many_pixels(count: str, name: str) -> str:
    return f"{name} has {count} pixels, over the limit of {LIMIT_MPX} million; make it smaller and try again"


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its Exif tag says."""
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # damaged Exif should not cost the picture
        turn = None
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Any of Pillow's modes as RGB of its own memory."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray(((np.asarray(image, np.uint32) + 128) // 257).astype(np.uint8))
    elif image.mode in ("I", "F"):
        image = Image.fromarray(_stretched(np.asarray(image, np.float64)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _stretched(values: np.ndarray) -> np.ndarray:
    """32-bit values as bytes, darkest 0 and brightest 255: such files don't say what white is."""
    low, high = values.min(), values.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError("values that are not finite")
    return np.round((values - low) * (255 / (high - low or 1))).astype(np.uint8)


def _what_came(data: bytes, name: str) -> str:
    """A sentence on bytes that Pillow could not read."""
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
    """Which kind of text these bytes are, None where they are none."""
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


@dataclass(frozen=True)
class Preparation:
    """How a picture becomes a network's input: short side to `resize`, then the central crop x crop pixels.

    With `reduce`, what the crop shows is first made that small, then brought to `crop`: a network trained on
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
        """What is done to a picture until it is the view, in order: what it was, and what came of it."""
        if image.mode != "RGB":
            raise ValueError(f"a picture of mode {image.mode} came; allowed is RGB, which read_image makes of it")
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
        """The view as the network takes it: (3, crop, crop) float32, centred and scaled."""
        pixels = np.asarray(self.view(image), np.float32) / np.float32(255)
        normalised = (pixels - np.float32(self.mean)) / np.float32(self.std)
        return np.ascontiguousarray(normalised.transpose(2, 0, 1))

    def _resized(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size after the short side was brought to `resize`; the long one is cut to whole pixels."""
        short, long = min(size), max(size)
        other = int(self.resize * long / short)
        return (self.resize, other) if size[0] <= size[1] else (other, self.resize)

    def _corner(self, resized: tuple[int, int]) -> tuple[int, int]:
        width, height = resized
        return round((width - self.crop) / 2), round((height - self.crop) / 2)


@dataclass(frozen=True)
class Sample:
    """A photograph that needs no upload. `label`: its ImageNet class, None where it shows none of the thousand."""

    name: str
    title: str
    label: str | None


SAMPLES = (  # first one that every model here names right: it is what a page shows before anything is brought
    Sample("coffee", "A cup of coffee", "espresso"),
    Sample("chelsea", "Chelsea the cat", "Egyptian cat"),
    Sample("rocket", "A rocket at its launch", "projectile"),
    Sample("astronaut", "An astronaut", None),
)


def load_sample(name: str) -> Image.Image:
    """A sample as RGB, from files that scikit-image installs. ValueError for other names."""
    if name not in {sample.name for sample in SAMPLES}:
        raise ValueError(f"no sample is called {name!r}; there are {', '.join(sample.name for sample in SAMPLES)}")
    from skimage import data  # here, since only samples need it

    return Image.fromarray(getattr(data, name)())
