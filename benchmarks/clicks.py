"""How long a click takes until the app shows what it asks for: offline model, CPU, a real browser, two threads.

From the press until the first frame that shows something else where the answer stands. Where a network computes, each
click asks for something new, so nothing comes from a cache of answers. The limits: 0.3 s where no network computes, 1 s
where the offline model does. Writes benchmarks/clicks.json. Needs a system Chromium. Run it on an idle machine:
python benchmarks/clicks.py, or with --quick for one try of each click, which writes nothing.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, sync_playwright

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "docs"))
import take_pictures  # noqa: E402
from take_pictures import TOURED, running_app, settle, start_chromium  # noqa: E402

take_pictures.SETTLE_S = 1  # a click changes little

TRIES = 12
THREADS = 2
LIMITS_S = {False: 0.3, True: 1.0}  # does a network compute?
STAGE = ".console svg > g:nth-of-type(1) .stage"


class Click(NamedTuple):
    """`do` clicks for the n-th time; the elements of `shows` tell the answer, by their text, labels and values.

    `tries`: as often as it asks for something new. `leads_away`: the page has to be opened again.
    """

    page: str
    network: bool
    do: Callable[[Page, int], None]
    shows: str
    tries: int = TRIES
    leads_away: bool = False


def nth(selector: str) -> Callable[[Page, int], None]:
    """A click on another one of these elements each time, from the second on."""
    return lambda page, number: page.locator(selector).nth((number + 1) % page.locator(selector).count()).click()


def at_share(selector: str) -> Callable[[Page, int], None]:
    """A click on another place of the element each time, from left to right."""

    def click(page: Page, number: int) -> None:
        box = _in_sight(page.locator(selector).last).bounding_box()
        share = (0.5 + number) / (TRIES + 1)
        page.mouse.click(box["x"] + share * box["width"], box["y"] + 0.3 * box["height"])

    return click


def _in_sight(element: Locator) -> Locator:
    element.scroll_into_view_if_needed()
    return element


def named(*names: str) -> Callable[[Page, int], None]:
    """A click on a button or choice of one of these names, in turn."""
    return lambda page, number: page.get_by_text(names[number % len(names)], exact=True).first.click()


def hover(selector: str) -> Callable[[Page, int], None]:
    return lambda page, number: page.locator(selector).nth(number % 8 + 1).hover()


def sample(page: Page, number: int) -> None:
    """Another sample; the popover with the thumbnails is open."""
    thumbnails = page.locator("[role=radiogroup].choice [role=radio]")
    if not thumbnails.first.is_visible():
        page.get_by_role("button", name="Picture").click()
    thumbnails.nth(1 + number % (thumbnails.count() - 1)).click()


CLICKS = {
    "stage of the drawing -> its numbers": Click("/scaling", False, nth(STAGE), ".told"),
    "stage under the pointer -> the same in the bars": Click("/scaling", False, hover(STAGE), ".charts p"),
    "panel of Scaling": Click("/scaling", False, named("Roles", "Stages"), ".charts figure, .bars .legend"),
    "released network": Click("/scaling", False, named("B3", "B5", "B1", "B7", "B2"), "[data-name=params] output"),
    "comparison of Evidence": Click(
        "/evidence", False, named("Width from better starts", "Equal compute", "One alone"), "h2, h3"
    ),
    "network of Budgets": Click("/budgets", False, named("as B5", "as B1", "as B4"), "[data-testid=stMetricValue]"),
    "gate row -> block": Click("/se_gates", True, nth(".rows [role=radio]"), ".bars[role=slider]"),
    "gate bar -> channel": Click("/se_gates", True, at_share(".bars[role=slider]"), "h2"),
    "class bar -> heat map": Click("/classify", True, nth(".picks [role=radio]"), ".heat canvas", tries=4),
    "stage of the strip -> heat map": Click(
        "/classify", True, nth(".stages [role=radio]"), ".st-key-classify-stage *", tries=7
    ),
    "sample -> answer": Click("/classify", True, sample, ".picks .name", tries=4),
    "slab of MBConv -> its step": Click("/mbconv", False, nth(".flow .step:not([data-step='output'])"), ".sentence"),
    "feature map -> its arithmetic": Click("/mbconv", True, nth(".maps button"), ".products", leads_away=True),
    "pixel -> its arithmetic": Click(
        "/mbconv?mbconv.panel=Arithmetic", True, at_share(".map.clickable"), ".products .cell"
    ),
}
# times the press of the next click, or the pointer's move (going over from place to place stays in its component),
# until a frame in which the elements have changed
WATCH = """(selector) => {
  const all = (root) => [
    ...root.querySelectorAll(selector),
    ...[...root.querySelectorAll('*')].flatMap((one) => (one.shadowRoot ? all(one.shadowRoot) : [])),
  ]
  const attributes = ['aria-label', 'aria-checked', 'aria-valuetext']
  const told = (one) => [one.textContent, one.value, ...attributes.map((name) => one.getAttribute(name))]
  const look = () => all(document).map(told).join()
  const before = look()
  window.took = null
  let start = null
  let entered = null
  addEventListener('pointerdown', () => { start = performance.now() }, { capture: true })
  addEventListener('pointermove', () => { entered ??= performance.now() }, { capture: true })
  const frame = () => {
    const begun = start ?? entered
    if (begun !== null && look() !== before) window.took = performance.now() - begun
    else requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}"""
TOOK = "() => window.took !== null"


def seconds(browser: Browser, address: str, click: Click, tries: int) -> list[float]:
    """Of each try, in one new session."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(TOURED)
    times = []
    try:
        page.goto(address + click.page, timeout=120_000)
        settle(page)
        for number in range(tries):
            times.append(_one(page, click, number))
            if click.leads_away:
                page.goto(address + click.page)
            settle(page)
        return times
    finally:
        page.close()


def _one(page: Page, click: Click, number: int) -> float:
    page.evaluate(WATCH, click.shows)
    click.do(page, number)
    page.wait_for_function(TOOK, timeout=60_000)
    return page.evaluate("window.took") / 1000


def row(click: Click, times: list[float]) -> dict[str, object]:
    return {
        "network": click.network,
        "p50_s": round(statistics.median(times), 3),
        "slowest_s": round(max(times), 3),
        "limit_s": LIMITS_S[click.network],
        "within_limit": max(times) <= LIMITS_S[click.network],
    }


def main(*, quick: bool) -> None:
    load_before = os.getloadavg()[0]  # of other work: on a busy machine times are longer
    os.environ |= {"OMP_NUM_THREADS": str(THREADS), "EFFNET_DEVICE": "cpu"}
    tries, rows = 1 if quick else TRIES, {}
    with running_app() as address, sync_playwright() as driver:
        browser = start_chromium(driver)
        seconds(browser, address, CLICKS["sample -> answer"], 1)  # imports torch
        for name, click in CLICKS.items():
            rows[name] = row(click, seconds(browser, address, click, min(tries, click.tries)))
            print(f"{name:50} {rows[name]['p50_s']:7.3f} s  {rows[name]['slowest_s']:7.3f} s", flush=True)
        conditions = {
            "what": "from the press to the first frame with the answer, offline model, browser on the same machine",
            "tries": tries,
            "browser": f"Chromium {browser.version}, headless, software rendering",
            "torch_threads": THREADS,
            "cpu_cores": os.cpu_count(),
            "load_before_run": round(load_before, 2),
            "machine": f"{platform.machine()}, {platform.system()}",
            "python": platform.python_version(),
            "versions": {name: version(name) for name in ("torch", "streamlit", "playwright")},
            "date": date.today().isoformat(),
        }
        browser.close()
    if not quick:
        (HERE / "clicks.json").write_text(json.dumps({"conditions": conditions, "results": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)
