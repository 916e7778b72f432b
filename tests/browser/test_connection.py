"""Reloads, lost connections, several tabs, a server that is started again: control and page agree afterwards."""

from __future__ import annotations

import io
import re

import pytest
from PIL.Image import Image
from support.browser import TOURED, free_port, served, slider, wait_until_idle
from support.wire import Wire, wire

from effnet_core.images.samples import load_sample
from ui.shared.file_input import LOST

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser

STATE = "document.querySelector('[data-testid=stApp]').dataset"
OCCLUSION = "/classify?classify.method=Occlusion&classify.window=4&classify.stride=25"
SAMPLE, OTHER_SAMPLE = "A cup of coffee", "An astronaut"
LISTED = "stFileChip"  # a file in an uploader's list
NOT_KNOWN = "The network does not know what this shows"


@pytest.fixture
def cuttable(page, address):
    """A way to the server, and the page that is led along it."""
    with wire(address) as made:
        yield made


def is_connected(page, so: bool = True) -> None:
    page.wait_for_function(f"so => ({STATE}.testConnectionState === 'CONNECTED') === so", arg=so)


def jpeg(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


def bring(page, name: str, image: Image) -> None:
    """Choose a file of one's own, with the popover left open."""
    page.get_by_role("button", name="Picture").click()
    page.get_by_role("radio", name="Upload").click()
    uploader = page.locator('[data-testid="stFileUploader"]').filter(has_text="several at once")
    uploader.locator("input").set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": jpeg(image)})


def heat_over(page, name: str):
    return page.get_by_role("img", name=f"over the crop of {name}")


# Reloads ----------------------------------------------------------------------------------------------------------


def test_a_reload_while_the_page_is_computed_brings_its_answer(page):
    for sample in ("Chelsea the cat", "Grace Hopper"):
        page.goto(f"/classify?app.sample={sample}", wait_until="commit")
        page.wait_for_function(
            f"document.querySelector('[data-testid=stApp]') && {STATE}.testScriptState === 'running'"
        )
        page.reload()
        playwright.expect(heat_over(page, sample)).to_be_visible()
        playwright.expect(page.get_by_role("heading", name="Its answer")).to_be_visible()


def test_reloads_end_long_answers_and_the_next_one_is_computed_at_once(page):
    """A server computes a few of them at a time: those that nobody waits for any more keep no place."""
    for _ in range(3):
        page.goto(OCCLUSION)
        page.get_by_role("button", name="Compute the map").click()
        playwright.expect(page.get_by_text(re.compile(r"^\d+\s% after \d+ s$"))).to_be_visible()
    page.reload()
    playwright.expect(page.get_by_role("heading", name="Its answer")).to_be_visible()
    playwright.expect(page.get_by_role("button", name="Compute the map")).to_be_visible()


# A connection that is cut ------------------------------------------------------------------------------------------


def lose(page, way: Wire, act) -> None:
    """What is done gets lost on its way; then both sides learn that the connection has gone."""
    way.swallow()
    act()
    page.wait_for_timeout(500)
    way.cut()


def cut(page, way: Wire, act) -> None:
    """The connection goes right after something is done."""
    act()
    way.cut()


def be_away(page, way: Wire, act) -> None:
    """Something is done while there is no connection."""
    way.cut()
    is_connected(page, False)
    act()


@pytest.mark.parametrize("happens", [lose, cut])
def test_after_a_cut_the_page_follows_what_a_control_shows(page, cuttable, happens):
    page.goto(f"{cuttable.address}/scaling")
    wait_until_idle(page)
    playwright.expect(page.locator(".readouts")).to_contain_text("Compute, MACs")
    happens(page, cuttable, page.get_by_role("radio", name="FLOPs").click)
    is_connected(page, False)
    cuttable.mend()
    is_connected(page)
    playwright.expect(page.locator(".readouts")).to_contain_text("Compute, FLOPs")
    playwright.expect(page.get_by_role("radio", name="FLOPs")).to_be_checked()


@pytest.mark.parametrize("happens", [lose, cut, be_away])
def test_after_a_cut_the_page_follows_a_slider_that_the_browser_moves_by_itself(page, cuttable, happens):
    page.goto(f"{cuttable.address}/scaling")
    wait_until_idle(page)
    phi = slider(page, "φ, all three")
    happens(page, cuttable, lambda: phi.press("ArrowRight"))
    is_connected(page, False)
    cuttable.mend()
    is_connected(page)
    playwright.expect(page).to_have_url(re.compile(r"scaling\.phi=1\.1\b"))
    playwright.expect(phi).to_have_value("1.1")
    wait_until_idle(page)
    phi.press("ArrowRight")  # and it goes on from there
    playwright.expect(page).to_have_url(re.compile(r"scaling\.phi=1\.2\b"))


@pytest.mark.parametrize("happens", [lose, cut, be_away])
def test_after_a_cut_the_picture_that_was_clicked_is_explained(page, cuttable, happens):
    page.goto(f"{cuttable.address}/classify")
    wait_until_idle(page)
    page.get_by_role("button", name="Picture").click()
    other = page.get_by_role("radio", name=OTHER_SAMPLE)
    other.wait_for()
    wait_until_idle(page)  # a run that begins now is the click's
    happens(page, cuttable, other.click)
    is_connected(page, False)
    cuttable.mend()
    is_connected(page)
    playwright.expect(page.get_by_text(NOT_KNOWN)).to_be_visible()
    playwright.expect(heat_over(page, OTHER_SAMPLE)).to_be_visible()
    wait_until_idle(page)
    if not other.is_visible():  # a page that runs again may close what was opened over it
        page.get_by_role("button", name="Picture").click()
    playwright.expect(other).to_be_checked()


def test_what_has_arrived_is_not_done_again_after_a_cut(page, cuttable):
    """A click that the page has followed says nothing about what was set since."""
    page.goto(f"{cuttable.address}/classify")
    wait_until_idle(page)
    page.get_by_role("button", name="Picture").click()
    page.get_by_role("radio", name=OTHER_SAMPLE).click()
    playwright.expect(page.get_by_text(NOT_KNOWN)).to_be_visible()
    wait_until_idle(page)
    assert page.evaluate("window.effnetUnheard.size") == 0
    cuttable.cut()
    is_connected(page, False)
    cuttable.mend()
    is_connected(page)
    wait_until_idle(page)
    playwright.expect(heat_over(page, OTHER_SAMPLE)).to_be_visible()


# Tabs, and files that go ------------------------------------------------------------------------------------------


def test_two_tabs_keep_their_own_settings_and_pictures(page):
    other = page.context.new_page()
    page.goto("/classify?classify.colours=viridis")
    other.goto("/classify?classify.colours=cividis")
    bring(page, "cup.jpg", load_sample("coffee"))
    playwright.expect(heat_over(page, "cup.jpg")).to_be_visible()
    other.get_by_role("button", name="Picture").click()
    other.get_by_role("radio", name=OTHER_SAMPLE).click()
    playwright.expect(heat_over(other, OTHER_SAMPLE)).to_be_visible()
    for tab, colours in ((page, "viridis"), (other, "cividis")):
        tab.keyboard.press("Escape")
        wait_until_idle(tab)
        playwright.expect(tab.get_by_role("radio", name=colours)).to_be_checked()
    playwright.expect(heat_over(page, "cup.jpg")).to_be_visible()
    other.reload()
    playwright.expect(heat_over(other, OTHER_SAMPLE)).to_be_visible()
    playwright.expect(other.get_by_role("radio", name="cividis")).to_be_checked()


def test_a_picture_that_is_removed_while_it_is_explained_leaves_the_sample(page):
    page.goto("/classify")
    wait_until_idle(page)
    bring(page, "cup.jpg", load_sample("coffee").resize((4000, 3000)))
    page.get_by_role("button", name="Remove cup.jpg").click()
    playwright.expect(page.get_by_test_id(LISTED)).to_have_count(0)
    page.keyboard.press("Escape")
    wait_until_idle(page)
    playwright.expect(heat_over(page, SAMPLE)).to_be_visible()
    assert page.get_by_test_id("stAlert").count() == page.get_by_test_id("stException").count() == 0


def test_a_server_that_is_started_again_says_which_files_are_gone(browser, tmp_path, asked_outside):
    """The page goes on by itself with the settings that the browser shows; an empty list takes the files again."""
    port, log = free_port(), tmp_path / "log.txt"
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(TOURED)
    page = context.new_page()
    listed = page.get_by_test_id(LISTED)
    gone = page.get_by_text(LOST.format("the pictures that you brought"))
    with served(port, log, asked_outside) as address:
        page.goto(f"{address}/classify?classify.colours=viridis")
        wait_until_idle(page)
        bring(page, "cup.jpg", load_sample("coffee"))
        playwright.expect(heat_over(page, "cup.jpg")).to_be_visible()
        playwright.expect(listed).to_have_count(1)
        wait_until_idle(page)
    is_connected(page, False)
    with served(port, log, asked_outside):
        playwright.expect(gone).to_be_visible()
        playwright.expect(heat_over(page, SAMPLE)).to_be_visible()
        playwright.expect(listed).to_have_count(0)
        playwright.expect(page.get_by_role("radio", name="viridis")).to_be_checked()
        wait_until_idle(page)
        page.get_by_role("button", name="Choose again").click()
        playwright.expect(gone).to_have_count(0)
        wait_until_idle(page)
        playwright.expect(listed).to_have_count(0)
        page.keyboard.press("Escape")
        bring(page, "cup.jpg", load_sample("coffee"))
        playwright.expect(heat_over(page, "cup.jpg")).to_be_visible()
        context.close()
    assert "Traceback" not in log.read_text()
