"""The page Build it in a real browser: writing, the check by its keys and its button, progress that stays."""

from __future__ import annotations

import json

import pytest
from support.browser import wait_until_idle

from effnet_core.exercises import EXERCISES

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
FIRST = EXERCISES[0]
STORED = "localStorage.getItem('effnet-lab.exercises')"


def editor(page):
    return page.get_by_role("textbox", name=f"Your code: {FIRST.title}")


def test_code_is_written_checked_corrected_and_kept(page):
    page.goto("/build_it")
    playwright.expect(editor(page)).to_have_value(FIRST.starter)
    wait_until_idle(page)
    editor(page).fill(FIRST.solution.replace("math.ceil", "int"))
    editor(page).press("Control+Enter")
    page.get_by_text("rounded up, not down").wait_for()
    wait_until_idle(page)
    editor(page).fill(FIRST.solution)
    page.get_by_role("button", name="Check").click()
    page.get_by_text("All is right.").wait_for()
    page.get_by_text(f"1 of {len(EXERCISES)} solved").wait_for()
    wait_until_idle(page)
    kept = json.loads(page.evaluate(STORED))
    assert list(kept["solved"]) == [FIRST.name] and kept["drafts"] == {FIRST.name: FIRST.solution}
    page.reload()
    page.get_by_text(f"1 of {len(EXERCISES)} solved").wait_for()
    playwright.expect(editor(page)).to_have_value(FIRST.solution)


def test_the_keys_of_an_editor(page):
    page.goto("/build_it")
    wait_until_idle(page)
    editor(page).fill("")
    editor(page).press_sequentially("def f():")
    editor(page).press("Enter")
    editor(page).press_sequentially("if x:  # why")
    editor(page).press("Enter")
    editor(page).press_sequentially("return 1")
    editor(page).press("Enter")
    editor(page).press("Backspace")
    editor(page).press_sequentially("y")
    editor(page).press("Tab")
    playwright.expect(editor(page)).to_have_value("def f():\n    if x:  # why\n        return 1\n    y    ")
    parts = page.locator(".colours span")
    kinds = [(part.get_attribute("class"), part.inner_text()) for part in parts.all()]
    assert kinds[:3] == [("keyword", "def"), ("defined", "f"), ("keyword", "if")] and ("comment", "# why") in kinds
    editor(page).press("Escape")
    editor(page).press("Tab")
    playwright.expect(editor(page)).not_to_be_focused()


def test_the_code_goes_along_as_a_file(page):
    page.goto("/build_it")
    wait_until_idle(page)
    editor(page).fill("mine = 1\n")
    editor(page).blur()
    page.wait_for_function(f"{STORED}?.includes('mine = 1')")
    wait_until_idle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download .py").click()
    with open(waiting.value.path(), encoding="utf-8") as file:
        assert waiting.value.suggested_filename == f"{FIRST.name}.py" and file.read() == "mine = 1\n"


def test_behind_a_proxy_there_is_no_check(page):
    page.context.set_extra_http_headers({"X-Forwarded-For": "10.0.0.9"})
    page.goto("/build_it")
    page.get_by_text(f"exercise check {FIRST.name}.py").wait_for()
    wait_until_idle(page)
    playwright.expect(page.get_by_role("button", name="Download .py")).to_be_visible()
    playwright.expect(page.get_by_role("button", name="Check")).to_have_count(0)
    playwright.expect(page.get_by_text("Ctrl + Enter checks")).to_be_hidden()
