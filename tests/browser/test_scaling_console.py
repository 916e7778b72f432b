"""The scaling console in a real browser: its arithmetic against the cost model, and what it does under the hand."""

from __future__ import annotations

import itertools
import re

import pytest
from support.browser import slider, take, wait_until_idle
from support.paths import ROOT

from effnet_core.architecture import LETTERS, RELEASES, Architecture, coefficient_for, compound, growth, released
from effnet_core.cost import cost_of, layers_of
from effnet_core.figures import network as figures_network
from effnet_core.scaling import implied_phi
from effnet_core.units import three_digits
from ui.components import files
from ui.shared import console

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

PHIS = (-3, -2.1, -1, -0.5, 0, 0.3, 0.5, 1, 1.7, 2, 3.3, 5, 8)
GRID = [
    {"network": "formula", "phi": phi, "alpha": alpha, "beta": beta, "gamma": gamma}
    for phi, alpha, beta, gamma in itertools.product(
        PHIS, (1, 1.05, 1.2, 1.25, 1.44, 2), (1, 1.1, 1.15, 1.21, 1.5, 1.6), (1, 1.15, 1.3, 1.28, 2)
    )
]
INTEGERS = ("resolution", "blocks", "params", "macs", "activations")
# for each network on the drawing, its slabs left to right: thickness and height on the screen
SLABS = """(svg) => [...svg.querySelectorAll(':scope > g')].map((network) => [...network.querySelectorAll('.slab')].map(
  (slab) => { const {width, height} = slab.getBoundingClientRect(); return [width, height] }))"""


@pytest.fixture(scope="module")
def computed(browser):
    """(JavaScript of one argument, its values) -> what the console's arithmetic makes of each."""
    page = browser.new_page()
    code = files.script(ROOT / "ui/components/shared/scaling_rule.js")

    def run(function: str, values: list) -> list:
        script = f"([rules, values]) => {{ {code}\n return values.map({function}) }}"
        return page.evaluate(script, [console.rules(), values])

    yield run
    page.close()


def expected(settings: dict) -> Architecture | None:
    """None where there can be no such network."""
    settings = dict(settings)
    network = settings.pop("network")
    try:
        architecture = released(network) if network in RELEASES else compound(settings.pop("phi"), **settings)
        cost_of(architecture)
    except ValueError:
        return None
    return architecture


def test_the_browser_counts_as_the_cost_model_does(computed):
    grid = [*GRID, *({"network": member} for member in RELEASES)]
    found = computed("(one) => ({...scaledNetwork(rules, one), layers: 0, slabs: 0})", grid)
    networks = [expected(settings) for settings in grid]
    assert len(grid) > 2000 and sum(network is None for network in networks) > 100
    for settings, network, got in zip(grid, networks, found, strict=True):
        assert bool(got["problem"]) == (network is None), settings
        if network is None:
            continue
        cost = cost_of(network)
        counts = (network.resolution, len(network.blocks), cost.params, cost.macs, cost.activations)
        assert tuple(got[name] for name in INTEGERS) == counts, settings
        assert (got["depth"], got["width"]) == pytest.approx((network.depth, network.width), rel=1e-15, abs=0)


def test_the_browser_counts_each_layer_as_the_cost_model_does(computed):
    chosen = [{"network": member} for member in RELEASES] + [settings for settings in GRID[::41] if expected(settings)]
    for settings, layers in zip(chosen, computed("(one) => scaledNetwork(rules, one).layers", chosen), strict=True):
        rows = [(layer["stage"], layer["role"], layer["params"], layer["macs"]) for layer in layers]
        wanted = layers_of(expected(settings))
        assert rows == [(layer.stage, layer.role, layer.params, layer.macs) for layer in wanted], settings


def test_the_browser_draws_the_slabs_of_the_layers(computed):
    chosen = [settings for settings in GRID[::97] if expected(settings)]
    for settings, slabs in zip(chosen, computed("(one) => scaledNetwork(rules, one).slabs", chosen), strict=True):
        rows = [(s["stage"], s["kind"], s["channels"], s["size"]) for s in slabs for _ in range(s["count"])]
        assert rows == [row[1:] for row in figures_network.slabs(layers_of(expected(settings)))]


def test_the_browser_writes_three_digits_as_the_app_does(computed):
    numbers = [0, 0.05309, 0.9999, 1.0, 12.24, 99.96, 999.4, 1280.4, 1_290_000.0]
    assert computed("(one) => threeDigits(one)", numbers) == [three_digits(number) for number in numbers]


def test_the_browser_holds_the_product_as_the_architecture_does(computed):
    cases = [
        ({"alpha": alpha, "beta": beta, "gamma": gamma}, {"frees": frees, "target": target})
        for frees in LETTERS
        for alpha, beta, gamma in itertools.product((1, 1.2, 1.7, 2), repeat=3)
        for target in (1, 2, 5.5, 32)
    ]
    found = computed("([settings, lock]) => held(rules, settings, lock)", cases)
    for (settings, lock), got in zip(cases, found, strict=True):
        freed, value = lock["frees"], got["settings"][lock["frees"]]
        given = {name: settings[name] for name in LETTERS if name != freed}
        try:
            assert value == pytest.approx(coefficient_for(lock["target"], **given), rel=1e-12)
            assert not got["problem"]
        except ValueError:
            assert value in (1, 2) and f"No {LETTERS[freed]} from 1 to 2" in got["problem"]


def readout(page, name: str):
    return page.locator(f"[data-name={name}] output")


def assert_drawn_to_scale(page, architecture: Architecture) -> None:
    """Slabs as thick as channels and as high as the resolution, for the network and for B0 below it."""
    drawn = page.locator(".console svg").evaluate(SLABS)
    scales = []
    for network, slabs in zip((architecture, released("b0")), drawn, strict=True):
        rows = figures_network.slabs(layers_of(network))
        assert len(slabs) == len(rows)
        scales += [(width / row.channels, height / row.size) for (width, height), row in zip(slabs, rows, strict=True)]
    for scale in zip(*scales, strict=True):
        assert min(scale) > 0
        assert max(scale) == pytest.approx(min(scale), rel=0.01)


def test_a_drag_is_followed_without_the_server_and_reported_at_its_end(page, sent):
    page.goto("/scaling?scaling.network=B3")
    playwright.expect(readout(page, "resolution")).to_have_text("300 px")
    wait_until_idle(page)
    assert_drawn_to_scale(page, released("b3"))
    sent.clear()
    phi = slider(page, "φ, all three")
    left, right, y = take(page, phi)
    for share in (0.5, 0.8, 0.1, 0.62):
        page.mouse.move(left + share * (right - left), y, steps=4)
        network = compound(float(phi.input_value()))
        cost = cost_of(network)
        playwright.expect(readout(page, "params")).to_have_text(f"{three_digits(cost.params / 1e6)} M")
        playwright.expect(readout(page, "compute")).to_have_text(f"{three_digits(cost.macs / 1e9)} G")
        playwright.expect(readout(page, "blocks")).to_have_text(f"{len(network.blocks)}")
        playwright.expect(readout(page, "resolution")).to_have_text(f"{network.resolution} px")
        playwright.expect(readout(page, "depth")).to_have_text(f"× {network.depth:.2f}")
        playwright.expect(readout(page, "width")).to_have_text(f"× {network.width:.2f}")
        assert_drawn_to_scale(page, network)
    page.wait_for_timeout(1000)
    assert not sent
    playwright.expect(page.get_by_role("radio", name="B3", exact=True)).to_be_checked()

    page.mouse.up()
    value = phi.input_value()
    playwright.expect(page).to_have_url(re.compile(rf"scaling\.phi={re.escape(value)}$"))
    playwright.expect(page.get_by_text(f"{cost.params:,} parameters, ")).to_be_visible()
    playwright.expect(page.get_by_role("radio", name="Formula")).to_be_checked()
    playwright.expect(
        page.get_by_role("group", name=f"Formula, φ = {value}: {len(network.blocks)} blocks")
    ).to_be_visible()
    playwright.expect(page.locator(".summary")).to_contain_text(f"Formula, φ = {value}, Depth × {network.depth:.2f}")
    assert sent


def test_keys_move_it_too_and_are_reported_when_they_rest(page, sent):
    page.goto("/scaling?scaling.gamma=1.4")
    phi = slider(page, "φ, all three")
    phi.focus()
    wait_until_idle(page)
    sent.clear()
    for _ in range(6):
        phi.press("ArrowRight")
    assert len(sent) <= 1
    playwright.expect(page).to_have_url(re.compile(r"scaling\.phi=1\.6\b"))
    wait_until_idle(page)
    phi.press("Home")
    network = compound(-3, gamma=1.4)
    playwright.expect(readout(page, "resolution")).to_have_text(f"{network.resolution} px")
    playwright.expect(page).to_have_url(re.compile(r"scaling\.phi=-3\b"))
    wait_until_idle(page)

    phi.press("End")  # 224 · 1.4^8 px: there is no such network, and the last one stays
    playwright.expect(page.locator(".problem")).to_contain_text("224 · γ^φ is 3,306 px; allowed is 32 to 2,400 px")
    playwright.expect(page.locator(".console")).to_have_class(re.compile("refused"))
    playwright.expect(readout(page, "resolution")).to_have_text(f"{network.resolution} px")
    assert_drawn_to_scale(page, network)
    playwright.expect(page.get_by_text("Using Formula, φ = -3.")).to_be_visible()
    playwright.expect(page.get_by_text(f"{cost_of(network).params:,} parameters, ")).to_be_visible()


def test_the_sliders_of_a_released_network_stand_at_what_it_implies(page):
    page.goto("/scaling?scaling.network=B7")
    implied = implied_phi.implied("b7").middle
    playwright.expect(page.locator("output[for=phi]")).to_have_text(f"≈ {implied:.2f}")
    assert float(slider(page, "φ, all three implied").input_value()) == pytest.approx(implied, abs=0.05)
    page.get_by_role("radio", name="Formula", exact=True).click()
    playwright.expect(page.locator("output[for=phi]")).to_have_text(f"{implied:.2f}")
    playwright.expect(readout(page, "resolution")).to_have_text(f"{compound(round(implied, 2)).resolution} px")


def test_an_exact_input_moves_the_slider(page):
    page.goto("/scaling")
    wait_until_idle(page)
    exact = page.get_by_label("φ, all three").and_(page.locator("input[type=number]"))
    exact.fill("2.345")
    exact.press("Enter")
    playwright.expect(readout(page, "resolution")).to_have_text(f"{compound(2.345).resolution} px")
    playwright.expect(page.locator("output[for=phi]")).to_have_text("2.345")


def test_the_product_is_held_while_another_coefficient_is_dragged(page):
    page.goto("/scaling?scaling.lock=%CE%B2")
    wait_until_idle(page)
    playwright.expect(readout(page, "growth")).to_have_text("2.000")
    playwright.expect(slider(page, "β, width gives way")).to_be_disabled()
    left, right, y = take(page, slider(page, "α, depth"))
    page.mouse.move(left + 0.4 * (right - left), y, steps=5)
    alpha = float(slider(page, "α, depth").input_value())
    beta = coefficient_for(2, alpha=alpha, gamma=1.15)
    playwright.expect(page.locator("output[for=beta]")).to_have_text(f"{beta:.4f}".rstrip("0"))
    playwright.expect(readout(page, "growth")).to_have_text("2.000")
    page.mouse.move(right, y, steps=5)  # β can't go below 1: α stops where it gets there
    last = 2 / 1.15**2
    playwright.expect(page.locator("output[for=alpha]")).to_have_text(f"{last:.4f}")
    playwright.expect(page.locator("output[for=beta]")).to_have_text("1")
    page.mouse.up()
    playwright.expect(page.get_by_text("α · β² · γ² = 2.0000")).to_be_visible()
    playwright.expect(page).to_have_url(re.compile(r"scaling\.alpha=1\.512"))
    assert growth(last, 1, 1.15) == pytest.approx(2)


def test_on_a_phone_the_readouts_stay_and_a_thumb_moves_the_slider_alone(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, base_url=address)
    page = context.new_page()
    page.goto("/scaling")
    gamma = slider(page, "γ, resolution")
    gamma.wait_for()
    wait_until_idle(page)
    main = page.locator('[data-testid="stMain"]')
    main.evaluate("main => main.scrollTop = 600")
    box = gamma.bounding_box()
    shown = page.locator(".readouts").bounding_box()
    header = page.locator('[data-testid="stHeader"]').bounding_box()
    assert header["y"] + header["height"] <= shown["y"] + 1
    assert shown["y"] + shown["height"] <= box["y"]
    before, scrolled = gamma.input_value(), main.evaluate("main => main.scrollTop")
    device, y = context.new_cdp_session(page), box["y"] + box["height"] / 2
    start = box["x"] + 13 + 0.15 * (box["width"] - 26)
    device.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": start, "y": y}]})
    for step in range(12):
        point = {"x": start + 12 * step, "y": y + 2 * step}
        device.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    device.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert float(gamma.input_value()) > float(before) + 0.2
    assert main.evaluate("main => main.scrollTop") == scrolled
    playwright.expect(page).to_have_url(re.compile(rf"scaling\.gamma={re.escape(gamma.input_value())}"))
    context.close()
