"""The interview page in a real browser: progress stays in it, the keyboard suffices, an interview sat to its end."""

from __future__ import annotations

import json
import re

import pytest
from support.browser import press_shortcut, wait_until_idle

from effnet_core.interview import mock_interview
from effnet_core.interview.cards import Card, all_cards
from effnet_core.interview.spaced_repetition import RATINGS

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
CARDS = all_cards()
STORED = "JSON.parse(localStorage.getItem('effnet-lab.interview') ?? '{\"cards\": {}}').cards"


def rate_by_keyboard(page, card: Card, key: str) -> None:
    page.get_by_role("heading", name=card.question).wait_for()
    press_shortcut(page, "a", "Show the answer")
    page.get_by_text(card.wanted).wait_for()
    press_shortcut(page, key, f"{list(RATINGS)[int(key) - 1]} ·")


def test_progress_stays_in_the_browser_and_two_tabs_are_merged(page):
    page.goto("/interview")
    rate_by_keyboard(page, CARDS[0], "4")
    page.get_by_role("heading", name=CARDS[1].question).wait_for()
    page.wait_for_function(f"Object.keys({STORED}).length === 1")

    other = page.context.new_page()
    other.goto("/interview")
    rate_by_keyboard(other, CARDS[1], "4")
    other.wait_for_function(f"Object.keys({STORED}).length === 2")
    other.close()

    wait_until_idle(page)
    rate_by_keyboard(page, CARDS[1], "4")  # this tab has not heard of it
    page.wait_for_timeout(3000)
    page.reload()
    page.get_by_role("heading", name=CARDS[2].question).wait_for()
    assert set(page.evaluate(f"Object.keys({STORED})")) == {CARDS[0].id, CARDS[1].id}


def test_progress_outlives_a_cleared_storage_while_the_page_is_open(page):
    page.goto("/interview")
    rate_by_keyboard(page, CARDS[0], "4")
    page.wait_for_function(f"Object.keys({STORED}).length === 1")
    page.evaluate("localStorage.clear()")
    rate_by_keyboard(page, CARDS[1], "4")
    page.wait_for_function(f"Object.keys({STORED}).length === 2")
    playwright.expect(page.get_by_text("cannot be read")).to_have_count(0)


def test_what_is_no_progress_in_the_browser_is_left_alone(page):
    page.goto("/machine")
    page.evaluate("localStorage.setItem('effnet-lab.interview', '{\"format\": 1}')")
    page.goto("/interview")
    page.get_by_text("The progress in this browser cannot be read").wait_for()
    playwright.expect(page.get_by_role("heading", name=CARDS[0].question)).to_be_visible()
    assert json.loads(page.evaluate("localStorage.getItem('effnet-lab.interview')")) == {"format": 1}


def test_a_mock_interview_from_start_to_end(page):
    questions = mock_interview.interview(3, 5)
    page.goto("/interview?interview.mode=Mock+interview&interview.minutes=5&interview.mock_seed=3")
    page.get_by_role("button", name="Start").click()
    clock = page.get_by_role("timer")
    clock.wait_for()
    before = clock.inner_text()
    assert re.fullmatch(r"[45]:\d\d", before)
    playwright.expect(clock).not_to_have_text(before)
    for number, question in enumerate(questions, start=1):
        page.get_by_text(f"{number} of {len(questions)}", exact=True).wait_for()
        wait_until_idle(page)
        if isinstance(question, Card):
            press_shortcut(page, "a", "Show the answer")
            page.get_by_text(question.wanted).wait_for()
            press_shortcut(page, "3", list(mock_interview.SELF_SCORES)[2])
        elif question.choices:
            page.get_by_text(question.answer, exact=True).click()
            page.get_by_role("button", name="Answer", exact=True).click()
        else:
            page.get_by_role("textbox", name="Your answer").fill(f"{question.answer:.10g}")
            page.keyboard.press("Enter")
    page.get_by_role("heading", name=f"{len(questions)} of {len(questions)} points").wait_for()
    playwright.expect(page.get_by_role("heading", name="Nothing to repeat")).to_be_visible()


def test_the_cheat_sheet_comes_as_a_file(page):
    page.goto("/interview?interview.mode=Cheat+sheet")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Cheat sheet, PDF").click()
    assert coming.value.path().read_bytes().startswith(b"%PDF-")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Cards for Anki").click()
    assert coming.value.path().read_bytes().startswith(b"PK")


def test_it_opens_on_a_narrow_screen(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/interview")
    page.get_by_role("heading", level=1).wait_for()
    wait_until_idle(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
