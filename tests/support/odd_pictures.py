"""Broken and odd pictures by name: cut, flipped, lying, swelling, rare. Made anew each time."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

from .pictures import noise, saved

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
TENTHS = range(10)
FLIPS = 12  # of each format
BLANK = 64_000_000  # pixels: as many as allowed


def pictures() -> Iterator[tuple[str, bytes]]:
    """(what it is, bytes): whole ones of rare kinds first, then damaged ones, then bombs."""
    yield from _rare()
    yield from _damaged()
    yield from _wrong_headers()
    yield from _bombs()


def _rare() -> Iterator[tuple[str, bytes]]:
    small = noise(40, 30)
    for kind in FORMATS:
        for size in ((1, 1), (1, 10_000), (10_000, 1), (40, 30)):
            yield f"{kind} of {size}", saved(noise(*size), kind)
        for turn in (*range(1, 9), 0, 9, 65535):
            exif = Image.Exif()
            exif[0x0112] = turn
            yield f"{kind} turned {turn}", saved(small, kind, exif=exif)
        yield f"{kind} followed by a web page", saved(small, kind) + b"<html><script>alert(1)</script></html>" * 99
        yield f"{kind} followed by a zip", saved(small, kind) + b"PK\x03\x04" + bytes(99)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
        for what, icc in (("sRGB", profile), ("cut", profile[:99]), ("rubbish", b"\xff" * 10_000)):
            yield f"{kind} with ICC profile {what}", saved(small, kind, icc_profile=icc)
    for kind in ("PNG", "JPEG", "WEBP"):
        for what, exif in (
            ("rubbish", b"\xff" * 300),
            ("nothing", b""),
            ("a TIFF", b"II*\x00\x08\x00\x00\x00\xff"),
        ):
            yield f"{kind} with Exif of {what}", saved(small, kind, exif=b"Exif\x00\x00" + exif)
    for mode in ("CMYK", "L", "1", "LAB", "YCbCr", "I;16", "F", "I", "P", "PA", "LA", "RGBA", "La", "RGBa", "RGBX"):
        for kind in FORMATS:
            try:
                yield f"{kind} of mode {mode}", saved(_in_mode(small, mode), kind)
            except (OSError, ValueError, KeyError):
                continue  # Pillow writes no such file
    for clear in (0, 7, bytes(range(256))):
        yield f"PNG with palette, transparent {str(clear)[:9]}", saved(small.quantize(), "PNG", transparency=clear)
    frames = [Image.new("P", (9, 9), shade % 256) for shade in range(3000)]
    for kind in ("GIF", "WEBP", "TIFF", "PNG"):
        stream = io.BytesIO()
        frames[0].save(stream, kind, save_all=True, append_images=frames[1 : 300 if kind == "WEBP" else None])
        yield f"{kind} of many frames", stream.getvalue()


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode == "F":
        return Image.fromarray(np.asarray(image.convert("L"), np.float32) * 1e30)
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257)
    if mode == "LAB":
        return ImageCms.profileToProfile(
            image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
    if mode == "PA":
        return image.convert("P").convert("PA")
    return image.convert({"La": "LA", "RGBa": "RGBA"}.get(mode, mode)).convert(mode)


def _damaged() -> Iterator[tuple[str, bytes]]:
    for kind in FORMATS:
        data = saved(noise(64, 48), kind)
        for tenth in TENTHS:
            yield f"{kind}, {tenth} tenths of it", data[: len(data) * tenth // 10]
        yield f"{kind} but for its last byte", data[:-1]
        draw = random.Random(kind)
        for number in range(FLIPS):
            flipped = bytearray(data)
            for _ in range(1 + number):
                flipped[draw.randrange(min(len(data), 200 * 10 ** (number % 3)))] ^= 1 << draw.randrange(8)
            yield f"{kind} with flipped bits, {number}", bytes(flipped)


def _wrong_headers() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    starts = {kind: saved(noise(9, 9), kind)[:16] for kind in FORMATS}
    for kind, start in starts.items():
        yield f"the start of {kind} and zeros", start + bytes(999)
        for other in FORMATS:
            if other != kind:
                yield f"{other} behind the start of {kind}", start + saved(noise(20, 20), other)
    yield "ascending bytes", bytes(range(256)) * 40


def png(width: int, height: int, rows: bytes, *, colour: int = 2, depth: int = 8, interlaced: int = 0) -> bytes:
    """A PNG with this header, whatever its compressed rows hold."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def deflated(size: int) -> bytes:
    """So many zeros, compressed without ever being there."""
    packer, part = zlib.compressobj(9), bytes(1 << 20)
    packed = [packer.compress(part) for _ in range(size >> 20)]
    return b"".join([*packed, packer.compress(bytes(size & (1 << 20) - 1)), packer.flush()])


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Pictures as large as allowed from next to nothing, larger ones, and those that only say that they are."""
    side = int(BLANK**0.5)
    for width, height in ((60_000, 60_000), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1), (0, 0), (side + 1, side + 1)):
        yield f"PNG that says {width} x {height}", png(width, height, zlib.compress(b"\x00"))
    for colour, channels in ((0, 1), (2, 3), (6, 4)):
        yield (
            f"blank PNG of 64 million pixels, {channels} channels",
            png(side, side, deflated(side * (side * channels + 1)), colour=colour),
        )
    rows = deflated(side * (2 * side + 1))
    yield "blank PNG of 64 million pixels, 16 bits", png(side, side, rows, colour=0, depth=16)
    yield "PNG that unpacks to more than it says", png(9, 9, deflated(2**29))
    yield "PNG of one row of 64 million pixels", png(BLANK, 1, deflated(BLANK + 1), colour=0)
    large = Image.new("L", (side, side))
    yield "blank GIF of 64 million pixels", saved(large, "GIF")
    colours = large.convert("RGB")
    yield "blank JPEG of 64 million pixels", saved(colours, "JPEG", quality=1)
    for what, picture in (("64", colours), ("48", colours.crop((0, 0, side, 48_000_000 // side)))):
        data = saved(picture, "JPEG", quality=1, progressive=True, subsampling=0)
        yield f"blank progressive JPEG of {what} million pixels", data
    for what, picture in (("64", colours), ("32", colours.crop((0, 0, side, 32_000_000 // side)))):
        yield f"blank WebP of {what} million pixels", saved(picture, "WEBP", quality=1, method=0)
    yield "blank TIFF of 64 million floats", saved(Image.new("F", (side, side)), "TIFF", compression="tiff_deflate")
    yield "JPEG of thousands of passes", _many_passes(saved(noise(64, 64), "JPEG", progressive=True))


def _many_passes(data: bytes) -> bytes:
    """The last pass of a progressive JPEG, over and over."""
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 5000 + data[-2:]
