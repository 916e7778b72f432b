"""Heat maps in a real browser: drawn as the core draws them, under the hand too, and let go to see the picture."""

from __future__ import annotations

import io
import re
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image
from support.browser import TOURED, pixels, slider, wait_until_idle

from effnet_core.explain.engine import Engine
from effnet_core.explain.methods import METHODS
from effnet_core.explain.results import Heatmap
from effnet_core.images.overlay import COLOUR_MAPS, OPACITY, overlay, paste_crop_back, seen
from effnet_core.images.samples import SAMPLES, load_sample
from effnet_core.networks import weights
from ui.classify.drawn_maps import ceiling

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

SAMPLE = SAMPLES[1]
ALIKE = 3  # mean difference of two pictures, of 255: the browser's is a JPEG, and made smaller another way
NAME = "Heat map's opacity"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(weights.load("tiny"), "cpu")


def open_page(page, **link: str) -> None:
    page.goto(f"/classify?{urlencode({'app.sample': SAMPLE.title} | link)}")
    page.get_by_role("img", name="over the crop of").wait_for()
    page.get_by_role("heading", name="All answers").wait_for()
    wait_until_idle(page)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def crop_on(page):
    return page.get_by_role("img", name="over the crop of")


def small_maps(page):
    return page.get_by_role("img", name="Stage ")


def expected(engine: Engine, heatmap: Heatmap | None, shape: tuple[int, ...], **look: float | str) -> np.ndarray:
    """What the core makes of the crop at the size of a canvas."""
    image = load_sample(SAMPLE.name)
    crop = seen(image, engine.preparation.crop_box(image.size)).resize(shape[1::-1], Image.Resampling.BICUBIC)
    if heatmap is None:
        return np.asarray(crop, float)
    how = {"signed": heatmap.signed, "strongest": ceiling(heatmap)}
    return np.asarray(overlay(crop, heatmap.values, **how, **look), float)


def difference(canvas, wanted: np.ndarray) -> float:
    return float(np.abs(pixels(canvas) - wanted).mean())


def assert_shows(canvas, engine: Engine, heatmap: Heatmap | None, **look: float | str) -> None:
    wanted = expected(engine, heatmap, pixels(canvas).shape, **look)
    assert difference(canvas, wanted) < ALIKE
    if heatmap:
        assert difference(canvas, expected(engine, None, wanted.shape)) > 2 * ALIKE, "the heat is no small change"


@pytest.mark.parametrize("colours", COLOUR_MAPS)
def test_the_browser_draws_as_the_core_does(page, engine, colours):
    open_page(page, **{"classify.colours": colours, "classify.opacity": "60"})
    [answer] = engine.explain([load_sample(SAMPLE.name)])
    assert_shows(crop_on(page), engine, answer.heatmaps[0], opacity=0.6, colours=colours)


@pytest.mark.parametrize("method", ["saliency", "input_x_gradient"])
def test_a_map_of_pixels_is_drawn_as_the_core_does(page, engine, method):
    open_page(page, **{"classify.method": METHODS[method].title})
    heatmap = engine.attribute(load_sample(SAMPLE.name), method=method)
    wanted = expected(engine, heatmap, pixels(crop_on(page)).shape)
    assert difference(crop_on(page), wanted) < ALIKE


def test_each_stage_is_drawn_small_with_and_without_signs(page, engine):
    image = load_sample(SAMPLE.name)
    ladder = engine.ladder(image, targets=[engine.explain([image])[0].top[0].index])
    for signs in ("What speaks for the class", "For and against"):
        open_page(page, **{"classify.signs": signs})
        assert small_maps(page).count() == len(ladder)
        for number, heatmap in enumerate(ladder):
            heatmap = heatmap if "against" in signs else heatmap.rectified()
            wanted = expected(engine, heatmap, pixels(small_maps(page).nth(number)).shape, opacity=OPACITY)
            assert difference(small_maps(page).nth(number), wanted) < 2 * ALIKE


def test_the_whole_picture_is_dimmed_where_it_was_not_seen(page, engine):
    open_page(page)
    image = load_sample(SAMPLE.name)
    canvas = page.get_by_role("img", name="with the crop outlined")
    shown = pixels(canvas)
    image = image.resize(shown.shape[1::-1], Image.Resampling.BICUBIC)
    [answer] = engine.explain([load_sample(SAMPLE.name)])
    box = engine.preparation.crop_box(image.size)
    drawn = overlay(seen(image, box), answer.heatmaps[0].values)
    assert difference(canvas, np.asarray(paste_crop_back(image, drawn, box), float)) < ALIKE


def test_all_maps_follow_the_hand_without_the_server(page, engine, sent):
    open_page(page)
    [answer] = engine.explain([load_sample(SAMPLE.name)])
    wait_until_idle(page)
    sent.clear()
    opacity = slider(page, NAME)
    thumb, track = (
        page.locator(f".st-key-classify-opacity {part}").first.bounding_box()
        for part in ("[data-testid=stSliderThumbValue]", ".stSlider")
    )
    before = pixels(small_maps(page).last)
    page.mouse.move(thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] + 10)
    page.mouse.down()
    for share in (0.2, 0.95, 0.5):
        page.mouse.move(track["x"] + share * track["width"], thumb["y"] + thumb["height"] + 10, steps=4)
        page.wait_for_timeout(200)
        value = float(opacity.input_value())
        assert abs(value - 100 * share) < 10
        assert_shows(crop_on(page), engine, answer.heatmaps[0], opacity=value / 100)
        assert np.abs(pixels(small_maps(page).last).astype(int) - before).mean() > 1
    page.wait_for_timeout(1000)
    assert not sent

    page.mouse.up()
    playwright.expect(page).to_have_url(re.compile(rf"classify\.opacity={value:g}\b"))
    wait_until_idle(page)
    assert_shows(crop_on(page), engine, answer.heatmaps[0], opacity=value / 100)
    assert len(sent) == 1


def test_the_keyboard_moves_it_too(page, engine):
    open_page(page)
    [answer] = engine.explain([load_sample(SAMPLE.name)])
    slider(page, NAME).focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    value = round(100 * OPACITY) - 20
    playwright.expect(page).to_have_url(re.compile(rf"classify\.opacity={value}\b"))
    wait_until_idle(page)
    assert_shows(crop_on(page), engine, answer.heatmaps[0], opacity=value / 100)


@pytest.mark.parametrize("by", ["mouse", "Space", "Enter"])
def test_the_picture_is_seen_while_it_is_held(page, engine, sent, by):
    open_page(page)
    [answer] = engine.explain([load_sample(SAMPLE.name)])
    canvas = crop_on(page)
    playwright.expect(page.get_by_text("to see it without heat").first).to_be_visible()
    sent.clear()
    canvas.focus()
    canvas.hover()
    press, let_go = (page.mouse.down, page.mouse.up) if by == "mouse" else (page.keyboard.down, page.keyboard.up)
    key = [] if by == "mouse" else [by]
    press(*key)
    playwright.expect(page.get_by_text("Without heat.", exact=True)).to_be_visible()
    page.wait_for_timeout(200)
    assert_shows(canvas, engine, None)
    let_go(*key)
    playwright.expect(page.get_by_text("Without heat.", exact=True)).to_be_hidden()
    page.wait_for_timeout(200)
    assert_shows(canvas, engine, answer.heatmaps[0])
    assert not sent


def test_a_finger_holds_it(browser, address, engine):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, base_url=address)
    context.add_init_script(TOURED)
    page = context.new_page()
    open_page(page)
    canvas = crop_on(page)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    device = context.new_cdp_session(page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    device.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    playwright.expect(page.get_by_text("Without heat.", exact=True)).to_be_visible()
    page.wait_for_timeout(200)
    assert_shows(canvas, engine, None)
    device.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    playwright.expect(page.get_by_text("Without heat.", exact=True)).to_be_hidden()
    context.close()


@pytest.mark.parametrize("by", ["sample", "upload"])
def test_a_saved_picture_is_the_one_on_the_screen_with_all_its_pixels(page, engine, by):
    open_page(page)
    image = load_sample(SAMPLE.name)
    if by == "upload":
        page.get_by_role("button", name="Picture").click()
        page.get_by_role("radio", name="Upload").click()
        uploader = page.locator('[data-testid="stFileUploader"]').filter(has_text="several at once")
        file = {"name": "own.png", "mimeType": "image/png", "buffer": png(image)}
        uploader.locator("input").set_input_files(file)
        page.get_by_role("img", name="over the crop of own.png").wait_for()
        page.keyboard.press("Escape")
        wait_until_idle(page)
    page.get_by_role("radio", name="cividis").click()
    wait_until_idle(page)
    slider(page, NAME).focus()
    page.keyboard.press("ArrowLeft")
    playwright.expect(slider(page, NAME)).to_have_value(f"{100 * OPACITY - 5:g}")
    wait_until_idle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    saved = np.asarray(Image.open(download.value.path()).convert("RGB"), float)
    crop = seen(image, engine.preparation.crop_box(image.size))
    [answer] = engine.explain([image])
    opacity = round(100 * OPACITY - 5) / 100
    wanted = overlay(crop, answer.heatmaps[0].values, opacity=opacity, colours="cividis")
    np.testing.assert_allclose(saved, np.asarray(wanted, float), atol=2)  # a step of the table
