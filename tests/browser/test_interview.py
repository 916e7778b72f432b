"""The interview page in a real browser: progress stays in it, the keyboard suffices, an interview sat to its end."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from support.browser import wait_until_idle

from effnet_core.interview import mock_interview
from effnet_core.interview.cards import Card, all_cards
from effnet_core.interview.drills.kind import Drill
from effnet_core.interview.mock_interview import FollowUp
from effnet_core.interview.progress_file import from_json
from effnet_core.interview.spaced_repetition import rated
from effnet_core.interview.spoken_code import SpokenCode

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
CARDS = all_cards()
STORED = "JSON.parse(localStorage.getItem('effnet-lab.interview') ?? '{\"cards\": {}}').cards"


def rate_by_keyboard(page, card: Card, key: str) -> None:
    page.get_by_role("heading", name=card.question).wait_for()
    page.keyboard.press("a")
    page.get_by_text(card.wanted).wait_for()
    page.keyboard.press(key)


def press_at_once(page, *presses: dict) -> None:
    """Keys that follow each other quicker than the page can do anything."""
    press = "one => document.body.dispatchEvent(new KeyboardEvent('keydown', { code: '', bubbles: true, ...one }))"
    page.evaluate(f"presses => presses.forEach({press})", list(presses))


def slow_down(page) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})


def stored_stability(page) -> dict[str, float]:
    return {card: memory["stability"] for card, memory in page.evaluate(STORED).items()}


def test_no_key_is_lost_or_done_twice_whenever_it_is_pressed(page):
    """A as soon as a question is seen or later, and its rating so soon after that the answer is still being drawn."""
    slow_down(page)
    page.goto("/interview", wait_until="commit")
    moments = (0, 0, 30, 60, 100, 150, 200, 300, 400, 600, 800)
    for card, moment in zip(CARDS, moments, strict=False):
        page.get_by_role("heading", name=card.question).wait_for()
        page.wait_for_timeout(moment)
        page.keyboard.press("a")
        page.wait_for_timeout(moment)
        page.keyboard.press("4")
    page.wait_for_function(f"Object.keys({STORED}).length === {len(moments)}")
    wait_until_idle(page)
    once = rated({}, CARDS[0].id, "Easy", datetime.now(UTC))[CARDS[0].id].stability
    assert stored_stability(page) == {card.id: pytest.approx(once) for card in CARDS[: len(moments)]}
    playwright.expect(page.get_by_role("heading", name=CARDS[len(moments)].question)).to_be_visible()
    playwright.expect(page.get_by_role("button", name="Show the answer")).to_be_visible()


def test_a_key_waits_for_a_button_whose_code_is_still_being_fetched(page):
    fetched = []
    page.route(re.compile(r"/static/js/Button\.[^/]+\.js"), lambda route: fetched.append(route))
    page.goto("/interview", wait_until="commit")
    page.get_by_role("heading", name=CARDS[0].question).wait_for()
    page.keyboard.press("a")
    while not fetched:
        page.wait_for_timeout(50)
    fetched.pop().continue_()
    page.get_by_text(CARDS[0].wanted).wait_for()


def test_keys_are_for_the_card_that_was_on_the_screen_and_each_is_taken_once(page):
    """All at once: the first card is shown and rated once, and no key falls on the second, which nobody has seen."""
    page.goto("/interview")
    page.get_by_role("heading", name=CARDS[0].question).wait_for()
    press_at_once(page, *({"key": key} for key in "aa443a4"))
    page.get_by_role("heading", name=CARDS[1].question).wait_for()
    page.get_by_role("status").get_by_text("was pressed before this was ready").wait_for()
    wait_until_idle(page)
    playwright.expect(page.get_by_role("heading", name=CARDS[1].question)).to_be_visible()
    playwright.expect(page.get_by_role("button", name="Show the answer")).to_be_visible()
    once = rated({}, CARDS[0].id, "Easy", datetime.now(UTC))[CARDS[0].id].stability
    assert stored_stability(page) == {CARDS[0].id: pytest.approx(once)}


def test_keys_that_are_typed_held_or_mean_something_else_do_nothing(page):
    page.goto("/interview")
    page.get_by_role("button", name="Show the answer").wait_for()
    page.get_by_role("combobox", name="Group").press("a")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    held = {"key": "a", "repeat": True}
    press_at_once(
        page, held, {"key": "1"}, *({"key": "a", f"{name}Key": True} for name in ("ctrl", "alt", "meta", "shift"))
    )
    wait_until_idle(page)
    playwright.expect(page.get_by_text(CARDS[0].wanted)).to_have_count(0)
    page.keyboard.press("a")
    page.get_by_text(CARDS[0].wanted).wait_for()
    wait_until_idle(page)
    playwright.expect(page.get_by_role("heading", name=CARDS[0].question)).to_be_visible()


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
    page.get_by_role("heading", name=CARDS[2].question).wait_for()
    wait_until_idle(page)
    page.reload()
    page.get_by_role("heading", name=CARDS[2].question).wait_for()
    assert set(page.evaluate(f"Object.keys({STORED})")) == {CARDS[0].id, CARDS[1].id}


def test_progress_outlives_a_cleared_storage_while_the_page_is_open(page):
    page.goto("/interview")
    rate_by_keyboard(page, CARDS[0], "4")
    page.wait_for_function(f"Object.keys({STORED}).length === 1")
    for number, card in enumerate(CARDS[1:3], start=2):
        page.evaluate("localStorage.clear()")
        rate_by_keyboard(page, card, "4")
        page.wait_for_function(f"Object.keys({STORED}).length === {number}")
    playwright.expect(page.get_by_text("cannot be read")).to_have_count(0)


def test_the_export_holds_what_was_rated(page):
    page.goto("/interview")
    rate_by_keyboard(page, CARDS[0], "4")
    page.get_by_role("heading", name=CARDS[1].question).wait_for()
    rate_by_keyboard(page, CARDS[1], "1")
    page.get_by_role("heading", name=CARDS[2].question).wait_for()
    page.get_by_role("radio", name="My progress").click()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Export my progress").click()
    text = coming.value.path().read_text(encoding="utf-8")
    memories, reviews = from_json(text, [card.id for card in CARDS], datetime.now(UTC))
    assert set(memories) == {CARDS[0].id, CARDS[1].id}
    assert [(review.card, review.rating) for review in reviews] == [(CARDS[0].id, "Easy"), (CARDS[1].id, "Again")]


def test_what_is_no_progress_in_the_browser_is_left_alone(page):
    page.goto("/machine")
    page.evaluate("localStorage.setItem('effnet-lab.interview', '{\"format\": 1}')")
    page.goto("/interview")
    page.get_by_text("The progress in this browser cannot be read").wait_for()
    playwright.expect(page.get_by_role("heading", name=CARDS[0].question)).to_be_visible()
    assert json.loads(page.evaluate("localStorage.getItem('effnet-lab.interview')")) == {"format": 1}
    rate_by_keyboard(page, CARDS[0], "4")
    playwright.expect(page.get_by_text("The progress in this browser cannot be read")).to_have_count(0)
    assert set(page.evaluate(f"Object.keys({STORED})")) == {CARDS[0].id}


def test_a_mock_interview_from_start_to_end(page):
    """Cards with what is asked next, drills, and code with a bug: everything is had, and the report says so."""
    questions = mock_interview.interview(1, 15)
    kinds = {type(question) for question in questions}
    assert kinds == {Card, FollowUp, Drill, SpokenCode} and any(getattr(one, "has_a_bug", False) for one in questions)
    page.goto("/interview?interview.mode=Mock+interview&interview.minutes=15&interview.mock_seed=1")
    page.get_by_role("button", name="Start").click()
    clock = page.get_by_role("timer")
    clock.wait_for()
    before = clock.inner_text()
    assert re.fullmatch(r"1[45]:\d\d", before)
    playwright.expect(clock).not_to_have_text(before)
    for number, question in enumerate(questions, start=1):
        page.get_by_text(f"{number} of {len(questions)}", exact=True).wait_for()
        if not isinstance(question, Drill):
            page.get_by_role("heading", name=question.question).wait_for()
            if isinstance(question, SpokenCode):
                page.get_by_test_id("stCode").filter(has_text="class MBConv").wait_for()
            press_at_once(page, *({"key": key} for key in "aa333"))  # once for this question, never for the next
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
