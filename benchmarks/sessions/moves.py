"""What a class does on the pages, the photographs that it uses, and whether two answers are the same."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from effnet_core.images.samples import SAMPLES, load_sample  # noqa: E402

from .client import Answer, Session, pictures  # noqa: E402

# the widget that is moved on each page, and values for it; None: as many of its own options as MOST_OPTIONS
PHIS = tuple(step / 2 for step in range(-6, 17))
MOST_OPTIONS = 3
MOVES = {
    "": ("overview.phi", PHIS),
    "scaling": ("scaling.phi", PHIS),
    "budgets": ("budgets.batch", (1, 8, 32)),
    "evidence": ("evidence.figure", None),
    "classify": ("classify.opacity", tuple(range(0, 101, 5))),
    "mbconv": ("mbconv.block", None),
    "se_gates": ("se_gates.block", None),
    "interview": ("interview.card", None),
    "glossary": ("glossary.find", ("squeeze", "depth", "gate")),
    "machine": (None, ()),  # nothing to move: it is run again
}
WITH_PICTURE = ("classify", "mbconv", "se_gates")
UNSTEADY = ("machine",)  # its figures are of this moment
SAMPLE, TITLES = "Samples", tuple(sample.title for sample in SAMPLES)
LARGE, SMALL = (4000, 3000), (1200, 900)  # pixels of a photograph
SAME = 1e-4  # of two numbers, relative to the larger and to 1
SAME_PIXEL = 2.0  # mean difference of two pictures, of 255
NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")


def name_of(page: str) -> str:
    return page or "overview"


def values_of(session: Session, page: str) -> tuple:
    """What the page's widget is set to, after the page was opened."""
    key, values = MOVES[page]
    if values is None:
        options = session.widget(key).new_element
        options = getattr(options, options.WhichOneof("type")).options
        values = tuple(getattr(option, "content", option) for option in options)
        values = tuple(dict.fromkeys(values[:: max(1, len(values) // MOST_OPTIONS)]))[:MOST_OPTIONS]
    return values


async def move(session: Session, page: str, value: object) -> Answer:
    key, _ = MOVES[page]
    return await (session.ask() if key is None else session.move(key, value))


def photograph(seed: int, size: tuple[int, int] = LARGE) -> bytes:
    """A JPEG that no other seed makes: a part of a sample, mirrored, tinted and grainy. LARGE has 12 megapixels."""
    random = np.random.default_rng(seed)
    source = load_sample(SAMPLES[seed % len(SAMPLES)].name)
    share = random.uniform(0.6, 0.95)
    wide, high = (round(share * side) for side in source.size)
    left, top = random.integers(source.width - wide), random.integers(source.height - high)
    part = source.crop((left, top, left + wide, top + high)).resize(size, Image.Resampling.BICUBIC)
    if random.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    grain = random.integers(-12, 13, (size[1] // 4, size[0] // 4, 1), dtype=np.int16)
    grain = grain.repeat(4, axis=0).repeat(4, axis=1) + random.integers(-15, 16, 3, dtype=np.int16)
    pixels = np.clip(np.asarray(part, np.int16) + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


# Are two answers the same? ----------------------------------------------------------------------------------------


def difference(got: Answer, wanted: Answer) -> str:
    """Where an answer differs from the one that is wanted, by more than rounding; empty where it does not."""
    if len(got.texts) != len(wanted.texts) or not all(map(_same_text, got.texts, wanted.texts)):
        pairs = zip(got.texts, wanted.texts, strict=False)
        first = next(((one, other) for one, other in pairs if not _same_text(one, other)), ("fewer or more texts", ""))
        return f"text {first[0][:90]!r} in place of {first[1][:90]!r}"
    if len(got.charts) != len(wanted.charts) or not all(map(_same_chart, got.charts, wanted.charts)):
        return "a chart"
    if len(got.images) != len(wanted.images):
        return "fewer or more pictures"
    return "" if all(map(_same_picture, got.images, wanted.images)) else "a picture"


def _close(one: object, other: object) -> bool:
    return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=SAME, atol=SAME, equal_nan=True)


def _same_text(one: str, other: str) -> bool:
    """Numbers may differ by one in their last digit, which rounding can change."""
    if one == other:
        return True
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    for mine, theirs in zip(NUMBER.findall(one), NUMBER.findall(other), strict=True):
        digits = len(theirs.partition(".")[2])
        if abs(float(mine.replace(",", "")) - float(theirs.replace(",", ""))) > 1.001 * 10**-digits:
            return False
    return True


def _same_chart(one: str, other: str) -> bool:
    return one == other or _same_value(json.loads(one), json.loads(other))


def _same_value(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        if "base64" in one and "base64" in other:  # a heat map: whole steps of its unit
            return _close(_steps(one) * one["unit"], _steps(other) * other["unit"])
        if "bdata" in one and "bdata" in other:  # plotly's arrays
            return one["dtype"] == other["dtype"] and _close(_array(one), _array(other))
        return one.keys() == other.keys() and all(_same_value(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same_value, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return _close(one, other)
    return _same_text(one, other) if isinstance(one, str) and isinstance(other, str) else one == other


def _steps(packed: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["base64"]), "<i2").astype(float)


def _array(packed: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).astype(float)


def _same_picture(one: str, other: str) -> bool:
    """Addresses of pictures are made of their content; where they differ, pixels are compared."""
    if one == other:
        return True
    left, right = _pixels(one), _pixels(other)
    return left.shape == right.shape and np.abs(left - right).mean() <= SAME_PIXEL


def _pixels(url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(pictures[url])).convert("RGB"), np.int16)
