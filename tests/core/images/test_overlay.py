"""Heat over a picture: in the right place at the picture's own resolution, in colours that rise in lightness."""

import numpy as np
import pytest
from PIL import Image

from effnet_core.images.overlay import (
    COLOUR_MAPS,
    LINE_GRID,
    WARM,
    colours_of,
    heat,
    overlay,
    paste_crop_back,
    seen,
)
from effnet_core.images.preparation import Preparation

VIRIDIS = colours_of("viridis").table[:, :3]
BLIND = {  # what remains of linear red, green, blue (Machado, Oliveira & Fernandes 2009, severity 1)
    "protanopia": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "deuteranopia": ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    "tritanopia": ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9308, 0.1476), (0.0047, 0.6914, 0.3039)),
}


def photograph(size: tuple[int, int]) -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


@pytest.mark.parametrize("cell", [(0, 0), (2, 5), (6, 3), (1, 6)])
@pytest.mark.parametrize("size", [(640, 320), (301, 700)])
def test_the_hottest_pixels_lie_over_the_hottest_cell(cell, size):
    values = np.zeros((7, 7), np.float32)
    values[cell] = 3.5
    large = heat(values, size)
    assert large.shape == (size[1], size[0])
    rows, columns = np.nonzero(large > 0.99)
    centre = (cell[0] + 0.5) * size[1] / 7, (cell[1] + 0.5) * size[0] / 7
    assert abs(rows.mean() - centre[0]) < size[1] / 14 and abs(columns.mean() - centre[1]) < size[0] / 14
    far = abs(np.arange(size[1]) + 0.5 - centre[0]) > size[1] / 7 + 1
    assert not large[far].any()  # bilinear: a cell reaches its neighbours' centres and no farther


def test_upsampling_is_bilinear_between_the_centres_of_the_cells():
    large = heat(np.array([[0.0, 1.0]]), (8, 4))
    np.testing.assert_allclose(large[0], [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1], atol=1e-6)


def test_only_positive_finite_evidence_counts():
    large = heat(np.array([[-5.0, np.nan], [0.0, 2.0]]), (2, 2))
    np.testing.assert_array_equal(large, [[0, 0], [0, 1]])


def test_opacity_mixes_picture_and_colour():
    crop, values = photograph((60, 40)), np.eye(4)
    assert np.array_equal(overlay(crop, values, opacity=0, colours="viridis"), crop)
    hot = np.asarray(overlay(crop, values, opacity=1, colours="viridis"))
    np.testing.assert_array_equal(hot[0, 0], VIRIDIS[-1])
    np.testing.assert_array_equal(hot[0, -1], VIRIDIS[0])
    half = np.asarray(overlay(crop, values, opacity=0.5, colours="viridis"), float)
    np.testing.assert_allclose(half, (np.asarray(crop, float) + hot) / 2, atol=1)


def test_a_blank_map_leaves_the_picture_as_it_is():
    crop = photograph((50, 30))
    assert np.array_equal(overlay(crop, np.zeros((7, 7))), crop)


def test_the_warm_look_lets_the_picture_through_as_the_map_is_weak():
    crop, values = photograph((60, 40)), np.array([[0.0, 1.0]])
    drawn, grey = np.asarray(overlay(crop, values), int), np.asarray(crop.convert("L"), int)
    np.testing.assert_array_equal(drawn[:, :15], grey[:, :15, None].repeat(3, 2))
    hue = colours_of(WARM).table[0, :3].astype(int)
    np.testing.assert_allclose(drawn[:, 45:], 0.3 * grey[:, 45:, None] + 0.7 * hue, atol=1.5)


def test_a_line_encloses_what_is_stronger_than_half():
    size = (400, 400)
    values = np.zeros((5, 5))
    values[2, 2] = 1
    for ground in ("black", "white"):
        drawn = np.asarray(overlay(Image.new("RGB", size, ground), values, opacity=0), int)
        row = drawn[200, :200, 0]
        edge = int(np.abs(heat(values, size)[200, :200] - 0.5).argmin())
        assert abs(int(np.abs(row - (255 if ground == "black" else 0)).argmin()) - edge) <= 2
        near = row[edge - 3 : edge + 4]
        assert near.max() > 200 and near.min() < 60, "white with dark edges on any ground"
        assert (row[: edge - 4] == row[0]).all() and (row[edge + 5 :] == row[0]).all()


def test_a_fine_map_has_no_line():
    picture = Image.new("RGB", (200, 200), "grey")
    for side, lined in ((LINE_GRID, True), (LINE_GRID + 1, False)):
        values = np.zeros((side, side))
        values[3:8, 3:8] = 1
        assert (np.ptp(np.asarray(overlay(picture, values, opacity=0))) > 0) == lined


def test_a_signed_map_is_blue_and_orange_and_clear_where_it_is_zero():
    picture = Image.new("RGB", (90, 30), (100, 100, 100))
    drawn = np.asarray(overlay(picture, np.array([[-2.0, 0.0, 1.0]]), opacity=1, signed=True), int)
    red, _, blue = drawn[15, 5]
    assert blue > red + 100
    np.testing.assert_allclose(drawn[15, 45], 100, atol=2)
    red, _, blue = drawn[15, 85]
    assert red > blue + 50


@pytest.mark.parametrize("name", BLIND)
def test_the_warm_hue_is_no_grey_for_any_eye(name):
    hue = colours_of(WARM).table[-1, :3] / 255
    linear = np.where(hue <= 0.04045, hue / 12.92, ((hue + 0.055) / 1.055) ** 2.4)
    seen_as = np.clip(np.array(BLIND[name]) @ linear, 0, 1) ** (1 / 2.2)
    assert np.ptp(seen_as) > 0.4


@pytest.mark.parametrize("name", sorted(set(COLOUR_MAPS) - {WARM}))
def test_colours_rise_in_lightness(name):
    table = colours_of(name).table
    assert table.shape == (256, 4) and table.dtype == np.uint8 and (table[:, 3] == 255).all()
    lightness = table[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > -1).all() and lightness[-1] - lightness[0] > 130


def test_an_unknown_map_is_refused():
    with pytest.raises(ValueError, match="no colour map is called 'jet'; there are warm, viridis, inferno, cividis"):
        overlay(photograph((8, 8)), np.ones((2, 2)), colours="jet")


@pytest.mark.parametrize("size", [(640, 320), (301, 700), (96, 96)])
@pytest.mark.parametrize(
    "preparation", [Preparation(96, 96), Preparation(256, 224)], ids=["whole side", "inner square"]
)
def test_a_crop_goes_back_to_where_it_came_from(size, preparation):
    image = photograph(size)
    box = preparation.crop_box(size)
    crop = seen(image, box)
    whole = np.asarray(paste_crop_back(image, crop, box), int)
    original = np.asarray(image, int)
    assert whole.shape == original.shape
    left, top = round(box[0]), round(box[1])
    inside = np.zeros(original.shape[:2], bool)
    inside[top : top + crop.height, left : left + crop.width] = True
    np.testing.assert_array_equal(whole[~inside], original[~inside] // 2)  # dimmed
    line = 2 * max(1, max(size) // 250)
    inner = (slice(top + line, top + crop.height - line), slice(left + line, left + crop.width - line))
    np.testing.assert_array_equal(whole[inner], original[inner])
    assert (whole[top, left : left + crop.width] == 255).all(), "outlined in white"
    assert (whole[top + line - 1, left + line : left + crop.width - line] == 0).all(), "and black, for bright pictures"


def test_a_bright_patch_is_hot_where_it_lies_in_the_whole_picture():
    """A map over the crop, drawn at the picture's own resolution, keeps its place in a wide picture."""
    preparation, image = Preparation(256, 224), Image.new("RGB", (900, 300), "grey")
    box = preparation.crop_box(image.size)
    values = np.zeros((7, 7), np.float32)
    values[5, 1] = 1
    crop = overlay(seen(image, box), values, opacity=1, colours="viridis")
    whole = np.asarray(paste_crop_back(image, crop, box), int)
    cell = (box[2] - box[0]) / 7
    hot = VIRIDIS[-1]
    np.testing.assert_allclose(whole[round(box[1] + 5.5 * cell), round(box[0] + 1.5 * cell)], hot, atol=10)
    cold = VIRIDIS[0]
    np.testing.assert_array_equal(whole[round(box[1] + 1.5 * cell), round(box[0] + 5.5 * cell)], cold)
