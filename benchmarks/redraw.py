"""How long a change of picture takes to redraw Classify and SE gates: offline model, CPU, a real browser, two threads.

From the click on another sample until the page's script has ended and its picture has changed; each sample is new to
its session, so nothing comes from a cache of answers. The server's first page load, which imports torch, is not
counted. Writes benchmarks/redraw.json. Needs a system Chromium. Run it on an idle machine: python benchmarks/redraw.py
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import sys
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "docs"))
from take_pictures import FLAGS, running_app, settle  # noqa: E402

SESSIONS = 3
SAMPLES = ("Chelsea the cat", "A rocket at its launch", "An astronaut")  # the first sample is there at the start
LIMIT_S = 2.0
THREADS = 2
DONE = """before => {
    const picture = document.querySelector('[data-testid=stImage] img');
    const state = document.querySelector('[data-testid=stApp]').dataset.testScriptState;
    return state === 'notRunning' && picture && picture.src !== before;
}"""


def seconds(browser: Browser, url: str) -> list[float]:
    """Of each change of picture in one new session."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        page.goto(url, timeout=120_000)
        settle(page)
        times = []
        for sample in SAMPLES:
            before = page.locator("[data-testid=stImage] img").first.get_attribute("src")
            address = page.evaluate("address => new URL(address, location.href).href", before)
            page.get_by_role("button", name="Picture").click()
            start = time.perf_counter()
            page.get_by_role("radio", name=sample).click()
            page.wait_for_function(DONE, arg=address, polling=20, timeout=120_000)
            times.append(time.perf_counter() - start)
            settle(page)
        return times
    finally:
        page.close()


def main() -> None:
    load_before = os.getloadavg()[0]  # of other work: on a busy machine times are longer
    os.environ |= {"OMP_NUM_THREADS": str(THREADS), "EFFNET_DEVICE": "cpu"}
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("redraw: no Chromium on this machine, nothing is measured")
        return
    with running_app() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        times = {
            page: [each for _ in range(SESSIONS) for each in seconds(browser, f"{address}/{page}")]
            for page in ("classify", "se_gates")
        }
        browser.close()
    rows = {
        page: {
            "median_s": round(statistics.median(values), 3),
            "fastest_s": round(min(values), 3),
            "slowest_s": round(max(values), 3),
            "within_limit": statistics.median(values) <= LIMIT_S,
        }
        for page, values in times.items()
    }
    conditions = {
        "what": "click on another sample until the page has redrawn, offline model, browser on the same machine",
        "changes": SESSIONS * len(SAMPLES),
        "limit_s": LIMIT_S,
        "torch_threads": THREADS,
        "cpu_cores": os.cpu_count(),
        "load_before_run": round(load_before, 2),
        "machine": f"{platform.machine()}, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("torch", "streamlit", "playwright")},
        "date": date.today().isoformat(),
    }
    (HERE / "redraw.json").write_text(json.dumps({"conditions": conditions, "results": rows}, indent=1) + "\n")
    for page, row in rows.items():
        print(f"{page:10} {row['median_s']:7.3f} s  ({row['fastest_s']} to {row['slowest_s']})")


if __name__ == "__main__":
    main()
