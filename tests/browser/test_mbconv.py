"""The MBConv page in a real browser: what only a pointer can do."""

from __future__ import annotations

import re

import pytest
from support.browser import wait_until_idle

from effnet_core.architecture import tiny
from effnet_core.scaling import module_tree

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser


def slab(page, step: str):
    return page.locator(f'.step[data-step="{step}"]')


def chosen(page, step: str) -> None:
    """That slab is marked, and the sentence beside it is its own."""
    playwright.expect(slab(page, step)).to_have_attribute("aria-pressed", "true")
    playwright.expect(page.locator('.step[aria-pressed="true"]')).to_have_count(1)


def opened(page, settings: str = "") -> None:
    page.goto(f"/mbconv{settings}")
    slab(page, "input").wait_for()
    wait_until_idle(page)


def passed(page) -> float:
    return float(page.locator("input.progress").input_value())


def test_play_sends_the_picture_through_and_pauses(page):
    opened(page)
    play = page.locator("button.play")
    assert play.bounding_box()["y"] + play.bounding_box()["height"] < 900
    playwright.expect(play).to_have_text(re.compile("Play"))
    play.click()
    chosen(page, "input")
    playwright.expect(slab(page, "project")).to_have_css("opacity", "0.2")
    chosen(page, "expand")
    play.click()
    playwright.expect(play).to_have_text(re.compile("Play"))
    stopped = passed(page)
    assert 1 <= stopped < 2
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.step=Expand"))
    wait_until_idle(page)
    assert passed(page) == stopped, "the answer of the server moves nothing"
    page.get_by_label("Speed").select_option("2")
    play.click()
    chosen(page, "output")
    playwright.expect(play).to_have_text(re.compile("Play"))
    assert passed(page) == 6
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.step=Residual"))


def test_the_keyboard_steps_and_plays(page):
    opened(page)
    page.locator("section.flow").focus()
    page.keyboard.press("ArrowRight")
    chosen(page, "gate")
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.step=Gate"))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    chosen(page, "expand")
    assert passed(page) == 2, "a step back shows that step complete"
    page.keyboard.press("Space")
    chosen(page, "depthwise")
    page.keyboard.press("Space")
    stopped = passed(page)
    wait_until_idle(page)
    assert passed(page) == stopped
    slab(page, "project").focus()
    page.keyboard.press("Enter")
    chosen(page, "project")


def test_reduced_motion_shows_whole_steps_and_nothing_between(page):
    page.emulate_media(reduced_motion="reduce")
    opened(page)
    page.evaluate(
        """() => {
            const bar = [...document.querySelectorAll("*")].map(one => one.shadowRoot?.querySelector("input.progress"))
                .find(Boolean)
            window.seen = new Set()
            window.watch = setInterval(() => window.seen.add(Number(bar.value)), 20)
        }"""
    )
    page.get_by_label("Step forward").click()
    chosen(page, "gate")
    page.get_by_label("Step back").click()
    chosen(page, "depthwise")
    page.get_by_label("Speed").select_option("2")
    page.locator("section.flow").focus()
    page.keyboard.press("Space")
    chosen(page, "output")
    seen = page.evaluate("clearInterval(window.watch) || [...window.seen]")
    assert {4, 3, 6} <= set(seen)
    assert all(place == int(place) for place in seen), seen


def test_a_click_on_a_slab_chooses_its_step_and_a_map_opens_its_arithmetic(page):
    opened(page)
    chosen(page, "depthwise")
    slab(page, "expand").click()
    chosen(page, "expand")
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.step=Expand"))
    wait_until_idle(page)
    playwright.expect(page.locator("p.sentence")).to_contain_text("mix of all 16")
    assert "1,728" in page.locator("section.told dl").inner_text()
    drawn = page.locator(".maps button").nth(1)
    channel = drawn.inner_text().split()[-1]
    drawn.click()
    page.get_by_text("The network's own value").wait_for()
    wait_until_idle(page)
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.panel=Arithmetic"))
    playwright.expect(page.locator(".st-key-mbconv-channel input")).to_have_value(channel)
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.step=Expand"))


def test_pointing_at_a_kernels_cell_marks_its_patch_and_product(page):
    page.goto("/mbconv?mbconv.panel=Arithmetic")
    page.get_by_text("The network's own value").wait_for()
    wait_until_idle(page)
    for how in ("pointer", "keys"):
        if how == "pointer":
            page.locator(".grid").first.locator(".cell").nth(5).hover()
        else:
            page.locator("section.products").focus()
            for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight"):
                page.keyboard.press(key)
        marked = page.locator(".cell.marked")
        playwright.expect(marked).to_have_count(3)
        assert set(marked.evaluate_all("cells => cells.map(cell => cell.dataset.cell)")) == {"5"}
        kernel, patch, product = (
            float(number.replace("−", "-").replace(",", ""))
            for number in re.split("[×=]", page.locator(".products p").inner_text())
        )
        assert kernel * patch == pytest.approx(product, rel=0.02)
        assert page.locator(".mark:not([hidden])").count() == 1, "its pixel on the input's map"
        page.mouse.move(5, 5)
        page.locator("section.products").blur()
        playwright.expect(marked).to_have_count(0)
        playwright.expect(page.locator(".products p")).to_contain_text("add up to")


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
    chosen(page, "depthwise")
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
        parts = page.locator(".flow > *, .told > *, .controls > *, .step text, .cell").evaluate_all(
            "parts => parts.map(part => part.getBoundingClientRect()).map(box => [box.left, box.right])"
        )
        assert all(left >= 0 and right <= 390 for left, right in parts), f"{panel}: cut"
