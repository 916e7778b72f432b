"""A student's way through the app, alone: φ, a block, a gate, and an own photograph with its heat map."""

from __future__ import annotations

import io
import re

import pytest
from support.browser import slider, turn_to, wait_until_idle

from effnet_core.architecture import compound
from effnet_core.cost import cost_of
from effnet_core.images.samples import load_sample
from effnet_core.units import three_digits

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser


def photograph() -> bytes:
    buffer = io.BytesIO()
    load_sample("coffee").crop((40, 0, 560, 400)).save(buffer, "PNG")
    return buffer.getvalue()


def at(page, question: str) -> None:
    playwright.expect(page.get_by_role("heading", name=question)).to_be_visible()
    wait_until_idle(page)


def test_a_student_goes_from_phi_to_a_block_a_gate_and_an_own_photograph(page):
    page.goto("/")
    at(page, "What is inside an EfficientNet?")
    phi = slider(page, "Compound coefficient φ")
    phi.focus()
    phi.press("ArrowRight")
    parameters = f"{three_digits(cost_of(compound(1.1)).params / 1e6)} M"
    playwright.expect(page.locator("[data-name=params] output")).to_have_text(parameters)
    playwright.expect(page).to_have_url(re.compile(r"overview\.phi=1\.1\b"))
    wait_until_idle(page)
    page.locator('.console svg > g:nth-of-type(1) [data-stage="6"]').click()
    page.get_by_role("link", name="inside a block of stage 6").click()

    at(page, "What happens inside one block?")
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.block=features\.5\.0"))
    page.locator(".flow svg").get_by_role("button", name=re.compile("Project")).click()
    playwright.expect(page.locator(".told .sentence")).to_contain_text("no activation follows")
    wait_until_idle(page)
    turn_to(page, "SE gates")

    at(page, "Which channels does the network open for this picture?")
    page.get_by_role("button", name=re.compile(r"^(Open|Close) channel \d+")).click()
    playwright.expect(page.get_by_role("heading", name=re.compile("takes espresso from"))).to_be_visible()
    wait_until_idle(page)
    turn_to(page, "Classify")

    at(page, "What does it see, and where does it look?")
    page.get_by_role("button", name="Picture").click()
    page.get_by_role("radio", name="Upload").click()
    uploader = page.locator('[data-testid="stFileUploader"]').filter(has_text="several at once")
    uploader.locator("input").set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": photograph()})
    heat = page.get_by_role("img", name="over the crop of mine.png")
    playwright.expect(heat).to_have_attribute("aria-label", re.compile("espresso"))
    page.keyboard.press("Escape")
    wait_until_idle(page)
    second = page.locator(".picks [role=radio]").nth(1)
    name = second.locator(".name").inner_text().rsplit(" ", 2)[0].split("\N{NO-BREAK SPACE}")[0]
    second.click()
    playwright.expect(heat).to_have_attribute("aria-label", re.compile(re.escape(name.split()[0])))
    playwright.expect(page).to_have_url(re.compile(r"classify\.target="))
