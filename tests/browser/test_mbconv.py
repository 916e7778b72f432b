"""The MBConv page in a real browser: what only a pointer can do."""

from __future__ import annotations

import re

import pytest
from support.browser import wait_until_idle

from effnet_core.architecture import tiny
from effnet_core.scaling import module_tree

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser


def test_a_click_on_a_pixel_shows_its_sum(page):
    page.goto("/mbconv?mbconv.panel=Arithmetic")
    page.get_by_text("The network's own value").wait_for()
    wait_until_idle(page)
    output = page.get_by_role("img", name="Output channel").first
    box = output.bounding_box()
    side = round(100 / float(frame_of(output)["width"].rstrip("%")))
    pixel = box["width"] / side
    output.click(position={"x": 2.5 * pixel, "y": 5.5 * pixel})
    playwright.expect(page.get_by_label("Row", exact=True)).to_have_value("5")
    playwright.expect(page.get_by_label("Column", exact=True)).to_have_value("2")
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.row=5\b.*mbconv\.column=2\b|column=2\b.*row=5\b"))
    wait_until_idle(page)
    moved = frame_of(page.get_by_role("img", name="Output channel").first)
    assert float(moved["left"].rstrip("%")) == pytest.approx(100 * 2 / side, abs=0.1)
    assert float(moved["top"].rstrip("%")) == pytest.approx(100 * 5 / side, abs=0.1)


def test_the_arrow_keys_choose_a_pixel(page):
    page.goto("/mbconv?mbconv.panel=Arithmetic&mbconv.row=5&mbconv.column=2")
    page.get_by_text("The network's own value").wait_for()
    wait_until_idle(page)
    output = page.get_by_role("application", name="Arrow keys choose a pixel")
    output.focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowRight"):
        output.press(key)
    playwright.expect(page.get_by_label("Row", exact=True)).to_have_value("4")
    playwright.expect(page.get_by_label("Column", exact=True)).to_have_value("4")
    wait_until_idle(page)
    assert output.evaluate("map => map.getRootNode().activeElement === map"), "the focus stays"


def frame_of(image) -> dict[str, str]:
    """Place and width of the frame over a map, as shares of the map."""
    return image.evaluate(
        "image => { const {left, top, width} = image.nextElementSibling.style; return {left, top, width} }"
    )


def test_a_click_on_a_row_of_the_structure_opens_that_block(page):
    page.goto("/mbconv?mbconv.panel=Structure")
    table = page.locator('[data-testid="stDataFrame"]').first
    table.wait_for()
    wait_until_idle(page)
    paths = [row.path for row in module_tree.modules_of(tiny())]
    box = table.bounding_box()
    row_height = box["height"] / (len(paths) + 1)
    table.click(position={"x": 60, "y": (paths.index("features.3.1") + 1.5) * row_height})
    playwright.expect(page.get_by_text("Squeeze, excite", exact=True)).to_be_visible()
    playwright.expect(page).to_have_url(re.compile(r"features\.3\.1"))


def test_no_panel_is_wider_than_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    for panel in ("Steps", "Arithmetic", "What+if", "Linear+end", "Four+designs", "Structure"):
        page.goto(f"/mbconv?mbconv.panel={panel}")
        page.get_by_role("radio", name=panel.replace("+", " ")).wait_for()
        wait_until_idle(page)
        assert page.locator('[data-testid="stException"]').count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
