"""Back and forward of the browser: one entry a page, with all that was set there."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from support.browser import turn_to, wait_until_idle

pytestmark = pytest.mark.browser

FROM = (  # a link of each page that sets one control
    "/scaling?scaling.phi=3",
    "/classify?classify.colours=viridis",
    "/mbconv?mbconv.panel=Structure",
    "/evidence?evidence.view=Table",
)
SHOWS = """box => box.querySelector("[aria-checked=true], [aria-pressed=true]")?.innerText
    ?? box.querySelector("input[type=number]").value"""


def goes_to(page, name: str) -> None:
    turn_to(page, name)
    page.wait_for_url(f"**/{name.lower()}*")
    wait_until_idle(page)


def arrives(page, address: str) -> None:
    """The address is this one, and the control shows what it says."""
    page.wait_for_function("to => location.pathname + location.search === to", arg=address)
    wait_until_idle(page)
    [(key, [value])] = parse_qs(urlsplit(address).query).items()
    shown = page.locator(f".st-key-{key.replace('.', '-')}").first.evaluate(SHOWS)
    assert shown.strip() == value, (address, shown)


@pytest.mark.parametrize("link", FROM)
def test_back_brings_a_page_with_its_settings(page, link):
    page.goto(link)
    wait_until_idle(page)
    arrives(page, link)
    entries = page.evaluate("history.length")
    goes_to(page, "Budgets")
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    arrives(page, link)
    page.go_forward()
    page.wait_for_url("**/budgets")
    wait_until_idle(page)
    page.go_back()
    arrives(page, link)


def test_settings_of_both_pages_stay_apart_and_changes_make_no_entries(page):
    page.goto("/scaling?scaling.phi=3")
    wait_until_idle(page)
    entries = page.evaluate("history.length")
    page.get_by_role("button", name="B5", exact=True).or_(
        page.get_by_role("radio", name="B5", exact=True)
    ).first.click()
    page.wait_for_function("!location.search.includes('phi=3')")
    wait_until_idle(page)
    left = urlsplit(page.url).query
    assert page.evaluate("history.length") == entries
    goes_to(page, "Budgets")
    assert not parse_qs(urlsplit(page.url).query)
    page.go_back()
    page.wait_for_function("to => location.search === '?' + to", arg=left)
    wait_until_idle(page)
    assert urlsplit(page.url).query == left
