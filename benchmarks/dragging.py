"""The scaling page under the hand, in Chromium, beside a bare Streamlit page with one slider and one chart.

Frames a second while φ is dragged over its whole range and back; the delay from letting go of the slider to the last
chart that shows the new settings, on both pages, in turns. Both servers and the browser run on this machine, with
software rendering. Writes benchmarks/dragging.json. Run it on an idle machine: python benchmarks/dragging.py
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
from datetime import date
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "docs"))
from take_pictures import running_app, start_chromium  # noqa: E402

RELEASES, WARM_UP = 15, 2
REST_MS = 1500
PASSES = 3
MOVES = 150  # of the mouse, in one pass over the slider
WINDOW = {"width": 1440, "height": 900}
BARE = """
import plotly.graph_objects as go
import streamlit as st

top = st.slider("x", -3.0, 8.0, 1.0, 0.1)
st.plotly_chart(go.Figure(go.Bar(x=list(range(9)), y=[top * x for x in range(9)])), key="chart")
"""
WATCH_FRAMES = """() => {
  const board = [...document.querySelectorAll('*')].map((one) => one.shadowRoot?.querySelector('.console'))
  const params = board.find(Boolean).querySelector('[data-name=params] output')
  window.frames_at = []
  window.networks = 0
  let before = ''
  const frame = (now) => {
    window.frames_at.push(now)
    window.networks += params.textContent !== before
    before = params.textContent
    window.watching = requestAnimationFrame(frame)
  }
  window.watching = requestAnimationFrame(frame)
}"""
FRAMES = "() => { cancelAnimationFrame(window.watching); return [window.frames_at, window.networks] }"
# when a chart was last drawn with other data than before; plotly draws in one go
WATCH_CHARTS = """() => {
  const drawn = () => [...document.querySelectorAll('.js-plotly-plot')].map(
    (chart) => JSON.stringify(chart.data.map((trace) => [trace.x, trace.y])))
  let shown = drawn()
  window.updated = shown.map(() => 0)
  window.watch?.disconnect()
  window.watch = new MutationObserver(() => {
    const now = drawn()
    now.forEach((data, index) => { if (data !== shown[index]) window.updated[index] = performance.now() })
    shown = now
  })
  window.watch.observe(document.body, {subtree: true, childList: true, attributes: true})
  window.let_go = Infinity
  addEventListener('pointerup', () => { window.let_go = performance.now() }, {capture: true, once: true})
}"""
UPDATED = """(rest) => window.updated.every((time) => time > window.let_go)
  && performance.now() - Math.max(...window.updated) > rest"""
DELAY = "() => Math.max(...window.updated) - window.let_go"
SLIDER = '[role="slider"], input[type="range"]'
# where the thumb is, and the ends of its way
GRIP = """(slider) => {
  const track = (slider.closest('[data-testid="stSlider"]') ?? slider).getBoundingClientRect()
  const own = slider.getBoundingClientRect()
  const [left, right, y] = [track.left + 13, track.right - 13, own.top + own.height / 2]
  const share = slider.matches('input') && (slider.value - slider.min) / (slider.max - slider.min)
  const thumb = slider.matches('input') ? left + share * (right - left) : own.left + own.width / 2
  return {thumb, left, right, y}
}"""


def take(page: Page) -> tuple[float, float, float]:
    """Press the mouse on the first slider's thumb; the ends of its way, and its height on the screen."""
    grip = page.locator(SLIDER).first.evaluate(GRIP)
    page.mouse.move(grip["thumb"], grip["y"])
    page.mouse.down()
    return grip["left"], grip["right"], grip["y"]


def frames(page: Page) -> dict[str, float]:
    """Of some passes over φ's whole range."""
    left, right, y = take(page)
    page.evaluate(WATCH_FRAMES)
    for number in range(PASSES):
        for step in range(MOVES + 1):
            share = step / MOVES if number % 2 == 0 else 1 - step / MOVES
            page.mouse.move(left + (right - left) * share, y)
    times, shown = page.evaluate(FRAMES)
    page.mouse.up()
    lengths = [after - before for before, after in pairwise(times)]
    return {
        "frames_per_second": 1000 * len(lengths) / (times[-1] - times[0]),
        "frames": len(lengths),
        "moves_of_the_mouse": PASSES * (MOVES + 1),
        "networks_shown": shown,
        "frames_over_33_ms": sum(length > 1000 / 30 + 1 for length in lengths),
        "longest_frame_ms": max(lengths),
    }


def delay_ms(page: Page, share: float) -> float:
    """From letting go of the slider, at this share of its way, to the last chart that changed."""
    page.evaluate(WATCH_CHARTS)
    left, right, y = take(page)
    page.mouse.move(left + (right - left) * share, y, steps=10)
    page.mouse.up()
    page.wait_for_function(UPDATED, arg=REST_MS, timeout=120_000)
    return page.evaluate(DELAY)


def measure(ours: Page, bare: Page) -> dict[str, object]:
    delays: dict[str, list[float]] = {"scaling page": [], "bare page": []}
    for number in range(WARM_UP + RELEASES):
        share = 0.3 + 0.4 * (number % 2) + 0.01 * number / RELEASES
        for name, page in (("scaling page", ours), ("bare page", bare)):
            delay = delay_ms(page, share)
            if number >= WARM_UP:
                delays[name].append(delay)
    medians = {name: statistics.median(values) for name, values in delays.items()}
    rows = {
        name: {"median_ms": medians[name], "fastest_ms": min(values), "slowest_ms": max(values)}
        for name, values in delays.items()
    }
    return {
        "dragging": frames(ours),
        "release_to_last_chart": rows,
        "ratio_to_bare_page": medians["scaling page"] / medians["bare page"],
    }


def conditions(browser: Browser) -> dict[str, object]:
    return {
        "what": f"mouse, {PASSES} passes of φ from -3 to 8; {RELEASES} releases on each page, in turns, stages panel",
        "screen": WINDOW,
        "browser": f"Chromium {browser.version}, headless, software rendering",
        "processors": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "machine": f"{platform.machine()}, {platform.system()}",
        "python": platform.python_version(),
        "streamlit": version("streamlit"),
        "date": date.today().isoformat(),
    }


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport=WINDOW)
    page.goto(address)
    page.wait_for_selector(SLIDER)
    page.locator(".js-plotly-plot").first.wait_for()
    page.wait_for_timeout(5000)
    return page


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE, encoding="utf-8")
        with running_app() as ours, running_app(script) as bare, sync_playwright() as driver:
            browser = start_chromium(driver)
            said = conditions(browser)
            results = measure(opened(browser, f"{ours}/scaling"), opened(browser, bare))
            browser.close()
    (HERE / "dragging.json").write_text(json.dumps({"conditions": said, "results": results}, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
