"""Photograph pages of the running app for the README, or for a look: python docs/take_pictures.py [FOLDER [PAGE ...]].

Without FOLDER: docs/<page>.webp and a lesson's step, light, 1440 px wide. With FOLDER: PNG files there, each page in
light and dark, at 1440 and 390 px, in full length; a PAGE may carry settings: "scaling?scaling.panel=Layers"; the PAGE
"lessons" is every step of every lesson as it is projected, at 1440 px. Needs a system Chromium.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).parents[1]
PAGES = {
    "overview": "/",
    "scaling": "/scaling",
    "budgets": "/budgets",
    "experiments": "/experiments",
    "evidence": "/evidence",
    "classify": "/classify",
    "mbconv": "/mbconv",
    "se_gates": "/se_gates",
    "interview": "/interview",
    "build_it": "/build_it",
    "glossary": "/glossary",
    "teach": "/lessons",
    "machine": "/machine",
}
LESSONS = "lessons"
# README's
PICTURES = PAGES | {"lesson": "/mbconv?teach=inverted_residuals&step=6&mbconv.panel=Linear+end&mbconv.n=2"}
TOURED = f"localStorage.setItem('effnet-lab.tours', JSON.stringify({json.dumps([*PAGES])}))"  # no tour in the pictures
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SETTLE_S = 4  # after the last spinner: charts draw themselves
MOST_BYTES = 200_000


@contextmanager
def running_app(script: Path = ROOT / "app.py") -> Iterator[str]:
    """The app, or another Streamlit script, on a free port of this machine; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [str(script), "--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    app = subprocess.Popen([sys.executable, "-m", "streamlit", "run", *words], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        app.terminate()
        app.wait()


def start_chromium(driver: Playwright) -> Browser:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return driver.chromium.launch(executable_path=path, args=FLAGS)


def settle(page: Page) -> None:
    """Wait until the app has run and its charts stand."""
    page.wait_for_selector("h1", timeout=120_000)
    page.wait_for_function(
        "!document.querySelector('[data-testid=stSkeleton], [data-testid=stSpinner], [data-testid=stStatusWidget]')",
        timeout=240_000,
    )
    page.wait_for_timeout(1000 * SETTLE_S)


def photograph(browser: Browser, url: str, *, width: int, height: int, scheme: str, whole: bool) -> Image.Image:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.add_init_script(TOURED)
    try:
        page.goto(url, timeout=120_000)
        settle(page)
        if whole:  # the app scrolls inside the window: make the window as long as the page
            inner = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, min(inner, 6000))})
            page.wait_for_timeout(1500)
        return Image.open(io.BytesIO(page.screenshot()))
    finally:
        page.close()


def save_small(picture: Image.Image, path: Path) -> None:
    """As WebP of at most MOST_BYTES."""
    for quality in range(90, 20, -10):
        picture.convert("RGB").save(path, quality=quality, method=6)
        if path.stat().st_size <= MOST_BYTES:
            return
    raise ValueError(f"{path.name} does not fit into {MOST_BYTES:,} bytes")


def steps() -> Iterator[tuple[str, str]]:
    """A name and the address of every step of every lesson."""
    sys.path.insert(0, str(ROOT))
    from effnet_core import lessons
    from ui.lessons import lesson_mode

    for lesson in map(lessons.lesson, lessons.names()):
        for number, step in enumerate(lesson.steps):
            yield f"{lesson.name}-{number + 1:02}", f"{PAGES[step.page]}?{urlencode(lesson_mode.link(lesson, number))}"


def save_all(browser: Browser, address: str, folder: Path, name: str) -> None:
    """A page in both widths and full length, or the lessons as they are projected; in light and dark."""
    sizes, shots = ((1440, 900), (390, 844)), [(name, PAGES.get(name, f"/{name}"))]
    if name == LESSONS:
        sizes, shots = sizes[:1], list(steps())
    for title, path in shots:
        stem = re.sub(r"[^a-z0-9_.]+", "-", title.lower())
        for scheme in ("light", "dark"):
            for width, height in sizes:
                how = {"width": width, "height": height, "scheme": scheme, "whole": name != LESSONS}
                photograph(browser, address + path, **how).save(folder / f"{stem}-{scheme}-{width}.png")


def main(folder: Path | None, names: list[str]) -> None:
    with running_app() as address, sync_playwright() as driver:
        browser = start_chromium(driver)
        for name in names or (PAGES if folder else PICTURES):
            if folder is None:
                how = {"width": 1440, "height": 900, "scheme": "light", "whole": False}
                shot = photograph(browser, address + PICTURES[name], **how)
                save_small(shot, ROOT / "docs" / f"{name}.webp")
                continue
            folder.mkdir(parents=True, exist_ok=True)
            save_all(browser, address, folder, name)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None, sys.argv[2:])
