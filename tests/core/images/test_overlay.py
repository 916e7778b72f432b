"""Heat over a picture: in the right place at the picture's own resolution, in colours that rise in lightness."""

import numpy as np
import pytest
from PIL import Image

from effnet_core.images.overlay import COLOUR_MAPS, colour_table, heat, overlay, paste_crop_back, seen
from effnet_core.images.preparation import Preparation


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
    assert np.array_equal(overlay(crop, values, opacity=0), crop)
    hot = np.asarray(overlay(crop, values, opacity=1))
    np.testing.assert_array_equal(hot[0, 0], colour_table()[-1])
    np.testing.assert_array_equal(hot[0, -1], colour_table()[0])
    half = np.asarray(overlay(crop, values), float)
    np.testing.assert_allclose(half, (np.asarray(crop, float) + hot) / 2, atol=1)


def test_a_blank_map_leaves_the_picture_as_it_is():
    crop = photograph((50, 30))
    assert np.array_equal(overlay(crop, np.zeros((7, 7))), crop)


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colours_rise_in_lightness(name):
    table = colour_table(name)
    assert table.shape == (256, 3) and table.dtype == np.uint8
    lightness = table @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > -1).all() and lightness[-1] - lightness[0] > 130


def test_an_unknown_map_is_refused():
    with pytest.raises(ValueError, match="no colour map is called 'jet'; there are viridis, inferno, cividis"):
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
    whole = np.asarray(paste_crop_back(image, overlay(seen(image, box), values, opacity=1), box), int)
    cell = (box[2] - box[0]) / 7
    hot = colour_table()[-1]
    np.testing.assert_allclose(whole[round(box[1] + 5.5 * cell), round(box[0] + 1.5 * cell)], hot, atol=10)
    cold = colour_table()[0]
    np.testing.assert_array_equal(whole[round(box[1] + 1.5 * cell), round(box[0] + 5.5 * cell)], cold)
