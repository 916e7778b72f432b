"""What is read and how: files that Pillow wrote are the oracle. Samples."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from support.paths import ROOT
from support.pictures import noise, saved

from effnet_core.images.reading import ImageRejected, read_image
from effnet_core.images.samples import FOLDER, PACKAGES, SAMPLES, available, load_sample


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_pictures_come_back_as_they_were(kind):
    picture = noise(31, 17)
    read = read_image(saved(picture, kind))
    assert (read.mode, read.size) == ("RGB", (31, 17))
    assert np.array_equal(read, picture)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {}), ("WEBP", {"lossless": True})],
)
def test_other_formats_are_what_pillow_decodes(kind, options):
    data = saved(noise(40, 30), kind, **options)
    assert np.array_equal(read_image(data), Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_of_several(kind):
    frames = [Image.new("RGB", (12, 10), colour) for colour in ("red", "lime", "blue")]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert Image.open(io.BytesIO(data)).n_frames == 3
    assert np.array_equal(read_image(data), frames[0])


def test_the_first_picture_of_a_phones_multi_picture_jpeg():
    first, second = noise(24, 16), noise(24, 16, seed=1)
    data = saved(first, "MPO", save_all=True, append_images=[second], quality=95)
    assert np.array_equal(read_image(data), Image.open(io.BytesIO(data), formats=["JPEG"]).convert("RGB"))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_pictures_are_turned_upright_once(kind, turn):
    picture = Image.new("RGB", (32, 16), "white")
    picture.paste("black", (0, 0, 8, 8))
    exif = Image.Exif()
    exif[0x0112] = turn
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    data = saved(picture, kind, exif=exif, **options)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    read = read_image(data)
    assert np.array_equal(read, upright)
    assert read.size == ((16, 32) if turn >= 5 else (32, 16))
    dark = np.argwhere(np.asarray(read).mean(2) < 128).mean(0) > np.array(read.size[::-1]) / 2
    corners = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}
    assert tuple(dark.astype(int)) == corners[turn]


def test_damaged_exif_does_not_cost_the_picture():
    picture = noise(20, 10)
    data = saved(picture, "PNG", exif=b"Exif\x00\x00this is no TIFF header at all")
    assert np.array_equal(read_image(data), picture)


def test_no_metadata_is_kept():
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    read = read_image(saved(noise(8, 8), "JPEG", exif=exif, comment=b"at home", dpi=(300, 300)))
    assert read.info == {}
    assert not read.getexif()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparency_lies_over_white(kind):
    colour = Image.new("RGBA", (3, 1))
    for place, alpha in enumerate((0, 128, 255)):
        colour.putpixel((place, 0), (200, 0, 100, alpha))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    read = np.asarray(read_image(saved(colour, kind, **options)), int)[0]
    assert read[0].tolist() == [255, 255, 255]
    assert np.abs(read[1] - [227, 127, 177]).max() <= 1
    assert read[2].tolist() == [200, 0, 100]


def test_grey_with_alpha():
    picture = Image.new("LA", (2, 1), (40, 255))
    picture.putpixel((1, 0), (40, 0))
    assert np.asarray(read_image(saved(picture, "PNG")))[0].tolist() == [[40] * 3, [255] * 3]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palettes_with_a_transparent_entry(kind):
    picture = Image.new("P", (3, 1))
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.putdata([0, 1, 2])
    plain = read_image(saved(picture, kind))
    assert np.asarray(plain)[0].tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    clear = read_image(saved(picture, kind, transparency=1))
    assert np.asarray(clear)[0].tolist() == [[255, 0, 0], [255, 255, 255], [0, 0, 255]]


@pytest.mark.parametrize(("mode", "key", "value"), [("L", 7, 7), ("RGB", (7, 7, 7), (7, 7, 7))])
def test_a_colour_declared_transparent(mode, key, value):
    picture = Image.new(mode, (2, 1))
    picture.putpixel((1, 0), value)
    assert np.asarray(read_image(saved(picture, "PNG", transparency=key)))[0].tolist() == [[0] * 3, [255] * 3]


def test_grey_and_black_and_white():
    grey = noise(9, 5, "L")
    assert np.array_equal(read_image(saved(grey, "PNG")), grey.convert("RGB"))
    ink = grey.point(lambda value: 255 * (value > 200)).convert("1")
    assert set(np.unique(ink)) == {False, True}
    assert np.array_equal(read_image(saved(ink, "PNG")), ink.convert("RGB"))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_what_pillow_makes_of_it(kind):
    data = saved(noise(16, 8).convert("CMYK"), kind)
    assert Image.open(io.BytesIO(data)).mode == "CMYK"
    assert np.array_equal(read_image(data), Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_sixteen_bits_are_scaled_not_clipped(kind, order):
    values = np.array([[0, 128, 257, 32768, 65278, 65535]], np.uint16)
    if kind == "PNG":
        data = saved(Image.fromarray(values), kind)
    else:
        mode = "I;16" if order == "<u2" else "I;16B"
        data = saved(Image.frombytes(mode, (6, 1), values.astype(order).tobytes()), kind)
    assert np.asarray(read_image(data))[0, :, 0].tolist() == [0, 0, 1, 128, 254, 255]


def test_sixteen_bits_a_colour():
    """Pillow writes no such file: a PNG by hand, one pixel of red at full, green at half, blue at none."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\x00" + struct.pack(">HHH", 65535, 32896, 0)))
    read = read_image(b"\x89PNG\r\n\x1a\n" + header + pixel + chunk(b"IEND", b""))
    assert np.asarray(read)[0, 0].tolist() == [255, 128, 0]


@pytest.mark.parametrize("values", [[-4.0, 0.0, 4.0], [0.0, 0.5, 1.0], [10_000, 60_000, 110_000]])
def test_values_without_a_known_white_are_stretched(values):
    kind = np.float32 if isinstance(values[0], float) else np.int32
    read = read_image(saved(Image.fromarray(np.array([values], kind)), "TIFF"))
    assert np.asarray(read)[0].tolist() == [[0] * 3, [128] * 3, [255] * 3]


def test_a_flat_picture_of_floats_is_black_not_an_error():
    assert not np.asarray(read_image(saved(Image.fromarray(np.full((2, 2), 3.5, np.float32)), "TIFF"))).any()


def test_what_the_bytes_are_decides_not_the_name():
    picture = noise(10, 10)
    assert np.array_equal(read_image(saved(picture, "PNG"), "picture.jpg"), picture)


def test_samples_come_without_a_network(monkeypatch):
    import socket

    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("asked the network"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked the network"))
    shipped = [sample for sample in SAMPLES if sample.source != "scikit-learn"]
    assert {sample.name for sample in shipped} <= {sample.name for sample in available()}
    for sample in available():
        picture = load_sample(sample.name)
        assert picture.mode == "RGB" and min(picture.size) >= 300
        assert np.asarray(picture).std() > 20


def test_samples_are_found_without_importing_their_packages():
    code = (
        "import sys; from effnet_core.images.samples import SAMPLES, load_sample; load_sample(SAMPLES[0].name); "
        "print({'skimage', 'sklearn', 'matplotlib', 'scipy'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout == "set()\n"


def test_a_teachers_folder_adds_pictures(tmp_path, monkeypatch):
    assert {sample.source for sample in available()} <= set(PACKAGES)
    for name in ("b_b.png", "golden retriever.PNG", "notes.txt"):
        (tmp_path / name).write_bytes(saved(noise(40, 30), "PNG"))
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    own = [sample for sample in available() if sample.source == FOLDER]
    assert [sample.title for sample in own] == ["b b", "broken", "golden retriever"]
    assert load_sample("own b_b.png").size == (40, 30)
    with pytest.raises(ImageRejected, match="broken is text"):
        load_sample("own broken.jpg")
    monkeypatch.setenv(FOLDER, str(tmp_path / "nowhere"))
    assert [sample for sample in available() if sample.source == FOLDER] == []


def test_labels_of_samples_are_imagenets():
    from torchvision.models import get_model_weights

    categories = get_model_weights("efficientnet_b0").DEFAULT.meta["categories"]
    labels = [sample.label for sample in SAMPLES if sample.label is not None]
    assert len(labels) >= 5 and all(label in categories for label in labels)


def test_unknown_samples():
    with pytest.raises(ValueError, match="chelsea"):
        load_sample("binary_blobs")
