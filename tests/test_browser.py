"""The app in a real browser, started as a user starts it: what a person sees, and that nothing outside is asked.

Needs a Chromium of the system; without one the tests are skipped, or fail where REQUIRE_BROWSER=1.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from effnet_core import weights
from effnet_core.architecture import compound
from effnet_core.cost import cost_of
from effnet_core.figures import three_digits
from effnet_core.images import load_sample
from effnet_core.overlay import seen

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
PATIENCE_S = 240  # a busy machine is no failure
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",  # no network: the app has to do without
)


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None and os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail("REQUIRE_BROWSER=1, and there is no Chromium on this machine")
    if found is None:
        pytest.skip(f"no Chromium on this machine (looked for {', '.join(CHROMIUMS)})")
    return found


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("server") / "log.txt"


@pytest.fixture(scope="module")
def address(chromium, log) -> Iterator[str]:
    """A server of this app on a free port, stopped at the end."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    places = ["--server.address", HOST, "--browser.serverAddress", HOST]
    with log.open("w") as output:
        server = subprocess.Popen(command + places, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until_healthy(f"http://{HOST}:{port}/_stcore/health", server, log)
            yield f"http://{HOST}:{port}"
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE_S)


def wait_until_healthy(url: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the server did not come up: {log.read_text()}")


@pytest.fixture(scope="module")
def browser(chromium):
    with playwright.sync_playwright() as play:
        made = play.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield made
        made.close()


@pytest.fixture
def page(browser, address, log):
    """A new session at 1440 x 900; afterwards no request has left this machine and the server's log has no error."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    opened = context.new_page()
    opened.on("websocket", lambda socket: asked.append(socket.url))
    opened.set_default_timeout(1000 * PATIENCE_S)
    playwright.expect.set_options(timeout=1000 * PATIENCE_S)
    yield opened
    icon = opened.locator("link[rel~=icon]").first.get_attribute("href")
    asked.append(opened.evaluate("icon => new URL(icon, location.href).href", icon))
    context.close()
    assert len(asked) > 10
    outside = [url for url in asked if urlsplit(url).hostname not in (HOST, None)]
    assert not outside
    assert "Traceback" not in log.read_text()


def settled(page) -> None:
    """The page's script has come to its end, and stays there."""
    for _ in range(2):
        page.wait_for_timeout(500)
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


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
    settled(page)
    slider.focus()
    slider.press("ArrowRight")
    playwright.expect(page.get_by_text(after, exact=True).first).to_be_visible()
    playwright.expect(page).to_have_url(re.compile(r"scaling\.phi=1\.1\b"))


def test_a_photograph_shows_its_class_its_heat_and_its_gates(page):
    photograph = load_sample("coffee").crop((40, 0, 560, 400))
    page.goto("/classify")
    settled(page)
    page.get_by_role("radio", name="Upload").click()
    uploader = page.locator('[data-testid="stFileUploader"]').filter(has_text="several at once")
    uploader.locator("input").set_input_files({"name": "cup.png", "mimeType": "image/png", "buffer": png(photograph)})
    heat = page.get_by_role("img", name="over the crop of cup.png")
    heat.wait_for()
    settled(page)
    answer = page.get_by_role("heading", name="Its answer").inner_text()
    assert "espresso" in answer
    assert "espresso" in heat.get_attribute("alt")
    playwright.expect(page.locator(".js-plotly-plot").first).to_contain_text("espresso")
    assert shows_heat_over(photograph, page, heat)

    page.get_by_role("link", name="SE gates").click()
    page.get_by_role("heading", name="blocks at a glance").wait_for()
    settled(page)
    playwright.expect(page.get_by_text("Still in use: cup.png")).to_be_visible()
    playwright.expect(page.get_by_text(answer)).to_be_visible()
    kinds = page.evaluate("[...document.querySelectorAll('.js-plotly-plot')].map(plot => plot.data[0].type)")
    assert kinds == ["heatmap", "bar", "bar", "heatmap", "heatmap"]
    rows = page.evaluate("document.querySelector('.js-plotly-plot').data[0].y.length")
    assert rows == len(compound(0).blocks)


def shows_heat_over(photograph: Image.Image, page, element) -> bool:
    """The element is the part that the network saw, of the same size and strongly coloured, yet still that picture."""
    with urllib.request.urlopen(element.evaluate("image => image.src")) as answer:
        shown = np.asarray(Image.open(io.BytesIO(answer.read())).convert("RGB"), float)
    box = weights.load("tiny").preparation.crop_box(photograph.size)
    plain = np.asarray(seen(photograph, box), float)
    assert shown.shape == plain.shape
    likeness = np.corrcoef(shown.ravel(), plain.ravel())[0, 1]
    return np.abs(shown - plain).mean() > 10 and likeness > 0.3


def test_network_picture_and_device_stay_chosen_from_page_to_page(page):
    page.goto("/machine")
    settled(page)
    page.get_by_role("radio", name="CPU").click()
    settled(page)
    page.get_by_role("link", name="Classify").click()
    page.get_by_role("heading", name="What to notice").wait_for()
    settled(page)
    page.get_by_role("radio", name="An astronaut").click()
    playwright.expect(page.get_by_text("A picture of no class it knows")).to_be_visible()
    settled(page)
    page.get_by_role("link", name="SE gates").click()
    page.get_by_role("heading", name="blocks at a glance").wait_for()
    playwright.expect(page.get_by_text("A picture of no class it knows")).to_be_visible()
    settled(page)
    page.get_by_role("link", name="This machine").click()
    page.get_by_role("heading", name="Which networks are ready").wait_for()
    playwright.expect(page.get_by_role("radio", name="CPU")).to_be_checked()


@pytest.mark.parametrize("path", ["/", "/scaling", "/classify", "/se_gates", "/machine"])
def test_each_page_opens_by_its_address_on_a_narrow_screen(page, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path)
    page.get_by_role("heading", level=1).wait_for()
    settled(page)
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_click_elsewhere_ends_a_ranking_and_the_network_answers_on(page):
    """Whether the ranking was over or not: the next panel asks the same network."""
    page.goto(
        "/se_gates?se_gates.panel=Which+channels+matter&se_gates.block=features.6.2+·+stage+7+·+5×5+·+576+channels"
    )
    page.get_by_role("button", name="Close each of 576").click()
    page.get_by_text("Edit", exact=True).click()
    playwright.expect(
        page.get_by_text(re.compile("Closing channel .* (lowers|raises) the logit")).first
    ).to_be_visible()


def test_a_long_computation_shows_progress_and_a_click_stops_it(page):
    page.goto("/classify?classify.method=Occlusion&classify.window=4&classify.stride=25")
    compute = page.get_by_role("button", name="Compute the map")
    compute.click()
    stop = page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")  # not the toolbar's
    playwright.expect(page.get_by_text(re.compile(r"^\d+% after \d+ s$"))).to_be_visible()
    stop.click()
    playwright.expect(stop).to_be_hidden()
    settled(page)
    playwright.expect(compute).to_be_visible()
    playwright.expect(page.get_by_text("The map is not computed yet")).to_be_visible()
    page.get_by_role("radio", name="Chelsea the cat").click()  # the network is free for the next question
    playwright.expect(page.get_by_text("It shows a class that the network knows: Egyptian cat")).to_be_visible()
    settled(page)
    playwright.expect(page.get_by_role("heading", name="Its answer")).to_be_visible()
