"""Lessons and tours in a real browser: the keyboard steps, links hold, a tour is shown once and in nobody's way."""

from __future__ import annotations

import re

import pytest
from support.browser import wait_until_idle

from effnet_core import lessons
from ui.lessons import tour

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
LESSON = lessons.lesson("inverted_residuals")
LINEAR = next(number for number, step in enumerate(LESSON.steps) if "mbconv.n" in dict(step.settings))
SEEN = f"JSON.parse(localStorage.getItem('{tour.PLACE}'))"


def at_step(page, number: int) -> None:
    """That step (from 0) is on the screen and in the URL."""
    page.get_by_text(f"{number + 1} / {len(LESSON.steps)} · ").wait_for()
    playwright.expect(page).to_have_url(re.compile(rf"\bstep={number + 1}\b"))
    wait_until_idle(page)


def test_page_down_and_page_up_step_through_a_lesson(page):
    page.goto("/")
    wait_until_idle(page)
    page.get_by_text("Teach with it").click()
    page.get_by_role("link", name=LESSON.title).first.click()
    at_step(page, 0)
    for number in range(1, len(LESSON.steps)):
        page.keyboard.press("PageDown")
        at_step(page, number)
        step = LESSON.steps[number]
        subject = page.locator(f".st-key-{step.focus.replace('.', '-')}").first
        text = page.locator(".st-key-teach")
        page.wait_for_function(
            "([subject, text]) => subject.getBoundingClientRect().top >= text.getBoundingClientRect().bottom - 1"
            " && subject.getBoundingClientRect().top < window.innerHeight - 100",
            arg=[subject.element_handle(), text.element_handle()],
        )
    page.keyboard.press("PageDown")
    page.wait_for_timeout(500)
    at_step(page, len(LESSON.steps) - 1)
    page.keyboard.press("PageUp")
    at_step(page, len(LESSON.steps) - 2)
    page.get_by_role("link", name="End").first.click()
    page.locator(".st-key-teach").wait_for(state="detached")
    playwright.expect(page).not_to_have_url(re.compile("teach|step"))
    assert "mbconv.compare" in page.url  # the page stays as the step set it


def test_keys_pressed_while_a_step_is_on_its_way_are_taken(page):
    page.goto(f"/{LESSON.steps[0].page}?teach={LESSON.name}&step=1")
    at_step(page, 0)
    press = "new KeyboardEvent('keydown', { key: 'PageDown', bubbles: true, cancelable: true, repeat })"
    page.evaluate(f"[false, true, false, false].forEach(repeat => document.body.dispatchEvent({press}))")
    at_step(page, 3)
    page.keyboard.press("PageUp")
    at_step(page, 2)


def test_a_step_shows_its_own_controls_alone_and_forgets_what_was_moved(page):
    page.goto(f"/mbconv?teach={LESSON.name}&step={LINEAR + 1}&mbconv.panel=Linear+end&mbconv.n=2")
    at_step(page, LINEAR)
    number = page.locator(".st-key-mbconv-n input")
    playwright.expect(number).to_be_visible()
    for hidden in ("mbconv-panel", "app-model", "mbconv-relu"):
        assert page.locator(f".st-key-{hidden}").locator("input, button").first.is_hidden()
    assert page.locator('[data-testid="stSidebar"]').is_hidden()
    assert (
        float(page.evaluate("parseFloat(getComputedStyle(document.querySelector('.st-key-teach p')).fontSize)")) >= 20
    )
    number.fill("7")
    number.press("Enter")
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.n=7"))
    wait_until_idle(page)
    page.keyboard.press("PageDown")
    at_step(page, LINEAR + 1)
    playwright.expect(number).to_have_value(dict(LESSON.steps[LINEAR + 1].settings)["mbconv.n"])
    page.keyboard.press("PageUp")
    at_step(page, LINEAR)
    playwright.expect(number).to_have_value("2")
    page.reload()
    at_step(page, LINEAR)


@pytest.fixture
def newcomer(browser, address):
    """A browser on a phone that has toured no page."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=address)
    yield context.new_page()
    context.close()


def test_a_tour_is_shown_once_and_again_when_asked(newcomer):
    page = newcomer
    page.goto("/scaling")
    note = page.get_by_role("dialog", name="Guided tour")
    playwright.expect(note).to_be_visible()
    wait_until_idle(page)
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = note.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] < 300
    for row in tour.steps("scaling")[:-1]:
        playwright.expect(note).to_contain_text(row["text"])
        page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Done").click()
    playwright.expect(note).to_be_hidden()
    assert page.evaluate(SEEN) == ["scaling"]

    page.reload()
    wait_until_idle(page)
    playwright.expect(note).to_be_hidden()
    page.get_by_role("button", name="Show me around").click()
    playwright.expect(note).to_contain_text(tour.steps("scaling")[0]["text"])
    page.keyboard.press("Escape")
    playwright.expect(note).to_be_hidden()

    page.goto("/budgets")
    playwright.expect(note).to_be_visible()
    page.get_by_role("radio", name="as B5").click()  # the tour goes on while the page is used
    wait_until_idle(page)
    playwright.expect(note).to_contain_text(tour.steps("budgets")[0]["text"])
    page.get_by_role("button", name="Skip the tour").click()
    assert page.evaluate(SEEN) == ["scaling", "budgets"]
    page.goto(f"/mbconv?teach={LESSON.name}&step=1")
    at_step(page, 0)
    assert note.count() == 0


def test_a_word_says_what_it_means_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/budgets")
    wait_until_idle(page)
    word = page.locator(".term").first
    word.scroll_into_view_if_needed()
    word.focus()
    shown = page.evaluate("getComputedStyle(document.querySelector('.term'), '::after').content")
    assert word.get_attribute("data-says") in shown
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
