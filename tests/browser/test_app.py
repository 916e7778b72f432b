"""The app in a real browser, started as a user starts it: what a person sees, and that nothing outside is asked."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.browser import pixels, turn_to, wait_until_idle

from effnet_core.architecture import compound
from effnet_core.cost import cost_of
from effnet_core.images.overlay import seen
from effnet_core.images.samples import load_sample
from effnet_core.networks import weights
from effnet_core.units import three_digits
from ui.shared.page_table import PAGES

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_moving_phi_changes_the_numbers(page):
    page.goto("/scaling")
    slider = page.get_by_role("slider").first
    before, after = (f"{three_digits(cost_of(compound(phi)).params / 1e6)} M" for phi in (1.0, 1.1))
    assert before != after
    playwright.expect(page.get_by_text(before, exact=True).first).to_be_visible()
    wait_until_idle(page)
    slider.focus()
    slider.press("ArrowRight")
    playwright.expect(page.get_by_text(after, exact=True).first).to_be_visible()
    playwright.expect(page).to_have_url(re.compile(r"scaling\.phi=1\.1\b"))


def test_a_photograph_shows_its_class_its_heat_and_its_gates(page):
    photograph = load_sample("coffee").crop((40, 0, 560, 400))
    page.goto("/classify")
    wait_until_idle(page)
    page.get_by_role("button", name="Picture").click()
    page.get_by_role("radio", name="Upload").click()
    uploader = page.locator('[data-testid="stFileUploader"]').filter(has_text="several at once")
    uploader.locator("input").set_input_files({"name": "cup.png", "mimeType": "image/png", "buffer": png(photograph)})
    heat = page.get_by_role("img", name="over the crop of cup.png")
    heat.wait_for()
    page.keyboard.press("Escape")
    wait_until_idle(page)
    answer = page.get_by_role("heading", name="Its answer").inner_text()
    assert "espresso" in answer
    assert "espresso" in heat.get_attribute("aria-label")
    playwright.expect(page.locator(".picks")).to_contain_text("espresso")
    assert shows_heat_over(photograph, heat)

    turn_to(page, "SE gates")
    page.get_by_role("heading", name="what if one of its").wait_for()
    wait_until_idle(page)
    playwright.expect(page.locator(".st-key-subject").get_by_text("cup.png", exact=True)).to_be_visible()
    playwright.expect(page.get_by_role("heading", name=answer.removeprefix("Its answer: "))).to_be_visible()
    playwright.expect(page.get_by_role("radio", name=" · ")).to_have_count(len(compound(0).blocks))
    kinds = page.evaluate("[...document.querySelectorAll('.js-plotly-plot')].map(plot => plot.data[0].type)")
    assert kinds == ["bar", "bar", "heatmap", "heatmap"]


def shows_heat_over(photograph: Image.Image, canvas) -> bool:
    """The canvas is the part that the network saw, strongly coloured, yet still that picture."""
    shown = pixels(canvas).astype(float)
    box = weights.load("tiny").preparation.crop_box(photograph.size)
    plain = np.asarray(seen(photograph, box).resize(shown.shape[1::-1]), float)
    likeness = np.corrcoef(shown.ravel(), plain.ravel())[0, 1]
    return np.abs(shown - plain).mean() > 10 and likeness > 0.3


def test_network_picture_and_device_stay_chosen_from_page_to_page(page):
    page.goto("/machine")
    wait_until_idle(page)
    page.get_by_role("radio", name="CPU").click()
    wait_until_idle(page)
    turn_to(page, "Classify")
    page.get_by_role("heading", name="What to notice").wait_for()
    wait_until_idle(page)
    choose_sample(page, "An astronaut")
    playwright.expect(page.get_by_text("The network does not know what this shows")).to_be_visible()
    wait_until_idle(page)
    turn_to(page, "SE gates")
    page.get_by_role("heading", name="blocks: click a row").wait_for()
    playwright.expect(page.get_by_text("The network does not know what this shows")).to_be_visible()
    wait_until_idle(page)
    turn_to(page, "This machine")
    page.get_by_role("heading", name="Which networks are ready").wait_for()
    playwright.expect(page.get_by_role("radio", name="CPU")).to_be_checked()


@pytest.mark.parametrize(
    ("path", "labels"), [("/interview", ("Group", "Level")), ("/scaling", ("Hold α · β² · γ²", "Held at"))]
)
def test_labels_of_neighbouring_inputs_are_level(page, path, labels):
    page.goto(path)
    tops = [page.locator("[data-testid=stWidgetLabel] p").filter(has_text=label).first for label in labels]
    for label in tops:
        label.wait_for()
    wait_until_idle(page)
    left, right = (label.bounding_box()["y"] for label in tops)
    assert left == pytest.approx(right, abs=1)


MIXED = """
window.mixed = []
new MutationObserver(() => {
  const title = document.querySelector("h1")?.textContent ?? ""
  const main = document.querySelector("[data-testid=stMain]").textContent
  if (title.startsWith("What does it see") && main.includes("Compute in")) window.mixed.push(main.slice(0, 200))
}).observe(document.body, { childList: true, subtree: true, characterData: true })
"""


SHIFTS = """
window.shifts = 0
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.shifts += entry.hadRecentInput ? 0 : entry.value
}).observe({ type: "layout-shift", buffered: true })
"""


# texts in the page that its own box or the window cuts at the side, with what stands there; code is scrolled
CUT = """() => {
  const all = (root) =>
    [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])])
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
  const isCut = (one) => {
    const [style, box] = [getComputedStyle(one), one.getBoundingClientRect()]
    if (style.visibility !== 'visible' || box.width < 2 || one.closest('.cm-scroller, pre, textarea')) return false
    return box.right > innerWidth + 1 || (style.overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1)
  }
  return all(document.querySelector('[data-testid=stMain]'))
    .filter((one) => hasText(one) && isCut(one))
    .map((one) => one.textContent.trim().slice(0, 60))
}"""


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["projector", "phone"])
@pytest.mark.parametrize("entry", PAGES, ids=[entry.file for entry in PAGES])
def test_a_page_hardly_moves_while_it_is_loaded_and_nothing_on_it_is_cut(page, entry, size):
    """Of several loads the stillest: a busy machine draws the page in more steps."""
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    page.add_init_script(SHIFTS)
    shifts = []
    for _ in range(5):
        page.goto("/" if entry is PAGES[0] else f"/{entry.file}")
        page.get_by_role("heading", level=1).wait_for()
        wait_until_idle(page)
        shifts.append(page.evaluate("window.shifts"))
        if min(shifts) < 0.1:
            break
    assert min(shifts) < 0.1, shifts
    assert page.evaluate(CUT) == []


def test_nothing_of_the_page_before_stays_while_the_next_one_is_drawn(page):
    page.goto("/evidence")
    page.get_by_text("Compute in").wait_for()
    wait_until_idle(page)
    page.evaluate(MIXED)
    turn_to(page, "Classify")
    page.get_by_role("heading", name="What does it see").wait_for()
    page.get_by_role("heading", name="Its answer").wait_for()
    assert page.evaluate("window.mixed") == []


@pytest.mark.parametrize("path", ["/", "/scaling", "/classify", "/se_gates", "/machine"])
def test_each_page_opens_by_its_address_on_a_narrow_screen(page, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    page.get_by_role("heading", level=1).wait_for()
    wait_until_idle(page)
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_click_elsewhere_ends_a_ranking_and_the_network_answers_on(page):
    """Whether the ranking was over or not: the next panel asks the same network."""
    page.goto(
        "/se_gates?se_gates.panel=Which+channels+matter&se_gates.block=features.6.2+·+stage+7+·+5×5+·+576+channels"
    )
    page.get_by_role("button", name="Close each of 576").click()
    page.get_by_text("Edit", exact=True).click()
    playwright.expect(page.get_by_text(re.compile("Closing channel .* (takes|leaves)")).first).to_be_visible()


def test_a_long_computation_shows_progress_and_a_click_stops_it(page):
    page.goto("/classify?classify.method=Occlusion&classify.window=4&classify.stride=25")
    compute = page.get_by_role("button", name="Compute the map")
    compute.click()
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")  # not the toolbar's
    playwright.expect(page.get_by_text(re.compile(r"^\d+\s% after \d+ s$"))).to_be_visible()
    stop.click()
    playwright.expect(stop).to_be_hidden()
    wait_until_idle(page)
    playwright.expect(compute).to_be_visible()
    playwright.expect(page.get_by_text("The map is not computed yet")).to_be_visible()
    choose_sample(page, "Chelsea the cat")  # the network is free for the next question
    playwright.expect(page.get_by_text("It shows a class that the network knows: Egyptian cat")).to_be_visible()
    wait_until_idle(page)
    playwright.expect(page.get_by_role("heading", name="Its answer")).to_be_visible()


def choose_sample(page, name: str) -> None:
    picker = page.get_by_role("button", name="Picture")
    picker.click()
    page.get_by_role("radio", name=name).click()
    wait_until_idle(page)
    page.keyboard.press("Escape")


def open_panel(page, path: str) -> None:
    page.goto(path)
    page.locator(".js-plotly-plot .modebar-btn").first.wait_for(state="attached")
    wait_until_idle(page)


@pytest.mark.parametrize("kind", ["PNG", "SVG"])
def test_a_chart_is_saved_by_its_own_button(page, kind):
    open_panel(page, f"/scaling?scaling.panel=Which φ is B3?&app.charts={kind}")
    with page.expect_download() as download:
        page.locator(".modebar-btn[data-title^='Download']").first.click()
    assert download.value.suggested_filename == f"implied-phi.{kind.lower()}"
    data = Path(download.value.path()).read_bytes()
    if kind == "PNG":
        assert np.asarray(Image.open(io.BytesIO(data)).convert("L")).std() > 1
    else:
        assert data.startswith(b"<svg") and all(f">B{number}<".encode() in data for number in range(8))


@pytest.mark.parametrize("path", ["/scaling?scaling.panel=Export&scaling.chart=Compute by stage", "/budgets?"])
def test_a_saved_charts_legend_is_whole(page, tmp_path, path):
    """In a file its text is set in another font than on the page."""
    open_panel(page, f"{path}&app.charts=SVG")
    with page.expect_download() as download:
        page.locator(".modebar-btn[data-title^='Download']").first.dispatch_event("click")
    download.value.save_as(tmp_path / "chart.svg")
    page.context.new_page().goto((tmp_path / "chart.svg").as_uri())
    sides = "[...document.querySelectorAll('.legendtext, .legend .bg')].map(one => one.getBoundingClientRect().right)"
    legend, *texts = page.context.pages[-1].evaluate(sides)
    assert len(texts) >= 3 and max(texts) <= legend


def at_last(page, expression: str, still_ms: int = 1000) -> str:
    """The value once it has stayed the same for so long."""
    value = None
    while value != (value := page.evaluate(expression)):
        page.wait_for_timeout(still_ms)
    return value


def test_the_turned_surface_stays_turned_while_the_point_moves(page):
    surface = "[...document.querySelectorAll('.js-plotly-plot')].find(plot => plot.data[0].type === 'surface')"
    eye = f"JSON.stringify({surface}._fullLayout.scene.camera.eye)"
    open_panel(page, "/scaling?scaling.panel=α · β² · γ² = 2")
    page.locator('[data-testid="stBidiComponentIsolated"]').first.wait_for(state="attached")
    wait_until_idle(page)
    before = page.evaluate(eye)
    canvas = page.locator(".js-plotly-plot #scene canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 120, box["y"] + box["height"] / 2 + 30, steps=8)
    page.mouse.up()
    page.wait_for_function(f"{eye} !== '{before}'")
    turned = at_last(page, eye)  # it turns on for a moment
    exact = page.get_by_role("spinbutton", name="α").first
    exact.fill("1.5")
    exact.press("Enter")
    page.wait_for_function(f"{surface}.data.some(trace => trace.name === 'here' && trace.x[0] === 1.5)")
    wait_until_idle(page)
    eyes = [json.loads(text) for text in (at_last(page, eye), turned)]
    assert eyes[0] == pytest.approx(eyes[1], abs=1e-6)
