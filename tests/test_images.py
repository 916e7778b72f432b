"""Pictures: torchvision's transforms are the oracle of `Preparation`, Pillow-written files that of `read_image`."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from effnet_core import images
from effnet_core.images import SAMPLES, ImageRejected, Preparation, load_sample, read_image

FAMILY = [f"efficientnet_b{number}" for number in range(8)]


def saved(image: Image.Image, kind: str, **settings) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


def noise(width: int, height: int, mode: str = "RGB", *, seed: int = 0) -> Image.Image:
    """Noise with slow waves in it: neither flat, nor symmetric, nor of one frequency."""
    rows, columns = np.mgrid[:height, :width]
    waves = 90 * np.sin(columns / 7)[..., None] + 60 * np.cos(rows / 11)[..., None]
    grain = np.random.default_rng(seed).integers(0, 100, (height, width, 3))
    return Image.fromarray(np.clip(waves + grain + 60, 0, 255).astype(np.uint8)).convert(mode)


def rejection(data: bytes, name: str = "holiday.png") -> str:
    with pytest.raises(ImageRejected) as caught:
        read_image(data, name)
    return str(caught.value)


# What is read -----------------------------------------------------------------------------------------------------


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


def test_floats_that_are_no_numbers():
    assert "can't be read" in rejection(saved(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF"))


def test_what_the_bytes_are_decides_not_the_name():
    picture = noise(10, 10)
    assert np.array_equal(read_image(saved(picture, "PNG"), "picture.jpg"), picture)


# What is rejected -------------------------------------------------------------------------------------------------


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
    assert images.ALLOWED in sentence and "save it as" in sentence


def test_formats_that_pillow_could_open_but_that_are_not_allowed():
    """PostScript would run a program, the others are plugins that nobody needs here."""
    for kind in ("PPM", "TGA", "EPS", "PDF"):
        data = saved(noise(8, 8), kind)
        assert images.ALLOWED in rejection(data)


def test_empty():
    assert "is empty" in rejection(b"")


@pytest.mark.parametrize("kind", images.FORMATS)
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_cut_off_pictures(kind, kept):
    data = saved(noise(64, 48), kind)
    sentence = rejection(data[: int(len(data) * kept)])
    assert f"begins like a {'WebP' if kind == 'WEBP' else kind}" in sentence and "cut off" in sentence


def test_damaged_in_the_middle():
    data = bytearray(saved(noise(64, 48), "PNG"))
    data[len(data) // 2] ^= 0xFF
    assert "can't be read" in rejection(bytes(data))


@pytest.mark.parametrize("kind", images.FORMATS)
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
    monkeypatch.setattr(images.Image, "open", lambda *_, **__: pytest.fail("decoded"))
    sentence = rejection(b"\x00" * (images.LIMIT_MB * 2**20 + 1))
    assert f"over the limit of {images.LIMIT_MB} MB" in sentence


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
        assert f"over the limit of {images.LIMIT_MPX} million" in rejection(png_header(*size))
    assert limit == Image.MAX_IMAGE_PIXELS
    assert limit > images.LIMIT_MPX * 1e6


def test_as_many_pixels_as_allowed(monkeypatch):
    monkeypatch.setattr(images, "LIMIT_MPX", 0.0012)
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


# The network's view -----------------------------------------------------------------------------------------------


def of_torchvision(preparation: Preparation):
    """The same settings as torchvision's preset, and its view before it becomes a tensor."""
    from torchvision.transforms import InterpolationMode, functional
    from torchvision.transforms._presets import ImageClassification

    mode = InterpolationMode(preparation.interpolation)
    preset = ImageClassification(crop_size=preparation.crop, resize_size=preparation.resize, interpolation=mode)

    def view(image: Image.Image) -> Image.Image:
        resized = functional.resize(image, [preparation.resize], interpolation=mode, antialias=True)
        return functional.center_crop(resized, [preparation.crop])

    return preset, view


@pytest.mark.parametrize("name", FAMILY)
def test_pixels_are_those_of_torchvisions_weights(name):
    from torchvision.models import get_model_weights

    for weights in get_model_weights(name):
        transforms = weights.transforms()
        settings = transforms.resize_size[0], transforms.crop_size[0], transforms.interpolation.value
        preparation = Preparation(*settings, mean=tuple(transforms.mean), std=tuple(transforms.std))
        _, view = of_torchvision(preparation)
        image = noise(131, 90)
        assert np.array_equal(preparation.view(image), view(image))
        assert np.abs(preparation.tensor(image) - transforms(image).numpy()).max() < 1e-6


PREPARATIONS = [Preparation(256, 224), Preparation(255, 240, "bilinear"), Preparation(96, 96), Preparation(33, 32)]


@pytest.mark.parametrize("preparation", PREPARATIONS, ids=str)
@settings(max_examples=15, deadline=None)
@given(width=st.integers(1, 500), height=st.integers(1, 500))
@example(width=640, height=120)
@example(width=120, height=641)
@example(width=256, height=256)
@example(width=255, height=257)
@example(width=1, height=1)
@example(width=3, height=400)
def test_pixels_are_torchvisions_at_any_size(preparation, width, height):
    image = noise(width, height)
    preset, view = of_torchvision(preparation)
    seen = preparation.view(image)
    assert seen.size == (preparation.crop, preparation.crop) and seen.mode == "RGB"
    assert np.array_equal(seen, view(image))
    tensor = preparation.tensor(image)
    assert tensor.dtype == np.float32 and tensor.shape == (3, preparation.crop, preparation.crop)
    assert np.abs(tensor - preset(image).numpy()).max() < 1e-6


def test_the_crop_box_is_what_the_view_shows():
    """Cut out of the original and brought to the crop's size, it is the view, but for rounding between two passes."""
    for size in ((640, 427), (427, 640), (512, 512), (90, 300)):
        for preparation in PREPARATIONS:
            image = noise(*size)
            method = images.RESAMPLING[preparation.interpolation]
            crop = (preparation.crop, preparation.crop)
            cut = image.resize(crop, method, box=preparation.crop_box(size))
            assert difference(cut, preparation.view(image)) < 0.5


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean over pixels; a picture of noise that is moved by one pixel differs from itself by far more than 1."""
    return np.abs(np.asarray(one, float) - np.asarray(other, float)).mean()


def test_crop_boxes_by_hand():
    assert Preparation(256, 224).crop_box((256, 256)) == (16, 16, 240, 240)
    assert Preparation(256, 224).crop_box((512, 512)) == (32, 32, 480, 480)
    assert Preparation(96, 96).crop_box((300, 200)) == (50, 0, 250, 200)
    assert Preparation(96, 96).crop_box((100, 400)) == (0, 150, 100, 250)


@settings(deadline=None)
@given(width=st.integers(1, 6000), height=st.integers(1, 6000))
def test_the_crop_box_is_a_square_in_the_middle(width, height):
    for preparation in PREPARATIONS:
        left, top, right, bottom = preparation.crop_box((width, height))
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
        side = preparation.crop / preparation.resize * min(width, height)
        pixel = max(width, height) / int(preparation.resize * max(width, height) / min(width, height))
        lost = max(abs(right - left - side), abs(bottom - top - side))
        assert lost <= side / preparation.resize  # the resized long side is cut to whole pixels
        assert abs((left + right) / 2 - width / 2) <= pixel and abs((top + bottom) / 2 - height / 2) <= pixel


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (2, 8000), (1, 60_000)])
def test_strips_cost_no_memory(monkeypatch, size):
    """Resizing 1 x 5000 px as torchvision does would make 256 x 1,280,000 px of it."""
    made = []
    resize = Image.Image.resize
    monkeypatch.setattr(
        Image.Image, "resize", lambda image, to, *rest, **more: made.append(to) or resize(image, to, *rest, **more)
    )
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    made.clear()
    for preparation in (Preparation(256, 224), Preparation(600, 600), Preparation(96, 96, reduce=64)):
        view = preparation.view(picture)
        assert view.size == (preparation.crop, preparation.crop)
        assert 100 < np.asarray(view).mean() < 155  # the gradient's middle
    assert max(width * height for width, height in made) <= images.LIMIT_MPX * 1e6


def test_the_strips_way_shows_what_torchvision_would(monkeypatch):
    image, preparation = noise(300, 200), Preparation(256, 224)
    plain = preparation.view(image)
    monkeypatch.setattr(images, "LIMIT_MPX", 0)
    assert difference(preparation.view(image), plain) < 0.5


def test_reduced_views_have_no_more_detail_than_small_pictures():
    image, preparation = noise(300, 200), Preparation(96, 96, reduce=64)
    small = image.crop((50, 0, 250, 200)).resize((64, 64), Image.Resampling.BICUBIC)
    expected = small.resize((96, 96), Image.Resampling.BICUBIC)
    view = preparation.view(image)
    assert difference(view, expected) < 0.5
    sharp = Preparation(96, 96).view(image)
    detail = [np.abs(np.diff(np.asarray(picture, float), 2, axis=1)).mean() for picture in (view, sharp)]
    assert detail[0] < 0.8 * detail[1]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_other_modes_are_a_mistake_of_the_caller(mode):
    with pytest.raises(ValueError, match="allowed is RGB"):
        Preparation(96, 96).view(noise(10, 10, mode))


@pytest.mark.parametrize(
    "settings",
    [
        {"resize": 64, "crop": 65},
        {"resize": 64, "crop": 0},
        {"resize": 64, "crop": 64, "interpolation": "nearest"},
        {"resize": 64, "crop": 64, "reduce": 0},
    ],
)
def test_settings_that_make_no_view(settings):
    with pytest.raises(ValueError, match="allowed"):
        Preparation(**settings)


# Samples ----------------------------------------------------------------------------------------------------------


def test_samples_come_without_a_network(monkeypatch):
    import socket

    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("asked the network"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked the network"))
    assert [sample.name for sample in SAMPLES] == ["chelsea", "coffee", "rocket", "astronaut"]
    for sample in SAMPLES:
        picture = load_sample(sample.name)
        assert picture.mode == "RGB" and min(picture.size) >= 300
        assert np.asarray(picture).std() > 20


def test_labels_of_samples_are_imagenets():
    from torchvision.models import get_model_weights

    categories = get_model_weights("efficientnet_b0").DEFAULT.meta["categories"]
    labels = {sample.name: sample.label for sample in SAMPLES}
    assert labels.pop("astronaut") is None
    assert all(label in categories for label in labels.values())


def test_unknown_samples():
    with pytest.raises(ValueError, match="chelsea"):
        load_sample("binary_blobs")
