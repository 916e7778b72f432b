"""What is not a picture, or no whole one, or too large, gets a sentence for the user."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.pictures import noise, saved

from effnet_core.images import reading
from effnet_core.images.reading import ImageRejected, read_image


def rejection(data: bytes, name: str = "holiday.png") -> str:
    with pytest.raises(ImageRejected) as caught:
        read_image(data, name)
    return str(caught.value)


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("picture.png", saved(noise(8, 8), "PNG"))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"Dear teacher,\nhere is my homework.", "text"),
        ("größer als ein Byte".encode(), "text"),
        (b"BMW is not a BMP", "text"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF document"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "a HEIC picture"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "an AVIF picture"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", "a video"),
        (b"MZ\x90\x00\x03\x00", "a program"),
        (b"\x7fELF\x02\x01\x01\x00", "a program"),
        (b"8BPS\x00\x01\x00\x00", "a Photoshop document"),
        (zipped(), "a ZIP archive"),
        (saved(noise(8, 8), "ICO"), "an icon"),
        (saved(noise(8, 8), "JPEG2000"), "of an unknown format"),
        (b"\x00\x01\x02\x03" * 99, "of an unknown format"),
    ],
)
def test_what_came_what_is_allowed_what_to_do(data, what):
    sentence = rejection(data)
    assert sentence.startswith(f"holiday.png is {what}")
    assert reading.ALLOWED in sentence and "save it as" in sentence


def test_formats_that_pillow_could_open_but_that_are_not_allowed():
    """PostScript would run a program, the others are plugins that nobody needs here."""
    for kind in ("PPM", "TGA", "EPS", "PDF"):
        data = saved(noise(8, 8), kind)
        assert reading.ALLOWED in rejection(data)


def test_empty():
    assert "is empty" in rejection(b"")


@pytest.mark.parametrize("kind", reading.FORMATS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_cut_off_pictures(kind, kept):
    data = saved(noise(64, 48), kind)
    sentence = rejection(data[: int(len(data) * kept)])
    assert f"begins like a {'WebP' if kind == 'WEBP' else kind}" in sentence and "cut off" in sentence


def test_damaged_in_the_middle():
    data = bytearray(saved(noise(64, 48), "PNG"))
    data[len(data) // 2] ^= 0xFF
    assert "can't be read" in rejection(bytes(data))


@pytest.mark.parametrize("kind", reading.FORMATS)
@settings(max_examples=25, deadline=None)
@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6))
def test_damage_of_any_kind_gives_a_picture_or_a_sentence(kind, changes):
    data = bytearray(saved(noise(12, 9), kind))
    for place, value in changes:
        data[int(place * len(data))] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of what it then reads all the same
        try:
            assert read_image(bytes(data)).mode == "RGB"
        except ImageRejected as problem:
            assert str(problem).startswith("picture ")


def test_too_many_bytes_are_not_even_looked_at(monkeypatch):
    monkeypatch.setattr(reading.Image, "open", lambda *_, **__: pytest.fail("decoded"))
    sentence = rejection(b"\x00" * (reading.LIMIT_MB * 2**20 + 1))
    assert f"over the limit of {reading.LIMIT_MB} MB" in sentence


def png_header(width: int, height: int) -> bytes:
    """A PNG whose header says so, with next to nothing in it."""
    body = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    header = struct.pack(">I", 13) + b"IHDR" + body + struct.pack(">I", zlib.crc32(b"IHDR" + body))
    row = zlib.compress(b"\x00")
    pixels = struct.pack(">I", len(row)) + b"IDAT" + row + struct.pack(">I", zlib.crc32(b"IDAT" + row))
    return b"\x89PNG\r\n\x1a\n" + header + pixels


@pytest.mark.parametrize("size", [(8001, 8000), (10_000, 10_000), (60_000, 60_000)])
@pytest.mark.parametrize("action", ["ignore", "error"])
def test_too_many_pixels_are_rejected_before_decoding(monkeypatch, size, action):
    """Just over our limit, over Pillow's warning, over Pillow's error; whatever the process does with warnings."""
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("decoded"))
    limit = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        assert f"over the limit of {reading.LIMIT_MPX} million" in rejection(png_header(*size))
    assert limit == Image.MAX_IMAGE_PIXELS
    assert limit > reading.LIMIT_MPX * 1e6


def test_as_many_pixels_as_allowed(monkeypatch):
    monkeypatch.setattr(reading, "LIMIT_MPX", 0.0012)
    assert read_image(saved(noise(40, 30), "PNG")).size == (40, 30)
    assert "0.0 million pixels" in rejection(saved(noise(41, 30), "PNG"))


def test_threads_do_not_disturb_each_other():
    good, huge, answers = saved(noise(30, 20), "JPEG"), png_header(9000, 9000), []

    def work() -> None:
        for _ in range(10):
            try:
                read_image(huge)
            except ImageRejected:
                answers.append(read_image(good).size)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(30, 20)] * 80


def test_floats_that_are_no_numbers():
    assert "can't be read" in rejection(saved(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF"))
