"""For everyone, in a real browser: axe-core on every page and panel, contrast of what charts draw, keyboard paths.

What axe-core finds in Streamlit's own markup stands in OF_STREAMLIT and in docs/accessibility.md.
"""

from __future__ import annotations

import itertools
import tomllib

import pytest
from support.access import ROOT, contrast, panels

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed")

PAGES = sorted(path.stem for path in ROOT.glob("pages/*.py"))
GROUNDS = {
    scheme: colours["backgroundColor"]
    for scheme, colours in tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"].items()
    if isinstance(colours, dict)
}
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
OF_STREAMLIT = {  # (rule, part of the element) -> why it is not ours
    (
        "scrollable-region-focusable",
        "<pre",
    ): "st.code with a height can be scrolled and takes no focus; copy has a button",
}
FOLLOWS_S = 20  # a chart the window, on a busy machine
REFUSED = ("serious", "critical")
FIND = """axe.run({resultTypes: ["violations"]}).then(({violations}) => violations.flatMap(({id, impact, nodes}) =>
  nodes.map(({target, html, any}) => [id, impact, target.flat().join(" "), html.slice(0, 200), any[0]?.message])))"""
MARKS = """[...document.querySelectorAll(".js-plotly-plot")].map(plot => plot._fullData
  .filter(({type, visible, mode}) => visible === true && ["bar", "scatter"].includes(type) && mode !== "text")
  .map(({type, name, mode = "", fill, base, showlegend, marker = {}, line = {}}) => ({
    type, name, mode, filled: fill === "toself", slab: base !== undefined, showlegend, line: line.color,
    shape: line.shape, dash: line.dash, symbol: [marker.symbol].flat()[0], pattern: marker.pattern?.shape ?? "",
    colours: [marker.color].flat().slice(0, 50),
    outline: marker.line?.color, width: [marker.line?.width].flat()[0] ?? 0})))"""


def at_rest(page) -> None:
    """The script has come to its end and everything it sent is drawn."""
    page.get_by_role("heading", level=1).wait_for()
    for _ in range(2):
        page.wait_for_timeout(250)
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        page.wait_for_function('!document.querySelector("[data-testid=stSkeleton], [data-testid=stSpinner]")')


def refused(page) -> list[str]:
    """What axe-core holds against the page as it stands, Streamlit's own left out."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(axe.AXE_SCRIPT)
    return [
        " | ".join(map(str, finding))
        for finding in page.evaluate(FIND)
        if (finding[1] in REFUSED or finding[0] == "heading-order") and not excused(*finding)
    ]


def excused(rule: str, _impact: str, selector: str, element: str, _message: str) -> bool:
    return any(rule == known and part in f"{selector} {element}" for known, part in OF_STREAMLIT)


def is_seen(trace: dict, ground: str) -> bool:
    """A mark stands out by its own colour, or by its outline."""
    own = [trace["line"]] if trace["mode"] == "lines" else trace["colours"]
    if trace["width"] >= 1 and isinstance(trace["outline"], str) and contrast(trace["outline"], ground) > 3:
        return True
    return trace["filled"] or all(isinstance(colour, str) and contrast(colour, ground) > 3 for colour in own)


def pale(page, scheme: str) -> list[str]:
    """Marks that vanish in the ground, and series that colour alone tells apart."""
    found = []
    for plot in page.evaluate(MARKS):
        unseen = [trace for trace in plot if not is_seen(trace, GROUNDS[scheme])]
        edged = any(trace["shape"] == "hvh" for trace in plot)  # a line along the tops of bars of a colour scale
        found += [f"pale: {trace}" for trace in unseen if not (edged and trace["type"] == "bar")]
        series = [trace for trace in plot if trace["showlegend"] and not (trace["slab"] or trace["filled"])]
        looks = [tuple(f"{trace[part]}" for part in ("type", "dash", "symbol", "pattern")) for trace in series]
        found += [f"alike: {looks}"] * (len(set(looks)) < len({trace["name"] for trace in series}))
    return found


def fits(page) -> bool:
    """Nothing is wider than the window, once tables and charts have followed its change."""
    try:
        page.wait_for_function(
            "document.querySelector('[data-testid=stMain]').scrollWidth <= innerWidth", timeout=1000 * FOLLOWS_S
        )
    except playwright.TimeoutError:
        return False
    return True


@pytest.mark.parametrize("name", PAGES)
def test_every_panel_is_for_everyone(page, name):
    """The page as it opens in both schemes and narrow; the other panels in one, light and dark by turns."""
    problems: dict[str, list[str]] = {}
    for address, scheme in zip(panels(name), itertools.cycle(GROUNDS)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(WIDE)
        page.goto(address)
        at_rest(page)
        problems[address] = refused(page) + pale(page, scheme)
        if address == panels(name)[0]:
            page.emulate_media(color_scheme="dark")
            page.wait_for_timeout(500)
            problems[f"{address}, dark"] = refused(page) + pale(page, "dark")
        page.set_viewport_size(NARROW)
        if not fits(page):
            problems[f"{address}, narrow"] = ["scrolls from side to side"]
        if address == panels(name)[0]:
            problems[f"{address}, narrow"] = problems.get(f"{address}, narrow", []) + refused(page)
    assert not {address: found for address, found in problems.items() if found}


FOCUS = """() => {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  const parts = ["outline", "boxShadow", "borderColor", "backgroundColor", "fill", "stroke"]
  const look = (node) => { const style = getComputedStyle(node)
    return parts.map((part) => style[part]).join() }
  const chain = (node) => { const found = [...node.children]  // a bar lights up within
    for (let up = node, far = 0; up instanceof Element && far < 5; up = up.parentElement, far++) found.push(up)
    return found }
  const before = window.atBefore
  window.atBefore = {at, nodes: chain(at), looks: chain(at).map(look)}
  const changed = !before || before.nodes.some((node, place) => look(node) !== before.looks[place])
  const labels = [...(at.labels ?? [])].map((label) => label.textContent).join(" ")
  const {ariaLabel, tabIndex, textContent, title, nodeName} = at
  const frame = (at.closest("canvas") && "CANVAS") || (at.dataset.testid === "stMain" && "stMain") ||
    (nodeName === "BODY" && nodeName)
  const name = frame || (ariaLabel || labels || textContent || title).trim().slice(0, 60)
  return {name, tabIndex, changed}
}"""
# neither is a control: Chromium gives what scrolls a stop of its own, and tables draw their cell's ring on a canvas
NO_CONTROLS = {"BODY", "CANVAS", "stMain"}
PATHS = {  # page -> names of controls in the order in which Tab reaches them
    "/scaling": ("Learn", "MACs", "Formula", "φ, all three", "α, depth", "β, width", "γ, resolution", "Stages"),
    "/classify": (
        "Picture",
        "Network",
        "warm",
        "Class",
        "Method",
        "Stage",
        "opacity",
        "Every stage",
    ),
    "/interview": ("Cards", "Show the answer"),
}


@pytest.mark.parametrize("path", PATHS)
def test_tab_reaches_each_control_and_shows_where_it_is(page, path):
    page.goto(path)
    at_rest(page)
    page.add_style_tag(content="* { transition: none !important; }")  # a ring is there at once
    stops = [page.evaluate(FOCUS)]
    while len(stops) < 150 and (len(stops) < 3 or stops[-1]["name"] != "BODY"):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUS))
    names = [stop["name"] for stop in stops]
    assert all(stop["tabIndex"] <= 0 for stop in stops)
    unseen = {before["name"] for before, stop in itertools.pairwise(stops) if not stop["changed"]} - NO_CONTROLS
    place = -1
    for wanted in PATHS[path]:
        place = next((at for at in range(place + 1, len(names)) if wanted in names[at]), None)
        assert place is not None, (wanted, names)
    assert not unseen
