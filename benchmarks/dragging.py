"""The scaling page under the hand, in Chromium, beside a bare Streamlit page with one slider and one chart.

Frames a second while φ is dragged over its whole range and back; the delay from letting go of the slider to the first
frame in which all charts of the page show the new settings and stay so, and in which its last text does (captions with
exact integers); on both pages, in turns. What the document holds when a frame begins counts as shown in that frame;
the charts of the scaling page follow the hand, so theirs is most often the first frame after the release. Both servers
and the browser run on this machine, with software rendering. Writes benchmarks/dragging.json. Run it on an idle
machine: python benchmarks/dragging.py
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
# at each frame: have the charts, have the texts changed since the frame before? Charts are plotly's (their bars and
# numbers) and the SVGs of our components, whole
WATCH = """() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)]
  const roots = all('*').map((one) => one.shadowRoot).filter((root) => root?.querySelector('svg'))
  const drawn = {
    chart: () => [
      ...all('.js-plotly-plot .point path').map((bar) => bar.getAttribute('d')),
      ...all('.js-plotly-plot .main-svg text').map((text) => text.textContent),
      ...roots.flatMap((root) => all('svg', root)).map((svg) => svg.getAttribute('aria-label') + svg.innerHTML),
    ].join(),
    text: () => [
      ...all('[data-testid="stMain"] [data-testid="stMarkdownContainer"]').map((text) => text.textContent),
      ...all('[data-testid="stMain"] input').map((input) => input.value),
      ...roots.flatMap((root) => all('p, output, small', root)).map((text) => text.textContent),
    ].join(),
  }
  const before = {}
  window.watched = { roots, let_go: Infinity, first: Infinity, chart: 0, text: 0 }
  const frame = () => {
    const now = performance.now()
    if (now > watched.let_go) watched.first = Math.min(watched.first, now)
    for (const [what, look] of Object.entries(drawn)) {
      const shown = look()
      if (shown !== before[what]) watched[what] = now
      before[what] = shown
    }
    watched.frame = requestAnimationFrame(frame)
  }
  frame()
  addEventListener('pointerup', () => { watched.let_go = performance.now() }, {capture: true, once: true})
}"""
RESTS = """(rest) => performance.now() - Math.max(watched.chart, watched.text) > rest
  && watched.roots.every((root) => root.host.isConnected)"""
DELAYS = """() => {
  cancelAnimationFrame(watched.frame)
  const delay = (what) => Math.max(watched[what], watched.first) - watched.let_go
  return { chart: delay('chart'), text: delay('text') }
}"""
REDRAWN = "() => watched.chart > watched.let_go"
# the drawing, both charts of bars and the captions agree with the slider that was let go
AGREE = """() => {
  const inside = (selector) => watched.roots.flatMap((root) => [...root.querySelectorAll(selector)])
  const value = inside('#phi')[0].value
  const names = inside('svg').map((svg) => svg.getAttribute('aria-label') ?? svg.querySelector('title').textContent)
  const exact = inside('[data-name=params]')[0].title
  const captions = [...document.querySelectorAll('[data-testid="stCaptionContainer"]')].map((one) => one.textContent)
  return names.length === 3 && names.every((name) => new RegExp(`φ = ${value}[: ]`).test(name))
    && captions.some((text) => text.includes(`φ = ${value}, exactly`) && text.includes(`${exact} parameters`))
}"""
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


def delays_ms(page: Page, share: float, *, done: str) -> dict[str, float]:
    """From letting go of the slider, at this share of its way, to the last chart and to the last text that changed."""
    page.evaluate(WATCH)
    left, right, y = take(page)
    page.mouse.move(left + (right - left) * share, y, steps=10)
    page.mouse.up()
    page.wait_for_function(done, timeout=120_000)
    page.wait_for_function(RESTS, arg=REST_MS, timeout=120_000)
    return page.evaluate(DELAYS)


def measure(ours: Page, bare: Page) -> dict[str, object]:
    delays: dict[str, list[float]] = {name: [] for name in ("scaling_chart", "scaling_text", "bare_chart")}
    for number in range(WARM_UP + RELEASES):
        share = 0.3 + 0.4 * (number % 2) + 0.01 * number / RELEASES
        scaling = delays_ms(ours, share, done=AGREE)
        plain = delays_ms(bare, share, done=REDRAWN)
        if number >= WARM_UP:
            for name, delay in zip(delays, (scaling["chart"], scaling["text"], plain["chart"]), strict=True):
                delays[name].append(delay)
    medians = {name: statistics.median(values) for name, values in delays.items()}
    return {
        "dragging": frames(ours),
        "from_release_ms": {
            name: {"median": medians[name], "fastest": min(values), "slowest": max(values)}
            for name, values in delays.items()
        },
        "last_chart_to_bare_page": medians["scaling_chart"] / medians["bare_chart"],
        "last_text_to_bare_page": medians["scaling_text"] / medians["bare_chart"],
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
    page.locator(".js-plotly-plot, .bars svg").first.wait_for()
    page.wait_for_timeout(5000)
    return page


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE, encoding="utf-8")
        with running_app() as ours, running_app(script) as bare, sync_playwright() as driver:
            browser = start_chromium(driver)
            conditions_now = conditions(browser)
            results = measure(opened(browser, f"{ours}/scaling"), opened(browser, bare))
            browser.close()
    (HERE / "dragging.json").write_text(json.dumps({"conditions": conditions_now, "results": results}, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
