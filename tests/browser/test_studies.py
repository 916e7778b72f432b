"""The studies in a real browser, over made-up runs: a click picks a network, and on a phone no text is cut."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from support.browser import free_port, served, wait_until_idle
from support.study_rows import all_runs, write_rows

from effnet_core.training import study
from ui.session.kept_values import css_class

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

SECTIONS = {"scaling": "Four ways to grow", "search": "The search for α, β, γ", "blocks": "The block's parts"}
# texts of charts that reach out of their chart
CUT = """() => [...document.querySelectorAll('.main-svg text')].filter((text) => {
  const [inner, outer] = [text, text.closest('.js-plotly-plot')].map((one) => one.getBoundingClientRect())
  return inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1)
}).map((text) => text.textContent)"""


@pytest.fixture(scope="module")
def address(chromium, log, asked_outside, tmp_path_factory):
    """A server of the app whose results are made up."""
    folder = tmp_path_factory.mktemp("results")
    for name in study.NAMES:
        write_rows(folder, all_runs(study.read(name), {"compound × 4": 0.6, "without SE": 0.4}))
    first = "import pathlib\nfrom effnet_core.training import study_results\n"
    first += f"study_results.FOLDER = pathlib.Path({str(folder)!r})"
    with served(free_port(), log, asked_outside, first=first) as address:
        yield address


def shown(page, name: str) -> None:
    page.goto("/experiments?" + urlencode({"experiments.section": SECTIONS[name]}))
    wait_until_idle(page)


@pytest.mark.parametrize(
    ("name", "chart", "number", "picks"),
    [
        ("scaling", "accuracy", 7, "all three × 4"),
        ("search", "surface", 0, "α 1, β 1.41, γ 1"),
        ("blocks", "gaps", 0, "without SE"),
    ],
)
def test_a_click_on_a_point_picks_its_network(page, name, chart, number, picks):
    shown(page, name)
    picked = page.locator(f".{css_class(f'experiments.arm_{name}')} input").first
    assert picked.input_value() == "the base"
    points = page.locator(f".{css_class(f'experiments.{chart}_{name}')} .scatterlayer .points path")
    points.nth(number).scroll_into_view_if_needed()
    box = points.nth(number).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    playwright.expect(picked).to_have_value(picks)
    wait_until_idle(page)
    assert page.locator(f".{css_class(f'experiments.learning_{name}')} .scatterlayer .trace").count() == 6


@pytest.mark.parametrize("name", SECTIONS)
def test_on_a_phone_no_text_is_cut(page, name):
    page.set_viewport_size({"width": 390, "height": 844})
    shown(page, name)
    assert page.locator(".main-svg text").count() > 20
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
