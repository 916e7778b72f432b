"""A link restores everything: each input that stands in the URL is set by a link, shown, and kept.

The inputs are found on the pages themselves (links.py), so a new one is tested without a word here; what links may not
say is in pages/test_hostile_links.py.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support.browser import wait_until_idle
from support.links import Bound, Visit, visits

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

LEAST_INPUTS = 60
CHOSEN = "[aria-checked=true], [aria-pressed=true]"
HOLDS = {  # what the browser shows of an input, by kind
    "button_group": f"box => [...box.querySelectorAll('{CHOSEN}')].map(one => one.innerText).join(',')",
    "selectbox": "box => box.querySelector('input').value || box.innerText",
    "slider": "box => (one => one.ariaValueNow ?? one.value)(box.querySelector('[role=slider], input[type=range]'))",
    "number_input": "box => box.querySelector('input').value",
    "text_input": "box => box.querySelector('input').value",
}


def test_the_inputs_are_visits():
    keys = [row.key for visit in visits() for row in visit.inputs]
    assert len(keys) == len(set(keys)) >= LEAST_INPUTS
    assert {"app.unit", "scaling.phi", "scaling.target", "mbconv.n", "se_gates.channels", "evidence.figure"} <= set(
        keys
    )
    assert all(row.other != row.default for visit in visits() for row in visit.inputs)


@pytest.mark.browser
def test_a_link_sets_every_input_and_keeps_it(page):
    for visit in visits():
        held = held_by_link(page, visit, visit.inputs)
        for row in visit.inputs:
            if row not in held:  # others take it away, or its value: it is set by a link of its own
                assert held_by_link(page, visit, [row]) == [row], (visit.name, row, page.url)


def held_by_link(page, visit: Visit, rows: list[Bound]) -> list[Bound]:
    """Open the page with other values of these inputs; those of them that show theirs, and keep it in the URL."""
    path = "" if visit.page == "overview" else visit.page
    page.goto(f"/{path}?{urlencode(visit.settings | {row.key: row.other for row in rows})}")
    page.get_by_role("heading", level=1).wait_for()
    wait_until_idle(page)
    in_url = parse_qs(urlsplit(page.url).query)
    shown = {row: shown_by(page, row) for row in rows}
    return [row for row in rows if same(shown[row] or "", row.other) and same(in_url.get(row.key, [""])[0], row.other)]


def shown_by(page, row: Bound) -> str | None:
    """What an input shows, also one behind a button that opens it; None where it is not, or can't be changed."""
    box = page.locator(f".st-key-{row.key.replace('.', '-')}")
    behind = [] if box.count() else page.locator('[data-testid="stPopover"] button:visible').all()
    for button in behind:
        button.click()
        if appears(box):
            break
        page.keyboard.press("Escape")
    if not box.count() or box.locator("input:disabled").count():
        return None
    shown = box.first.evaluate(HOLDS[row.kind])
    if behind:
        page.keyboard.press("Escape")
    return shown


def appears(box) -> bool:
    try:
        box.first.wait_for(state="attached", timeout=2000)
    except playwright.TimeoutError:
        return False
    return True


def same(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return one.strip() == other.strip()
