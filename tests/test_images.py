"""Pictures: every format and mode by pixels known beforehand, what is refused, torchvision's presets as oracle."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image
from torchvision.models import EfficientNet_B0_Weights
from torchvision.transforms import InterpolationMode, functional
from torchvision.transforms._presets import ImageClassification

from effnet_core import images
from effnet_core.images import SAMPLES, ImageRejected, Preparation, load_sample, read_image

LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}, "BMP": {}, "TIFF": {}}
EVERY_FORMAT = {**LOSSLESS, "JPEG": {"quality": 100, "subsampling": 0}, "GIF": {}}
WHITE, ORANGE, BLACK = (255, 255, 255), (200, 100, 50), (0, 0, 0)


def noise(width: int = 32, height: int = 24, channels: int = 3) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)
    return pixels[..., 0] if channels == 1 else pixels


def smooth(width: int = 32, height: int = 24) -> np.ndarray:
    """A slow gradient without symmetry: JPEG keeps it to a few levels."""
    down, across = np.mgrid[:height, :width]
    return np.stack([across * 255 // width, down * 255 // height, (across + down) * 2], axis=2).astype(np.uint8)


def saved(image: Image.Image | np.ndarray, form: str = "PNG", **options) -> bytes:
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces this size and then ends."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (struct.pack(">I", 13) + header, struct.pack(">I", zlib.crc32(header)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + struct.pack(">I", 10) + b"IDAT"


def read(data: bytes) -> np.ndarray:
    image = read_image(data)
    assert image.mode == "RGB"
    assert not image.info
    return np.asarray(image)


# Formats and modes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", LOSSLESS)
def test_lossless_formats_keep_every_pixel(form):
    np.testing.assert_array_equal(read(saved(noise(), form, **LOSSLESS[form])), noise())


@pytest.mark.parametrize("form", EVERY_FORMAT)
def test_formats_that_lose_something_stay_close(form):
    difference = read(saved(smooth(), form, **EVERY_FORMAT[form])).astype(int) - smooth()
    assert np.abs(difference).mean() < 6


def test_the_listed_formats_are_those_that_are_read():
    assert set(EVERY_FORMAT) == set(images.FORMATS)


def test_grey_and_black_and_white():
    grey = noise(channels=1)
    np.testing.assert_array_equal(read(saved(grey)), np.stack([grey] * 3, axis=2))
    bits = grey > 127
    np.testing.assert_array_equal(read(saved(bits)), np.stack([bits * np.uint8(255)] * 3, axis=2))


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_are_rounded_to_eight(form):
    grey = noise(channels=1)
    deep = grey.astype(np.uint16) * 257
    np.testing.assert_array_equal(read(saved(deep, form))[..., 0], grey)
    brighter = np.where(deep < 65000, deep + 100, deep)  # less than half a level of 257
    np.testing.assert_array_equal(read(saved(brighter.astype(np.uint16), form))[..., 0], grey)


def test_big_endian_sixteen_bits():
    deep = Image.frombytes("I;16B", (32, 24), (noise(channels=1).astype(">u2") * 257).astype(">u2").tobytes())
    np.testing.assert_array_equal(read(saved(deep, "TIFF"))[..., 0], noise(channels=1))


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_thirty_two_bits_are_stretched_from_darkest_to_brightest(kind):
    values = np.linspace(-1000, 3000, 24 * 32).reshape(24, 32).astype(kind)
    grey = read(saved(Image.fromarray(values), "TIFF"))[..., 0]
    assert (grey.min(), grey.max()) == (0, 255)
    assert abs(int(grey[12, 0]) - 128) <= 1, "half way up is half as bright"
    flat = read(saved(Image.fromarray(np.full((4, 4), 7, kind)), "TIFF"))
    assert flat.min() == flat.max() == 0


def test_numbers_that_are_not_finite_are_refused():
    values = np.array([[0, 1], [np.nan, 2]], np.float32)
    with pytest.raises(ImageRejected):
        read_image(saved(Image.fromarray(values), "TIFF"))


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_transparency_lies_over_white(form):
    pixels = noise(channels=4)
    opacity = pixels[..., 3:] / 255
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    expected = pixels[..., :3] * opacity + 255 * (1 - opacity)
    np.testing.assert_allclose(read(saved(pixels, form, **options)), expected, atol=1)


def test_grey_with_transparency():
    pixels = noise(channels=2)
    opacity = pixels[..., 1] / 255
    expected = pixels[..., 0] * opacity + 255 * (1 - opacity)
    np.testing.assert_allclose(read(saved(Image.fromarray(pixels, "LA")))[..., 1], expected, atol=1)


@pytest.mark.parametrize("form", ["PNG", "GIF", "TIFF", "BMP"])
def test_palette(form):
    image = Image.new("P", (2, 1))
    image.putpalette([*ORANGE, *BLACK])
    image.putpixel((1, 0), 1)
    np.testing.assert_array_equal(read(saved(image, form)), [[ORANGE, BLACK]])


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_transparent_entry_of_a_palette_is_white(form):
    image = Image.new("P", (2, 1))
    image.putpalette([*ORANGE, *BLACK])
    image.putpixel((1, 0), 1)
    np.testing.assert_array_equal(read(saved(image, form, transparency=1)), [[ORANGE, WHITE]])


def test_transparent_colour_of_a_png_is_white():
    image = Image.new("RGB", (2, 1), ORANGE)
    image.putpixel((1, 0), BLACK)
    np.testing.assert_array_equal(read(saved(image, transparency=BLACK)), [[ORANGE, WHITE]])


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_inks_of_print(form):
    for inks, colour in (((0, 0, 0, 0), WHITE), ((0, 0, 0, 255), BLACK), ((0, 255, 255, 0), (255, 0, 0))):
        pixels = read(saved(Image.new("CMYK", (16, 16), inks), form))
        np.testing.assert_allclose(pixels, np.broadcast_to(colour, pixels.shape), atol=3)


@pytest.mark.parametrize(("mode", "grey"), [("YCbCr", (128, 128, 128)), ("LAB", (137, 128, 128))])
def test_other_colour_spaces_of_tiff(mode, grey):
    pixels = read(saved(Image.new(mode, (16, 16), grey), "TIFF"))
    np.testing.assert_allclose(pixels, np.full_like(pixels, 128), atol=3)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_the_first_of_several_frames(form):
    """MPO is a JPEG with more pictures behind it, as phones write it."""
    frames = [Image.new("RGB", (16, 16), colour) for colour in (ORANGE, BLACK, WHITE)]
    pixels = read(saved(frames[0], form, save_all=True, append_images=frames[1:]))
    np.testing.assert_allclose(pixels, np.broadcast_to(ORANGE, (16, 16, 3)), atol=8)


# Turned by Exif ---------------------------------------------------------------------------------------------------

UPRIGHT = {  # by Exif's own table: which sides the stored first row and column are
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).swapaxes(0, 1),
    8: lambda stored: np.rot90(stored, 1),
}


def turned(pixels: np.ndarray, form: str, orientation: int, **options) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return saved(pixels, form, exif=exif, **options)


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("form", LOSSLESS.keys() - {"BMP"})
def test_turned_as_exif_says(form, orientation):
    data = turned(noise(), form, orientation, **LOSSLESS[form])
    np.testing.assert_array_equal(read(data), UPRIGHT[orientation](noise()))


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_turned_photograph(orientation):
    pixels = read(turned(smooth(), "JPEG", orientation, quality=100, subsampling=0))
    np.testing.assert_allclose(pixels.astype(int), UPRIGHT[orientation](smooth()), atol=12)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_unknown_turns_are_no_turns(orientation):
    np.testing.assert_array_equal(read(turned(noise(), "PNG", orientation)), noise())


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_exif_does_not_cost_the_picture():
    np.testing.assert_array_equal(read(saved(noise(), exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")), noise())


def test_place_and_camera_are_left_behind():
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    image = read_image(saved(noise(), "JPEG", exif=exif, comment=b"a remark"))
    again = saved(image, "JPEG")
    assert not image.getexif()
    assert b"a camera" not in again
    assert b"a remark" not in again


# What is refused --------------------------------------------------------------------------------------------------


def test_too_many_bytes_are_refused_before_a_look(monkeypatch):
    monkeypatch.setattr(images, "LIMIT_MB", 1)
    data = saved(noise())
    assert read_image(data.ljust(2**20, b"\x00")).size == (32, 24)
    with pytest.raises(ImageRejected, match=r"1\.0 MB, over the limit of 1 MB"):
        read_image(data.ljust(2**20 + 1, b"\x00"))


@pytest.mark.parametrize("size", [(8001, 8000), (9000, 10_000), (200_000, 100_000)])
def test_too_many_pixels_are_refused_by_the_header(size):
    """The data ends with the header: whoever decoded it would speak of a damaged file."""
    assert size[0] * size[1] > images.LIMIT_MPX * 1e6
    with warnings.catch_warnings(), pytest.raises(ImageRejected, match="pixels, over the limit of 64 million"):
        warnings.simplefilter("ignore")
        read_image(png_header(*size))


def test_pillows_warning_of_a_bomb_is_an_error():
    assert images.LIMIT_MPX * 1e6 < Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings(), pytest.raises(ImageRejected, match="over the limit of 64 million"):
        warnings.simplefilter("error")
        read_image(png_header(9500, 9500))


def test_the_pixel_limit_itself_is_allowed(monkeypatch):
    monkeypatch.setattr(images, "LIMIT_MPX", 32 * 24 / 1e6)
    assert read_image(saved(noise())).size == (32, 24)
    with pytest.raises(ImageRejected, match="over the limit"):
        read_image(saved(noise(33)))


@pytest.mark.parametrize("form", EVERY_FORMAT)
def test_pictures_that_are_cut_off(form):
    whole = saved(noise(), form, **EVERY_FORMAT[form])
    for part in (0.1, 0.5, 0.8):
        with pytest.raises(ImageRejected, match=r"cut off|unknown format"):
            read_image(whole[: int(len(whole) * part)])


def test_a_damaged_picture_is_named_by_what_it_begins_like():
    whole = saved(noise())
    with pytest.raises(ImageRejected, match=r"^holiday\.png begins like a PNG but can't be read"):
        read_image(whole[: len(whole) // 2], "holiday.png")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"just a few words", "is text"),
        ("grüße, señor".encode(), "is text"),
        (b"BMW is no bitmap", "is text"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG drawing"),
        (b"<?xml version='1.0'?>\n<!-- made by hand -->\n<SVG/>", "is an SVG drawing"),
        (b"<!DOCTYPE html><p>not found", "is a web page"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "is a PDF document"),
        (b"\x00\x00\x00\x1cftypheic\x00\x00\x00\x00", "is a HEIC picture"),
        (b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "is an AVIF picture"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "is a video"),
        (b"8BPS\x00\x01\x00\x00\x00\x00", "is a Photoshop document"),
        (b"PK\x03\x04\x14\x00\x00\x00\xff", "is a ZIP archive"),
        (b"MZ\x90\x00\x03\x00\x00\x00\xff", "is a program"),
        (b"\x7fELF\x02\x01\x01\x00\xff", "is a program"),
        (bytes(range(128, 200)), "is of an unknown format"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(data, what):
    with pytest.raises(ImageRejected) as caught:
        read_image(data, "cat.jpg")
    assert str(caught.value).startswith(f"cat.jpg {what}")
    assert "PNG" in str(caught.value), "the sentence says what is allowed"


def test_the_bytes_decide_not_the_name():
    assert read_image(saved(noise(), "GIF"), "cat.png").size == (32, 24)


@pytest.mark.parametrize("form", ["ICO", "PPM", "EPS", "TGA", "PCX", "SGI", "PDF"])
def test_pillows_other_formats_stay_closed(form):
    with pytest.raises(ImageRejected, match="allowed are PNG, JPEG"):
        read_image(saved(noise(), form), "cat.png")


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's remarks on damaged tags
@settings(max_examples=60, deadline=None)
@given(form=st.sampled_from(sorted(EVERY_FORMAT)), place=st.floats(0, 1), junk=st.binary(min_size=1, max_size=40))
def test_damage_anywhere_gives_a_picture_or_a_sentence(form, place, junk):
    whole = saved(smooth(), form, **EVERY_FORMAT[form])
    at = int(place * len(whole))
    data = whole[:at] + junk + whole[at + len(junk) :]
    try:
        assert read_image(data).mode == "RGB"
    except ImageRejected as problem:
        assert str(problem).startswith("picture ")


# The network's view -----------------------------------------------------------------------------------------------

SIZES = {
    "wide": (451, 300),
    "tall": (300, 451),
    "square": (300, 300),
    "small": (40, 31),
    "smaller than a cell": (3, 2),
    "as large as needed": (256, 256),
    "short side as needed": (256, 313),
    "long": (1500, 37),
}
PRESETS = [(256, 224, "bicubic"), (255, 240, "bilinear"), (96, 96, "bicubic"), (97, 80, "bilinear")]


@pytest.mark.parametrize("preset", PRESETS, ids=str)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_view_and_tensor_are_torchvisions(size, preset):
    resize, crop, interpolation = preset
    image = Image.fromarray(noise(*size))
    preparation = Preparation(resize, crop, interpolation)
    mode = InterpolationMode(interpolation)
    expected = functional.center_crop(functional.resize(image, [resize], mode), [crop])
    np.testing.assert_array_equal(np.asarray(preparation.view(image)), np.asarray(expected))
    oracle = ImageClassification(crop_size=crop, resize_size=resize, interpolation=mode)(image)
    tensor = preparation.tensor(image)
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    np.testing.assert_allclose(tensor, oracle.numpy(), atol=1e-6)


def test_mean_and_deviation_are_those_of_torchvisions_weights():
    transform = EfficientNet_B0_Weights.DEFAULT.transforms()
    preparation = Preparation(256, 224)
    assert (preparation.mean, preparation.std) == (tuple(transform.mean), tuple(transform.std))


@settings(max_examples=80, deadline=None)
@given(
    size=st.tuples(st.integers(1, 400), st.integers(1, 400)).filter(lambda size: max(size) <= 12 * min(size)),
    resize=st.integers(8, 40),
    margin=st.integers(0, 7),
    interpolation=st.sampled_from(sorted(images.RESAMPLING)),
)
def test_view_of_any_size_is_torchvisions(size, resize, margin, interpolation):
    image = Image.fromarray(noise(*size))
    view = Preparation(resize, resize - margin, interpolation).view(image)
    expected = functional.resize(image, [resize], InterpolationMode(interpolation))
    np.testing.assert_array_equal(np.asarray(view), np.asarray(functional.center_crop(expected, [resize - margin])))


@pytest.mark.parametrize(
    ("size", "box"),
    [((512, 1024), (32, 288, 480, 736)), ((1024, 512), (288, 32, 736, 480)), ((256, 256), (16, 16, 240, 240))],
)
def test_crop_box_by_hand(size, box):
    assert Preparation(256, 224).crop_box(size) == box


def test_crop_box_is_what_the_view_shows():
    """A picture that is white inside the box and black outside is white all over in the view, but for its rim."""
    size, preparation = (391, 260), Preparation(64, 48)
    left, top, right, bottom = preparation.crop_box(size)
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[round(top) : round(bottom), round(left) : round(right)] = 255
    view = np.asarray(preparation.view(Image.fromarray(pixels)))
    assert view[3:-3, 3:-3].min() > 250
    outside = 255 - pixels
    assert np.asarray(preparation.view(Image.fromarray(outside)))[3:-3, 3:-3].max() < 5


@settings(deadline=None)
@given(width=st.integers(1, 5000), height=st.integers(1, 5000), resize=st.integers(1, 600), part=st.floats(0.5, 1))
def test_crop_box_lies_in_the_middle_of_the_picture(width, height, resize, part):
    preparation = Preparation(resize, max(1, int(part * resize)))
    left, top, right, bottom = preparation.crop_box((width, height))
    assert left >= 0 and top >= 0 and right <= width + 1e-6 and bottom <= height + 1e-6
    pixel = min(width, height) / resize  # of the resized picture, in pixels of this one
    assert (left + right) / 2 == pytest.approx(width / 2, abs=1.01 * pixel)
    assert (top + bottom) / 2 == pytest.approx(height / 2, abs=1.01 * pixel)


def test_reduced_first_to_the_size_that_was_learnt():
    image = Image.fromarray(noise(200, 200))
    view = Preparation(96, 96, reduce=64).view(image)
    expected = image.resize((64, 64), Image.Resampling.BICUBIC).resize((96, 96), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(np.asarray(view), np.asarray(expected))
    assert np.asarray(view).std() < np.asarray(Preparation(96, 96).view(image)).std(), "softer"


@pytest.mark.parametrize("size", [(300, 100), (100, 300)])
def test_reduced_crop_is_the_same_place(size):
    """It differs from the crop that was not reduced by its softness alone."""
    image = Image.fromarray(smooth(*size))
    soft, sharp = (np.asarray(Preparation(96, 80, reduce=reduce).view(image), int) for reduce in (64, None))
    assert soft.shape == sharp.shape == (80, 80, 3)
    assert np.ptp(sharp[..., :2]) > 50
    assert np.abs(soft - sharp)[..., :2].mean() < 2


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (1, 60_000), (60_000, 1)])
def test_thin_pictures_have_a_view_too(size):
    """At 600 px the last ones would have more than 20 billion pixels if they were resized whole."""
    for preparation in (Preparation(600, 600), Preparation(96, 80, reduce=64)):
        view = preparation.view(Image.new("RGB", size, ORANGE))
        np.testing.assert_array_equal(np.asarray(view), np.broadcast_to(ORANGE, (*view.size, 3)))
        assert view.size == (preparation.crop, preparation.crop)


@pytest.mark.parametrize("size", [(400, 20), (20, 400)])
def test_strips_are_seen_at_the_place_that_others_are(size, monkeypatch):
    image, preparation = Image.fromarray(smooth(*size)), Preparation(64, 56)
    whole = np.asarray(preparation.view(image), int)
    monkeypatch.setattr(images, "LIMIT_MPX", 0.01)
    np.testing.assert_allclose(np.asarray(preparation.view(image), int), whole, atol=6)


@pytest.mark.parametrize("bad", [{"crop": 97}, {"crop": 0}, {"interpolation": "nearest"}, {"reduce": 0}], ids=str)
def test_preparations_that_make_no_sense(bad):
    with pytest.raises(ValueError, match="allowed"):
        Preparation(**{"resize": 96, "crop": 96} | bad)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_only_rgb_is_prepared(mode):
    with pytest.raises(ValueError, match=f"mode {mode} came; allowed is RGB"):
        Preparation(96, 96).view(Image.new(mode, (8, 8)))


# Samples ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_samples_are_photographs_in_colour(sample):
    image = load_sample(sample.name)
    assert image.mode == "RGB"
    assert min(image.size) >= 300
    assert np.asarray(image).std(axis=(0, 1)).min() > 20
    assert sample.title


def test_labels_of_samples_are_imagenets():
    categories = EfficientNet_B0_Weights.DEFAULT.meta["categories"]
    labels = {sample.name: sample.label for sample in SAMPLES}
    assert labels.pop("astronaut") is None
    assert set(labels) == {"chelsea", "coffee", "rocket"}
    assert set(labels.values()) <= set(categories)


def test_other_names_are_no_samples():
    with pytest.raises(ValueError, match=r"no sample is called 'camera'; there are chelsea"):
        load_sample("camera")
