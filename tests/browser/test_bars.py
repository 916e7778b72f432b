"""The bars of the scaling page in a real browser: as long as the cost model's sums, under the hand too."""

from __future__ import annotations

import itertools
import re

import pytest
from support.browser import slider, take, wait_until_idle

from effnet_core.architecture import Architecture, compound, released
from effnet_core.cost import ROLES, cost_of, layers_of
from effnet_core.palette import ROLE_GROUPS

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

# for each chart its bars, for each bar its parts: name and extent
PARTS = """(bars) => [...bars.querySelectorAll('svg')].map((svg) => [...svg.querySelectorAll('.bar')].map(
  (bar) => [...bar.querySelectorAll('.part')].map((part) => {
    const { x, y, width, height } = part.getBBox()
    return [part.dataset.part, x, y, width, height]
  })))"""
FOCUSED = """() => {
  let focused = document.activeElement
  while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement
  return focused.getAttribute('aria-label') ?? focused.tagName
}"""


def parts(page) -> list:
    return page.locator(".bars").evaluate(PARTS)


def sums(architecture: Architecture, column: str, by: str) -> list[dict[str, int]]:
    """Of each bar, its parts."""
    layers = layers_of(architecture)
    if by == "role":
        return [{role: sum(getattr(row, column) for row in layers if row.role == role)} for role in ROLES]
    return [
        {
            name: sum(getattr(row, column) for row in layers if row.stage == stage and row.role in roles)
            for name, roles in ROLE_GROUPS.items()
        }
        for stage in range(1, 10)
    ]


def assert_drawn(page, architecture: Architecture, by: str) -> None:
    """All bars of both charts in proportion to the sums, each part on the one before it."""
    for chart, column in zip(parts(page), ("params", "macs"), strict=True):
        wanted = sums(architecture, column, by)
        assert [[part[0] for part in bar] for bar in chart] == [list(bar) for bar in wanted]
        pixels = [part[4] if by == "stage" else part[3] for bar in chart for part in bar]
        counts = [count for bar in wanted for count in bar.values()]
        assert pixels == pytest.approx([sum(pixels) * count / sum(counts) for count in counts], rel=1e-3, abs=1e-2)
        assert sum(pixels) > 100
        if by == "stage":
            for bar in chart:
                for (_, _, below, *_), (_, _, y, _, height) in itertools.pairwise(bar):
                    assert y + height == pytest.approx(below, abs=1e-2)


def named(page, title: str):
    """Both charts carry this title."""
    playwright.expect(page.get_by_role("group", name=f"of {title} by")).to_have_count(2)


@pytest.mark.parametrize(("panel", "by"), [("Stages", "stage"), ("Roles", "role")])
@pytest.mark.parametrize(
    ("link", "title", "architecture"),
    [
        ("scaling.network=B7", "B7 as released", released("b7")),
        ("scaling.phi=-3", "Formula, φ = -3", compound(-3)),
        ("scaling.phi=2.5&scaling.beta=1.4", "Formula, φ = 2.5", compound(2.5, beta=1.4)),
        ("scaling.phi=8", "Formula, φ = 8", compound(8)),
    ],
)
def test_bars_are_in_proportion_to_the_cost_models_sums(page, panel, by, link, title, architecture):
    page.goto(f"/scaling?scaling.panel={panel}&{link}")
    named(page, title)
    assert_drawn(page, architecture, by)


def test_bars_follow_the_hand_without_the_server_and_stay_after_it(page, sent):
    page.goto("/scaling?scaling.network=B3")
    named(page, "B3 as released")
    wait_until_idle(page)
    sent.clear()
    phi = slider(page, "φ, all three")
    left, right, y = take(page, phi)
    for share in (0.55, 0.9, 0.3):
        page.mouse.move(left + share * (right - left), y, steps=4)
        value = float(phi.input_value())
        named(page, f"Formula, φ = {value:g}")
        assert_drawn(page, compound(value), "stage")
    page.wait_for_timeout(1000)
    assert not sent

    page.mouse.up()
    playwright.expect(page.get_by_text(f"{cost_of(compound(value)).params:,} parameters, ")).to_be_visible()
    wait_until_idle(page)
    named(page, f"Formula, φ = {value:g}")
    assert_drawn(page, compound(value), "stage")

    page.get_by_role("radio", name="B5", exact=True).click()
    named(page, "B5 as released")
    assert_drawn(page, released("b5"), "stage")


def test_bars_follow_the_exact_inputs_the_unit_and_the_panel(page):
    page.goto("/scaling?scaling.phi=2")
    named(page, "Formula, φ = 2")
    wait_until_idle(page)
    page.get_by_role("radio", name="FLOPs").click()
    flops = 2 * cost_of(compound(2)).macs
    playwright.expect(page.locator(".bars")).to_contain_text(f"In total: {flops:,} FLOPs")
    page.get_by_role("radio", name="Roles").click()
    playwright.expect(page.get_by_role("group", name="by role")).to_have_count(2)
    assert_drawn(page, compound(2), "role")
    exact = page.get_by_label("φ, all three").and_(page.locator("input[type=number]"))
    exact.fill("3.25")
    exact.press("Enter")
    named(page, "Formula, φ = 3.25")
    assert_drawn(page, compound(3.25), "role")


def test_the_keyboard_stops_once_at_each_chart_and_reads_every_bar(page):
    page.goto("/scaling?scaling.network=B1")
    named(page, "B1 as released")
    wait_until_idle(page)
    stages = [sum(bar.values()) for bar in sums(released("b1"), "params", "stage")]
    page.get_by_role("img", name="stage 1:").first.focus()
    for stage, count in enumerate(stages, start=1):
        assert page.evaluate(FOCUSED).startswith(f"stage {stage}: {count:,} parameters, ")
        playwright.expect(page.locator(".bars figure p").first).to_contain_text(f"stage {stage}: {count:,} parameters")
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    assert re.match(r"stage 1: [\d,]+ MACs", page.evaluate(FOCUSED))
    page.keyboard.press("Tab")
    assert "stage" not in page.evaluate(FOCUSED)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUSED).startswith("stage 9:")


def test_pointing_at_a_part_tells_its_exact_number(page):
    page.goto("/scaling?scaling.network=B2")
    named(page, "B2 as released")
    wait_until_idle(page)
    expand = sums(released("b2"), "params", "stage")[6]["expand"]
    part = page.locator(".bars svg").first.locator(".bar").nth(6).locator('[data-part="expand"]')
    part.hover()
    assert part.locator("title").text_content() == f"expand: {expand:,}"
    playwright.expect(page.locator(".bars figure p").first).to_contain_text(f"expand {expand:,}")
