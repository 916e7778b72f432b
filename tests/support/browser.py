"""The app as a server of its own and a Chromium that looks at it, for all tests in a browser (a plugin: conftest.py).

Needs a Chromium of the system; without one the tests are skipped, or fail where REQUIRE_BROWSER=1.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import outside
from support.outside import HOST
from support.paths import ROOT

from ui.lessons import tour
from ui.shared.page_table import SECTIONS

TOURED = f"localStorage.setItem('{tour.PLACE}', JSON.stringify({json.dumps(tour.pages())}))"  # no note lies in the way
PATIENCE_S = 100  # a busy machine is no failure
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",  # no network: the app has to do without
)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None and os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail("REQUIRE_BROWSER=1, and there is no Chromium on this machine")
    if found is None:
        pytest.skip(f"no Chromium on this machine (looked for {', '.join(CHROMIUMS)})")
    return found


@pytest.fixture(scope="session")
def log(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("server") / "log.txt"


@pytest.fixture(scope="session")
def asked_outside(tmp_path_factory) -> Path:
    """A file with a line for each time that the server or a page has asked another computer for something."""
    file = tmp_path_factory.mktemp("outside") / "asked.txt"
    file.touch()
    return file


@pytest.fixture(scope="session")
def address(chromium, log, asked_outside) -> Iterator[str]:
    """A server of this app, stopped at the end."""
    with served(free_port(), log, asked_outside) as address:
        yield address


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return free.getsockname()[1]


@contextmanager
def served(port: int, log: Path, asked_outside: Path, *, first: str = "") -> Iterator[str]:
    """The app on that port, answering; its address. `first`: what its process runs before it."""
    start = ("-c", f"{first}\nfrom streamlit.web.cli import main\nmain()") if first else ("-m", "streamlit")
    command = [sys.executable, *start, "run", "app.py", "--server.port", str(port)]
    places = ["--server.address", HOST, "--browser.serverAddress", HOST]
    held = outside.guarded(asked_outside)
    with log.open("a") as output:
        server = subprocess.Popen(command + places, cwd=ROOT, env=held, stdout=output, stderr=subprocess.STDOUT)
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
def browser(chromium, asked_outside):
    """A browser whose pages reach this machine alone."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    playwright.expect.set_options(timeout=1000 * PATIENCE_S)
    with outside.proxy(asked_outside) as proxy, playwright.sync_playwright() as play:
        made = play.chromium.launch(executable_path=chromium, args=list(QUIET))
        made.new_context = partial(made.new_context, proxy=proxy)
        yield made
        made.close()


@pytest.fixture
def page(browser, address, log):
    """A new session at 1440 x 900; afterwards the server's log has no error, and the page's icon is of this machine."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address)
    context.add_init_script(TOURED)
    opened = context.new_page()
    opened.set_default_timeout(1000 * PATIENCE_S)
    yield opened
    icon = opened.locator("link[rel~=icon]").first.get_attribute("href")
    icon = opened.evaluate("icon => new URL(icon, location.href).hostname", icon)
    context.close()
    assert icon in (HOST, "")  # a browser without a window does not fetch it
    assert "Traceback" not in log.read_text()


IDLE = """() => {
    const app = document.querySelector("[data-testid=stApp]")?.dataset
    return app?.testScriptState === "notRunning" && app.testConnectionState === "CONNECTED"
        && !document.querySelector("[data-testid=stSkeleton]")
}"""


def wait_until_idle(page) -> None:
    """The page's script has come to its end and stays there, and all that it has sent is drawn.

    Streamlit fetches the code of each kind of element when the first one is to be drawn, with a skeleton in its place:
    a script may be at its end long before its buttons are there.
    """
    for _ in range(2):
        page.wait_for_timeout(500)
        page.wait_for_function(IDLE)


@pytest.fixture
def sent(page) -> list[bytes]:
    """What the page has sent to the server."""
    messages: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda message: messages.append(message)))
    return messages


def pixels(canvas) -> np.ndarray:
    """What a canvas shows: (height, width, 3) uint8."""
    url = canvas.evaluate("canvas => canvas.toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))


def slider(page, name: str):
    return page.get_by_role("slider", name=name)


def take(page, handle) -> tuple[float, float, float]:
    """Press the mouse on the thumb; the ends of its way, and its height on the screen."""
    box = handle.bounding_box()
    left, way, y = box["x"] + 13, box["width"] - 26, box["y"] + box["height"] / 2
    share = handle.evaluate("one => (one.value - one.min) / (one.max - one.min)")
    page.mouse.move(left + share * way, y)
    page.mouse.down()
    return left, left + way, y


def turn_to(page, title: str) -> None:
    """Another page, by the navigation."""
    section = next(name for name, rows in SECTIONS.items() if title in [entry.title for entry in rows])
    page.get_by_test_id("stTopNav").get_by_role("button", name=section).click()
    page.get_by_role("menuitem", name=title, exact=True).click()
