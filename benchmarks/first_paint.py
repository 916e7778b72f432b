"""First paint of the overview after the server has started, and after a reload, beside a bare page, in Chromium.

From the start of the navigation until the page's first slider and first chart are drawn. After a start: a new server
and a browser that has kept nothing; a reload: of that same page, when the server has come to rest. Beside it the
browser's own first contentful paint, which is the empty frame, and the time that the server takes until it is ready.
Overview and bare page (one slider, one chart) in turns. Writes benchmarks/first_paint.json. Needs a system Chromium.
Run it on an idle machine: python benchmarks/first_paint.py [STARTS]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from sessions import servers

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "docs"))
from take_pictures import TOURED, start_chromium  # noqa: E402

STARTS, RELOADS = 5, 2  # reloads of each start
PAUSE_MS, SETTLE_S = 6000, 60  # a server that is left alone so long imports PyTorch; a reload is measured after that
LIMIT_MS = 120_000
WINDOW = {"width": 1440, "height": 900}
LIMIT = 1.3  # times the bare page
# ms since the navigation began; charts are plotly's or SVGs of components with a role
DRAWN = """() => {
  const roots = [document, ...[...document.querySelectorAll('*')].map((one) => one.shadowRoot).filter(Boolean)]
  const has = (selector) => roots.some((root) => root.querySelector(selector))
  const drawn = has('[role=slider], input[type=range]') && has('.js-plotly-plot .point path, svg[role=img] rect')
  return drawn && performance.now()
}"""
CONTENTFUL = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


def times(page: Page) -> dict[str, float]:
    shown = page.wait_for_function(DRAWN, polling="raf", timeout=LIMIT_MS).json_value()
    return {"shown_ms": shown, "contentful_ms": page.evaluate(CONTENTFUL)}


def one_start(browser: Browser, start: Callable[[], AbstractContextManager]) -> dict[str, list[dict]]:
    """Of a new server and a new browser context: the first page, and its reloads."""
    began = time.perf_counter()
    with start() as server:
        ready = 1000 * (time.perf_counter() - began)
        context = browser.new_context(viewport=WINDOW)
        context.add_init_script(TOURED)
        page = context.new_page()
        page.goto(server.address, wait_until="commit", timeout=LIMIT_MS)
        first = times(page) | {"server_ready_ms": ready}
        reloads = []
        for _ in range(RELOADS):
            page.wait_for_timeout(PAUSE_MS)
            server.settle(SETTLE_S)
            page.reload(wait_until="commit", timeout=LIMIT_MS)
            reloads.append(times(page))
        context.close()
    return {"start": [first], "reload": reloads}


def medians(rows: list[dict[str, float]]) -> dict[str, object]:
    columns = {name: [row[name] for row in rows if row.get(name) is not None] for name in rows[0]}
    return {name: round(statistics.median(values), 1) for name, values in columns.items() if values} | {
        "fastest_ms": round(min(columns["shown_ms"]), 1),
        "slowest_ms": round(max(columns["shown_ms"]), 1),
    }


def main() -> None:
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else STARTS
    pages = {"overview": servers.running, "bare": servers.running_bare}
    rows = {name: {"start": [], "reload": []} for name in pages}
    conditions = servers.conditions(f"median of {starts} starts and {RELOADS * starts} reloads, in turns", "playwright")
    with sync_playwright() as driver:
        browser = start_chromium(driver)
        conditions |= {"screen": WINDOW, "browser": f"Chromium {browser.version}, headless, software rendering"}
        for _ in range(starts):
            for name, start in pages.items():
                for kind, times in one_start(browser, start).items():
                    rows[name][kind] += times
        browser.close()
    results = {name: {kind: medians(times) for kind, times in kinds.items()} for name, kinds in rows.items()}
    results["to_bare_page"] = {
        kind: round(results["overview"][kind]["shown_ms"] / results["bare"][kind]["shown_ms"], 2)
        for kind in ("start", "reload")
    } | {"limit": LIMIT}
    (HERE / "first_paint.json").write_text(json.dumps({"conditions": conditions, "results": results}, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
