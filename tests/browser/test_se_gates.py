"""The page of SE gates in a real browser: blocks and channels are chosen by clicking, and with the keys."""

from __future__ import annotations

import re

import pytest
from support.browser import wait_until_idle

from effnet_core.explain.engine import Engine
from effnet_core.images.samples import SAMPLES, load_sample
from effnet_core.networks import weights
from ui.shared import map_pickers

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
OTHER = "features.4.2"  # its bars are wider than a pixel


@pytest.fixture(scope="module")
def widths() -> dict[str, int]:
    return {block.name: block.expanded_channels for block in weights.load("tiny").architecture.blocks}


def headline(page, text: str) -> None:
    playwright.expect(page.get_by_role("heading", name=re.compile(text))).to_be_visible()


def bars(page):
    return page.get_by_role("slider", name=re.compile("The gate of each channel"))


def at_gates(page) -> None:
    page.goto("/se_gates")
    headline(page, "what if one of its")
    wait_until_idle(page)


def test_one_click_opens_the_gate_that_matters_most_and_another_takes_it_back(page):
    at_gates(page)
    channel = Engine(weights.load("tiny"), "cpu").strongest_flip(load_sample(SAMPLES[0].name), map_pickers.FIRST_BLOCK)
    button = page.get_by_role("button", name=f"channel {channel}")
    assert button.bounding_box()["y"] < 900, "it is seen without scrolling"
    button.click()
    headline(page, f"channel {channel} of {map_pickers.FIRST_BLOCK} takes")
    playwright.expect(page).to_have_url(re.compile(r"se_gates\.tried=strongest"))
    page.get_by_role("button", name="Undo").click()
    headline(page, "what if one of its")


def test_a_click_on_a_row_chooses_the_block_and_one_on_a_bar_flips_its_channel(page, widths):
    at_gates(page)
    page.get_by_role("radio", name=re.compile(rf"{OTHER.removeprefix('features.')} · ")).click()
    playwright.expect(page.get_by_text(f"{widths[OTHER]} gates of {OTHER}")).to_be_visible()
    playwright.expect(page).to_have_url(re.compile(re.escape(OTHER)))
    wait_until_idle(page)
    box = bars(page).bounding_box()
    bars(page).click(position={"x": 7.5 * box["width"] / widths[OTHER], "y": 20})
    headline(page, f"(Opening|Closing) channel 7 of {OTHER}")
    playwright.expect(page).to_have_url(re.compile(r"se_gates\.tried=7\b"))


def test_the_keys_choose_blocks_and_channels(page, widths):
    at_gates(page)
    names = [*widths]
    after = names[names.index(map_pickers.FIRST_BLOCK) + 1]
    page.locator("[role=radiogroup] [aria-checked=true]", has_text="·").focus()
    page.keyboard.press("ArrowDown")
    playwright.expect(page.get_by_text(f"{widths[after]} gates of {after}")).to_be_visible()
    wait_until_idle(page)
    bars(page).focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    headline(page, f"(Opening|Closing) channel 2 of {after}")
    wait_until_idle(page)
    for key in ("ArrowRight", "Enter"):
        page.keyboard.press(key)
    headline(page, f"channels? (2, 3|2 and (opening|closing) channel 3|3 and (opening|closing) channel 2) of {after}")
    assert bars(page).get_attribute("aria-valuenow") == "3", "the keys stand where they stood"
    page.keyboard.press("Enter")
    headline(page, f"(Opening|Closing) channel 2 of {after}")


def test_in_the_panel_edit_clicks_add_channels_and_take_them_away(page, widths):
    page.goto("/se_gates?se_gates.panel=Edit")
    headline(page, "Closing channel")
    wait_until_idle(page)
    width = widths[map_pickers.FIRST_BLOCK]
    step = bars(page).bounding_box()["width"] / width
    for channel, listed in ((7, "channel 7"), (9, "channels 7, 9"), (7, "channel 9")):
        bars(page).click(position={"x": (channel + 0.5) * step, "y": 20})
        headline(page, f"Closing {listed} of")
        wait_until_idle(page)
    playwright.expect(page).to_have_url(re.compile(r"se_gates\.channels=9\b"))
