"""The first screen in a real browser: φ under the hand, its fixed scale, the links that carry it, its light charts."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support.browser import slider, take, wait_until_idle
from support.paths import ROOT

from effnet_core.architecture import compound, released
from effnet_core.cost import cost_of, layers_of
from effnet_core.figures.slabs import slabs
from effnet_core.images.overlay import COLOUR_MAPS, colours_of
from effnet_core.units import three_digits
from ui.components import files

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

PHI = "Compound coefficient φ"
BOXES = """(svg, group) => [...svg.querySelectorAll(`:scope > g:${group} .slab`)].map(
  (slab) => { const {x, y, width, height} = slab.getBoundingClientRect(); return [x, y, width, height] })"""
NETWORK, OUTLINE = "not(.outline)", "is(.outline)"


def boxes(page, group: str) -> np.ndarray:
    """x, y, width and height on the screen of the slabs of the network, or of the outline's stages."""
    return np.array(page.locator(".console svg").evaluate(BOXES, group))


def readout(page, name: str):
    return page.locator(f"[data-name={name}] output")


def scale_of(page, phi: float) -> np.ndarray:
    """px a channel, px a pixel: the same for all slabs of the network on the screen."""
    rows = np.array([[row.channels, row.size] for row in slabs(layers_of(compound(phi)))])
    scales = boxes(page, NETWORK)[:, 2:] / rows
    np.testing.assert_allclose(scales, np.broadcast_to(scales[0], scales.shape), rtol=0.01)
    return scales[0]


def test_phi_is_followed_without_the_server_to_a_fixed_scale(page, sent):
    page.goto("/?overview.phi=0")
    playwright.expect(readout(page, "resolution")).to_have_text("224 px")
    wait_until_idle(page)
    outline, scale, frame = boxes(page, OUTLINE), scale_of(page, 0), page.locator(".console svg").bounding_box()
    ends, stages = boxes(page, NETWORK), len({row.stage for row in slabs(layers_of(released("b0")))})
    assert len(outline) == stages and outline[-1, [0, 2]].sum() == pytest.approx(ends[-1, [0, 2]].sum(), abs=1)
    sent.clear()
    phi = slider(page, PHI)
    left, right, y = take(page, phi)
    for target in (2, 5, 8, -3, 5):
        page.mouse.move(left + (target + 3) / 11 * (right - left), y, steps=4)
        value = float(phi.input_value())
        assert value == pytest.approx(target, abs=0.2)
        network, cost = compound(value), cost_of(compound(value))
        playwright.expect(readout(page, "params")).to_have_text(f"{three_digits(cost.params / 1e6)} M")
        playwright.expect(readout(page, "compute")).to_have_text(f"{three_digits(cost.macs / 1e9)} G")
        playwright.expect(readout(page, "depth")).to_have_text(f"× {network.depth:.2f}")
        playwright.expect(readout(page, "width")).to_have_text(f"× {network.width:.2f}")
        playwright.expect(readout(page, "resolution")).to_have_text(f"{network.resolution} px")
        np.testing.assert_allclose(boxes(page, OUTLINE), outline, atol=0.01)
        np.testing.assert_allclose(scale_of(page, value), scale, rtol=0.01)
        edges = boxes(page, NETWORK)
        bursts = [(edges[:, 0] + edges[:, 2]).max() > frame["x"] + frame["width"], edges[0, 3] > frame["height"]]
        assert bursts == [target >= 5] * 2
        fit = "Too large for this frame" if target >= 5 else "It fits into this frame"
        playwright.expect(page.locator(".fit")).to_contain_text(fit)
    assert not sent


def test_the_link_the_address_and_back_carry_phi(page):
    page.goto("/")
    phi = slider(page, PHI)
    phi.wait_for()
    wait_until_idle(page)
    left, right, y = take(page, phi)
    page.mouse.move(left + 0.8 * (right - left), y, steps=4)
    page.mouse.up()
    value = phi.input_value()
    playwright.expect(page).to_have_url(re.compile(rf"overview\.phi={re.escape(value)}$"))
    playwright.expect(page.get_by_label("φ, exactly")).to_have_value(value)
    link = page.get_by_role("link", name="Scaling: move α, β and γ too")
    playwright.expect(link).to_have_attribute("href", re.compile(rf"scaling\.phi={re.escape(value)}$"))
    link.click()
    playwright.expect(slider(page, "φ, all three")).to_have_value(value)
    playwright.expect(page).to_have_url(re.compile("/scaling"))
    wait_until_idle(page)
    page.go_back()
    playwright.expect(slider(page, PHI)).to_have_value(value)
    playwright.expect(page).to_have_url(re.compile(rf"overview\.phi={re.escape(value)}$"))


def test_keys_and_the_exact_input_move_phi(page):
    page.goto("/?overview.phi=4.5")
    phi = slider(page, PHI)
    playwright.expect(phi).to_have_value("4.5")
    wait_until_idle(page)
    phi.press("ArrowRight")
    playwright.expect(readout(page, "resolution")).to_have_text(f"{compound(4.6).resolution} px")
    playwright.expect(page).to_have_url(re.compile(r"overview\.phi=4\.6$"))
    wait_until_idle(page)
    exact = page.get_by_label("φ, exactly")
    exact.fill("2.35")
    exact.press("Enter")
    playwright.expect(readout(page, "resolution")).to_have_text(f"{compound(2.35).resolution} px")
    drawn = page.get_by_role("group", name=f"Formula, φ = 2.35: {len(compound(2.35).blocks)} blocks drawn to one fixed")
    playwright.expect(drawn).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1000, 390])
def test_the_room_that_is_kept_free_holds_the_console(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/?overview.phi=8")
    playwright.expect(readout(page, "resolution")).to_have_text("685 px")
    wait_until_idle(page)
    room = page.locator(".st-key-overview-console").evaluate("room => [room.scrollHeight, room.clientHeight]")
    assert room[0] <= room[1]
    assert page.locator(".console").bounding_box()["height"] <= room[1]


def test_gates_tell_their_values_under_the_pointer(page):
    page.goto("/")
    row = page.locator(".gates .row").first
    row.scroll_into_view_if_needed()
    wait_until_idle(page)
    row.hover(position={"x": 2, "y": 5})
    told = page.locator(".st-key-overview-gates .words")
    playwright.expect(told).to_have_text(re.compile(r"^Block 1\.0 · 16 channels: at 1 % .* the gate is 0\.\d{3}\.$"))


def test_the_browser_mixes_colours_as_heat_maps_do(browser):
    page = browser.new_page()
    code = files.script(ROOT / "ui/components/shared/colours.js")
    script = f"([steps, shares]) => {{ {code}\n return shares.map((share) => mixedColour(steps, share)) }}"
    mixed = page.evaluate(script, [COLOUR_MAPS["viridis"].split(), [at / 255 for at in range(256)]])
    page.close()
    found = [list(map(int, re.findall(r"\d+", colour))) for colour in mixed]
    np.testing.assert_allclose(found, colours_of("viridis").table[:, :3], atol=1)


def test_the_code_of_the_answer_comes_as_a_notebook_with_its_files(page):
    page.goto("/")
    page.get_by_role("button", name="Use it in PyTorch").click()
    dialog = page.get_by_role("dialog")
    playwright.expect(dialog.get_by_text("espresso").first).to_be_visible()
    saved = {}
    for label in ("Notebook", "Python file", "The 3 files that it reads"):
        with page.expect_download() as coming:
            dialog.get_by_role("button", name=label).click()
        saved[coming.value.suggested_filename] = Path(coming.value.path()).read_bytes()
    assert [cell["cell_type"] for cell in json.loads(saved["tiny.ipynb"])["cells"]][:3] == [
        "markdown",
        "markdown",
        "code",
    ]
    assert b"MBConvConfig(" in saved["tiny.py"]
    with zipfile.ZipFile(io.BytesIO(saved["tiny.zip"])) as files:
        assert {"tiny.safetensors", "labels.json", "coffee.png"} == {*files.namelist()}


def test_three_ways_to_grow_are_one_click_away(page):
    page.goto("/")
    page.get_by_role("link", name="Evidence: three ways to grow, one table").click()
    table = page.locator(".st-key-evidence-ways table")
    playwright.expect(table).to_contain_text("all three")
    box = table.bounding_box()
    assert box["y"] + box["height"] <= 900 and page.viewport_size == {"width": 1440, "height": 900}
