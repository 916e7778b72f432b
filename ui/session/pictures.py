"""Pictures in use: decoded when their pixels are needed, known by the hash of their bytes."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from PIL.Image import Image

THUMBNAIL_PX = 144  # twice what is shown
KEPT_PIXELS = 1_000_000  # of a sample that stays decoded: those of the packages
SHOWN_PX = 1200  # of a picture's long side on the screen; the downloaded file has all pixels
DECODED_AT_ONCE = 4  # of all sessions: the largest take up to 600 MB while they are decoded
_decoders = threading.BoundedSemaphore(DECODED_AT_ONCE)


@dataclass(frozen=True)
class Picture:
    """A picture in use, with the SHA-256 of the bytes that it is read from, which keys all caches.

    It is decoded when its pixels are needed: a phone's photograph takes 36 MB decoded and 3 MB as a file.
    """

    name: str
    digest: str
    decode: Callable[[], Image] = field(repr=False, compare=False)

    @property
    def image(self) -> Image:
        """RGB, every pixel: for the network and for downloads."""
        return self.decode()

    @property
    def shown(self) -> Image:
        """RGB, no larger than a screen shows it."""
        return _shown(self)

    @property
    def thumbnail(self) -> bytes:
        """A small square JPEG, to choose the picture by."""
        return _thumbnail(self)


BY_DIGEST = {Picture: attrgetter("digest")}


@st.cache_data(max_entries=64, scope="session", show_spinner=False, hash_funcs=BY_DIGEST)
def _thumbnail(picture: Picture) -> bytes:
    from PIL import ImageOps

    square = ImageOps.fit(picture.shown, (THUMBNAIL_PX, THUMBNAIL_PX))
    buffer = io.BytesIO()
    square.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@st.cache_resource(max_entries=8, scope="session", show_spinner=False, hash_funcs=BY_DIGEST)
def _shown(picture: Picture) -> Image:
    image = picture.image
    scale = min(1.0, SHOWN_PX / max(image.size))
    return image.resize((round(image.width * scale), round(image.height * scale)), reducing_gap=1.0)


@st.cache_resource(max_entries=1, scope="session", show_spinner=False)
def _decoded(digest: str, name: str, _data: bytes) -> Image:
    from effnet_core.images.reading import read_image

    with _decoders:
        return read_image(_data, name)


def release() -> None:
    """At the end of a page's run: drop what it decoded. Every question of the run was answered from one decoding."""
    _decoded.clear()


def picture(data: bytes, name: str) -> Picture:
    """A user's picture, decoded once to check that it can be. Raises ImageRejected saying why it can't."""
    digest = hashlib.sha256(data).hexdigest()
    decode = partial(_decoded, digest, name, data)
    decode()
    return Picture(name, digest, decode)


def sample(name: str) -> Picture:
    """One of the sample photographs, by its name in samples.available(). Raises what load_sample does."""
    digest, decode = _sample(name)
    return Picture(name, digest, decode)


@st.cache_resource(max_entries=64, ttl="1m", show_spinner=False)  # a teacher may change a file
def _sample(name: str) -> tuple[str, Callable[[], Image]]:
    from effnet_core.images.samples import load_sample

    image = load_sample(name)
    digest = hashlib.sha256(image.tobytes()).hexdigest()
    small = image.width * image.height <= KEPT_PIXELS
    return digest, (lambda: image) if small else partial(load_sample, name)
