"""A stage that is pointed at, or has the keyboard's focus, is marked wherever the page shows it."""

from __future__ import annotations

import json
import re

import pytest
from support.browser import wait_until_idle

from effnet_core.architecture import compound
from effnet_core.cost import layers_of
from effnet_core.units import percent

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
# what is marked, wherever it is drawn: the kind of each element, with its stage
MARKED = """() => {
  const all = (root) => [...root.querySelectorAll('.pointed[data-stage]'),
    ...[...root.querySelectorAll('*')].flatMap((one) => (one.shadowRoot ? all(one.shadowRoot) : []))]
  const kind = (one) => (one.classList[0] === 'pointed' ? one.tagName.toLowerCase() : one.classList[0])
  return JSON.stringify(all(document).map((one) => [kind(one), one.dataset.stage]).sort())
}"""


def drawn_stage(page, stage: int):
    return page.locator(f'.console svg > g:nth-of-type(1) [data-stage="{stage}"]')


def numbers_of(stage: int, column: str) -> str:
    layers = layers_of(compound(1))
    own = sum(getattr(row, column) for row in layers if row.stage == stage)
    return percent(own / sum(getattr(row, column) for row in layers), 1)


def assert_marked(page, stage: int | None, kinds: list[str]) -> None:
    wanted = [[kind, f"{stage}"] for kind in sorted(kinds)] if stage else []
    written = json.dumps(wanted, separators=(",", ":"))
    page.wait_for_function(f"(wanted) => ({MARKED})() === wanted", arg=written)


def test_on_scaling_the_drawing_b0_and_both_charts_mark_a_stage_together(page):
    page.goto("/scaling")
    wait_until_idle(page)
    everywhere = ["bar", "bar", "stage", "stage"]
    drawn_stage(page, 7).hover()
    assert_marked(page, 7, everywhere)
    told = page.locator(".console .told")
    for column in ("params", "macs"):
        playwright.expect(told).to_contain_text(numbers_of(7, column))
    playwright.expect(page.locator(".charts p").first).to_contain_text("stage 7: ")
    page.locator('.bars [data-stage="8"]').first.hover()
    assert_marked(page, 8, everywhere)
    playwright.expect(told).to_contain_text("Stage 8: ")
    page.mouse.move(5, 5)
    assert_marked(page, None, [])

    page.get_by_role("radio", name="Rounding", exact=True).click()
    page.get_by_role("row", name=re.compile("^stage 5 ")).last.hover()
    assert_marked(page, 5, ["stage", "stage", "tr", "tr"])

    page.get_by_role("radio", name="Layers", exact=True).click()
    page.get_by_role("row", name=re.compile(r"^features\.6\.0")).first.wait_for()
    wait_until_idle(page)
    drawn_stage(page, 7).hover()
    first = page.get_by_role("row", name=re.compile(r"^features\.6\.0")).first
    playwright.expect(first).to_have_class("pointed")
    room = page.locator(".scroll").bounding_box()
    assert room["y"] < first.bounding_box()["y"] < room["y"] + room["height"], "the table has scrolled to it"
    page.get_by_role("radio", name="Rounding", exact=True).click()
    page.get_by_role("row", name=re.compile("^stage 5 ")).last.wait_for()
    wait_until_idle(page)

    drawn_stage(page, 1).focus()  # the same by the keys
    page.mouse.move(5, 5)
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert_marked(page, 8, ["stage", "stage", "tr", "tr"])
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="inside a block of stage 8")
    playwright.expect(link).to_be_visible()
    assert "features.7.0" in link.get_attribute("href")


def test_on_the_overview_gates_are_marked_with_their_stage(page):
    page.goto("/")
    wait_until_idle(page)
    drawn_stage(page, 6).hover()
    assert_marked(page, 6, ["row"] * 3 + ["stage"] * 2)


def test_on_se_gates_the_network_in_the_strip_and_the_rows_mark_a_stage_and_a_click_chooses_its_block(page):
    page.goto("/se_gates")
    wait_until_idle(page)
    page.get_by_role("radio", name=re.compile(r"^4\.1 · ")).hover()
    assert_marked(page, 5, ["button"] * 3 + ["button"])
    page.get_by_role("radio", name=re.compile("^Stage 7: ")).click()
    playwright.expect(page.get_by_text(re.compile(r"gates of features\.6\.0"))).to_be_visible()


def test_every_stage_s_heat_map_is_marked_with_the_network_s(page):
    page.goto("/classify?classify.panel=Every+stage")
    wait_until_idle(page)
    maps = page.locator("[data-stage] canvas")
    maps.nth(3).hover()
    assert_marked(page, 4, ["button", "figure"])
    maps.nth(5).focus()
    page.mouse.move(5, 5)
    maps.nth(6).focus()
    assert_marked(page, 7, ["button", "figure"])
