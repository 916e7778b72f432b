"""Lessons and tours in a real browser: the keyboard steps, links hold, a tour is shown once and in nobody's way."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from support.browser import PATIENCE_S, wait_until_idle

from effnet_core import lessons
from ui.lessons import lesson_mode, tour
from ui.session import kept_values

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser
LESSON = lessons.lesson("inverted_residuals")
LINEAR = next(number for number, step in enumerate(LESSON.steps) if "mbconv.n" in dict(step.settings))
SEEN = f"JSON.parse(localStorage.getItem('{tour.PLACE}'))"


def at_step(page, number: int) -> None:
    """That step (from 0) is on the screen and in the URL."""
    page.get_by_text(f"{number + 1} / {len(LESSON.steps)} · ").wait_for()
    playwright.expect(page).to_have_url(re.compile(rf"\bstep={number + 1}\b"))
    wait_until_idle(page)


def test_page_down_and_page_up_step_through_a_lesson(page):
    page.goto("/")
    wait_until_idle(page)
    page.locator(f'a[href*="teach={LESSON.name}"]:visible').first.click()
    at_step(page, 0)
    for number in range(1, len(LESSON.steps)):
        page.keyboard.press("PageDown")
        at_step(page, number)
        step = LESSON.steps[number]
        page.locator(f".{kept_values.css_class(step.focus)}").first.wait_for()
    page.keyboard.press("PageDown")
    page.wait_for_timeout(500)
    at_step(page, len(LESSON.steps) - 1)
    page.keyboard.press("PageUp")
    at_step(page, len(LESSON.steps) - 2)
    page.get_by_role("link", name="End").first.click()
    page.locator(".st-key-teach").first.wait_for(state="detached")
    playwright.expect(page).not_to_have_url(re.compile("teach|step"))
    assert "mbconv.compare" in page.url  # the page stays as the step set it


def test_a_key_is_taken_as_soon_as_the_ways_on_are_seen(page):
    page.goto(f"/?teach={LESSON.name}&step=1")
    page.get_by_role("link", name="Next").wait_for()
    page.keyboard.press("PageDown")
    at_step(page, 1)


def test_going_back_leads_from_step_to_step_and_out_of_the_lesson(page):
    page.goto("/")
    wait_until_idle(page)
    page.locator(f'a[href*="teach={LESSON.name}"]:visible').first.click()
    at_step(page, 0)
    last = LINEAR + 1  # the same page with the same setting at another value
    for number in range(1, last + 1):
        page.keyboard.press("PageDown")
        at_step(page, number)
    for number in reversed(range(last)):
        page.go_back()
        at_step(page, number)
    page.go_back()
    page.locator(".st-key-teach").first.wait_for(state="detached")
    page.get_by_role("heading", name="What is inside an EfficientNet?").wait_for()


def test_keys_pressed_while_a_step_is_on_its_way_are_taken(page):
    page.goto(f"/{LESSON.steps[0].page}?teach={LESSON.name}&step=1")
    at_step(page, 0)
    press = "new KeyboardEvent('keydown', { key: 'PageDown', bubbles: true, cancelable: true, repeat })"
    page.evaluate(f"[false, true, false, false].forEach(repeat => document.body.dispatchEvent({press}))")
    at_step(page, 3)
    page.keyboard.press("PageUp")
    at_step(page, 2)


def test_a_step_shows_its_own_controls_alone_and_forgets_what_was_moved(page):
    page.goto(f"/mbconv?teach={LESSON.name}&step={LINEAR + 1}&mbconv.panel=Linear+end&mbconv.n=2")
    at_step(page, LINEAR)
    number = page.locator(".st-key-mbconv-n input")
    playwright.expect(number).to_be_visible()
    for hidden in ("mbconv-panel", "app-model", "mbconv-relu"):
        assert page.locator(f".st-key-{hidden}").locator("input, button").first.is_hidden()
    assert page.locator('[data-testid="stTopNav"]').is_hidden()
    assert (
        float(page.evaluate("parseFloat(getComputedStyle(document.querySelector('.st-key-teach_text p')).fontSize)"))
        >= 20
    )
    number.fill("7")
    number.press("Enter")
    playwright.expect(page).to_have_url(re.compile(r"mbconv\.n=7"))
    wait_until_idle(page)
    page.keyboard.press("PageDown")
    at_step(page, LINEAR + 1)
    playwright.expect(number).to_have_value(dict(LESSON.steps[LINEAR + 1].settings)["mbconv.n"])
    page.keyboard.press("PageUp")
    at_step(page, LINEAR)
    playwright.expect(number).to_have_value("2")
    page.reload()
    at_step(page, LINEAR)


STEPS = [
    pytest.param(lesson, number, id=f"{lesson.name} {number + 1}")
    for lesson in map(lessons.lesson, lessons.names())
    for number in range(len(lesson.steps))
]
WINDOWS = ((1280, 720), (1440, 900), (1920, 1080))
PHONE = (390, 844)
FAULTS = """(names) => {
  const bar = document.querySelector(".st-key-teach").getBoundingClientRect()
  const text = document.querySelector(".st-key-teach_text")
  const beside = getComputedStyle(text).position === "fixed"
  const left = beside ? text.getBoundingClientRect().right : 0
  return names.flatMap((name) => {
    const part = document.querySelector(`.${name}`)
    if (!part) return [`${name} is not there`]
    if (!beside) part.scrollIntoView({ block: "center" })
    const box = part.getBoundingClientRect()
    const bottom = beside ? innerHeight : Math.max(innerHeight, box.bottom)
    const top = beside ? bar.bottom : Math.min(bar.bottom, box.top)
    const inside = box.width && box.height && box.left >= left - 1 && box.right <= innerWidth + 1
    if (!inside || box.top < top - 1 || box.bottom > bottom + 1) return [`${name} is cut: ${JSON.stringify(box)}`]
    const points = [0.02, 0.5, 0.98].flatMap((across) => [0.02, 0.5, 0.98].map((down) => [across, down]))
    const covered = points.filter(([across, down]) => {
      const [x, y] = [box.left + across * box.width, box.top + down * box.height]
      const seen = y > bar.bottom && y < innerHeight
      return seen && !part.contains(document.elementFromPoint(x, y))
    })
    return covered.length ? [`${name} is covered at ${JSON.stringify(covered)}`] : []
  })
}"""


CUT_WORDS = """() => [...document.querySelectorAll(".st-key-lesson-page *, .st-key-teach_text *")].flatMap((part) => {
  const drawn = part.closest("svg, .katex, [data-testid=stPlotlyChart]")
  const words = part.innerText?.trim()
  if (drawn || !words || part.clientWidth < 2 || getComputedStyle(part).overflowX !== "hidden") return []
  if (!part.checkVisibility({ visibilityProperty: true })) return []
  return part.scrollWidth > part.clientWidth + 1 ? [`cut: ${words.slice(0, 80)}`] : []
})"""


# whole in the window, or where it is higher than that, from its beginning on
ANSWER_SEEN = """(names) => {
  const parts = names.map((name) => document.querySelector(`.${name}`)).filter((part) => part?.offsetHeight)
  const boxes = parts.map((part) => part.getBoundingClientRect())
  const [top, bottom] = [Math.min(...boxes.map((box) => box.top)), Math.max(...boxes.map((box) => box.bottom))]
  const above = document.querySelector(".st-key-teach").getBoundingClientRect().bottom
  return !parts.length || (top > above - 2 && (bottom < innerHeight + 2 || top < above + 30))
}"""


BELOW_TEXT = """() => {
  const text = document.querySelector(".st-key-teach_text")
  const bottoms = [...text.querySelectorAll("p")].map((part) => part.getBoundingClientRect().bottom)
  return Math.max(...bottoms) - text.getBoundingClientRect().bottom
}"""  # by so many pixels, without the last margin


def name_of(key: str) -> str:
    return kept_values.css_class(key)


@pytest.mark.parametrize(("lesson", "number"), STEPS)
def test_nothing_that_a_step_shows_is_covered_or_cut(page, lesson, number):
    step = lesson.steps[number]
    names = list(map(name_of, dict.fromkeys([*step.show, *([step.focus] if step.focus else [])])))
    ways = []
    page.goto(f"/{step.page}?{urlencode(lesson_mode.link(lesson, number))}")
    for width, height in (*WINDOWS, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        wait_until_idle(page)
        try:
            page.wait_for_function(f"(names) => ({FAULTS})(names).length === 0", arg=names, timeout=20_000)
        except playwright.TimeoutError:
            pytest.fail(f"{width} x {height}: {page.evaluate(FAULTS, names)}")
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= innerWidth")
        assert page.evaluate(CUT_WORDS) == [], f"{width} x {height}"
        boxes = [way.bounding_box() for way in page.locator(".st-key-teach_ways a:visible").all()]
        assert len(boxes) == 3
        assert all(box["width"] == boxes[0]["width"] and box["y"] == boxes[0]["y"] for box in boxes), "they look alike"
        ways.append([round(box["x"]) for box in boxes])
    expected = PLACES.setdefault("ways", ways)
    assert ways == expected, "on every step they stand at the same place"
    page.get_by_role("button", name="Reveal").click()
    page.get_by_role("button", name="Hide").wait_for()
    for width, height in (PHONE, WINDOWS[0]):
        page.set_viewport_size({"width": width, "height": height})
        wait_until_idle(page)
        assert page.evaluate(CUT_WORDS) == [], f"revealed, {width} x {height}"
        assert page.evaluate(BELOW_TEXT) <= 1, f"the answer is cut at {width} x {height}"
    page.wait_for_function(ANSWER_SEEN, arg=[name_of(key) for key in step.reveal], timeout=20_000)


PLACES: dict[str, list] = {}
CHARTS = """() => [...document.querySelectorAll("[data-testid=stPlotlyChart]")].flatMap((place) => {
  const parts = [place, ...place.querySelectorAll(".js-plotly-plot, .main-svg")].slice(0, 3)
  const boxes = parts.map((part) => part.getBoundingClientRect())
  return boxes[0].width && boxes.length === 3 ? [boxes.map((box) => [box.width, box.height])] : []
})"""


@pytest.mark.parametrize(("name", "number"), [("compound_scaling", 6), ("squeeze_excitation", 7)])
def test_a_chart_fills_its_place_and_is_not_cut_where_the_step_is_made_larger(page, name, number):
    page.goto(f"/?teach={name}&step={number}")
    page.locator("[data-testid=stPlotlyChart] .main-svg").first.wait_for()
    page.wait_for_function("Number(document.querySelector('.st-key-lesson-page').dataset.scale) > 1.05")
    wait_until_idle(page)
    charts = page.evaluate(CHARTS)
    assert charts
    for place, frame, drawn in charts:
        assert frame == pytest.approx(place, abs=2) and drawn == pytest.approx(place, abs=2)


HEARD = """(number) => {
  const chart = document.querySelectorAll(".js-plotly-plot")[number]
  window.pointed = []
  chart.on("plotly_hover", ({ points }) => window.pointed.push(...points.map(({ x, y }) => `${x} ${y}`)))
  return [...chart.querySelectorAll(".scatterlayer .points path, .barlayer .point path")].flatMap((mark) => {
    const { x, y, p, s } = mark.__data__
    const box = mark.getBoundingClientRect()
    return box.width ? [{ value: `${x ?? p} ${y ?? s}`, at: [box.x + box.width / 2, box.y + box.height / 2] }] : []
  })
}"""


def test_the_mouse_points_at_the_right_mark_where_the_step_is_scaled(page):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto("/?teach=compound_scaling&step=6")
    page.locator("[data-testid=stPlotlyChart] .main-svg").first.wait_for()
    page.wait_for_function("Math.abs(Number(document.querySelector('.st-key-lesson-page').dataset.scale) - 1) > 0.05")
    wait_until_idle(page)
    page.wait_for_timeout(1000)
    marks = page.evaluate(HEARD, 0)
    assert len(marks) > 5
    for mark in marks[:: len(marks) // 4]:
        page.mouse.move(*mark["at"], steps=3)
        page.wait_for_function("(value) => window.pointed.at(-1) === value", arg=mark["value"], timeout=5000)


def test_a_teacher_finds_a_lesson_gives_it_and_lets_the_class_vote(page, browser, address):
    lesson = lessons.lesson("compound_scaling")
    page.goto("/")
    wait_until_idle(page)
    page.locator(f'a[href*="teach={lesson.name}"]:visible').first.click()
    page.get_by_role("heading", name=f"1 / {len(lesson.steps)} · ").wait_for()
    wait_until_idle(page)
    page.keyboard.press("v")
    page.get_by_text("may still change").wait_for()
    code = re.search(r"/vote\?c=(\w{6})", page.locator(".st-key-teach_vote").inner_text())[1]
    playwright.expect(page.get_by_role("img", name="QR code")).to_be_visible()

    phones = [browser.new_context(viewport={"width": 390, "height": 844}, base_url=address) for _ in range(2)]
    tabs = [phone.new_page() for phone in phones]
    for tab in tabs:
        tab.set_default_timeout(1000 * PATIENCE_S)
    asked: list[str] = []
    tabs[0].on("request", lambda request: asked.append(request.url))
    for tab, chosen in zip(tabs, ((2, 0), (3,)), strict=True):  # the first changes the vote while it is open
        tab.goto(f"/vote?c={code}")
        for option in chosen:
            tab.get_by_role("button", name=lesson.steps[0].options[option]).click()
            tab.get_by_text(f"Arrived: {lesson.steps[0].options[option]}").wait_for()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert asked and not [url for url in asked if "lotly" in url], "a phone loads no charts"
    page.get_by_text("2 have voted").wait_for()
    page.get_by_role("button", name="Close the vote").click()
    page.get_by_role("button", name="Another round").click()
    tabs[0].get_by_text("Round 2").wait_for()
    tabs[0].get_by_role("button", name=lesson.steps[0].options[1]).click()
    tabs[1].get_by_text("Round 2").wait_for()
    tabs[1].get_by_role("button", name=lesson.steps[0].options[3]).click()
    page.get_by_text("Of 2 who voted before, 1 changed").wait_for()

    again = next(number for number, step in enumerate(lesson.steps, 1) if step.again == 0)
    for number in range(2, again + 1):
        page.keyboard.press("PageDown")
        page.get_by_role("heading", name=f"{number} / {len(lesson.steps)} · ").wait_for()
        wait_until_idle(page)
    tabs[0].get_by_text("This vote is closed").wait_for()
    page.keyboard.press("v")
    page.get_by_text("Of 2 who voted before, 1 changed").wait_for()
    page.get_by_role("link", name="End").click()
    playwright.expect(page.get_by_test_id("stTopNav")).to_be_visible()
    tabs[0].get_by_role("heading", name="No vote here").wait_for()
    for phone in phones:
        phone.close()


def test_notes_follow_the_lesson_and_b_is_a_black_screen(page):
    lesson = lessons.lesson("compound_scaling")
    page.goto(f"/scaling?{urlencode(lesson_mode.link(lesson, 0))}")
    wait_until_idle(page)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Notes").click()
    notes = opened.value
    notes.set_default_timeout(1000 * PATIENCE_S)
    notes.get_by_role("heading", name=f"1 / {len(lesson.steps)} · ").wait_for()
    notes.get_by_text(lesson.steps[0].answer[:40]).wait_for()
    playwright.expect(notes.get_by_role("timer")).to_have_text(re.compile(r"^\d+:\d\d$"))
    page.bring_to_front()
    page.keyboard.press("PageDown")
    page.get_by_role("heading", name=f"2 / {len(lesson.steps)} · ").wait_for()
    notes.bring_to_front()
    notes.get_by_role("heading", name=f"2 / {len(lesson.steps)} · ").wait_for()
    page.bring_to_front()
    page.keyboard.press("b")
    playwright.expect(page.locator("#teach-black")).to_be_visible()
    page.keyboard.press(".")
    playwright.expect(page.locator("#teach-black")).to_have_count(0)


@pytest.fixture
def newcomer(browser, address):
    """A browser on a phone that has toured no page."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=address)
    yield context.new_page()
    context.close()


def test_a_tour_is_shown_once_and_again_when_asked(newcomer):
    page = newcomer
    page.goto("/scaling")
    note = page.get_by_role("dialog", name="Guided tour")
    playwright.expect(note).to_be_visible()
    wait_until_idle(page)
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = note.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] < 300
    for row in tour.steps("scaling")[:-1]:
        playwright.expect(note).to_contain_text(row["text"])
        page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Done").click()
    playwright.expect(note).to_be_hidden()
    assert page.evaluate(SEEN) == ["scaling"]

    page.reload()
    wait_until_idle(page)
    playwright.expect(note).to_be_hidden()
    page.get_by_role("button", name="Show me around").click()
    playwright.expect(note).to_contain_text(tour.steps("scaling")[0]["text"])
    page.keyboard.press("Escape")
    playwright.expect(note).to_be_hidden()

    page.goto("/budgets")
    playwright.expect(note).to_be_visible()
    page.get_by_role("radio", name="as B5").click()  # the tour goes on while the page is used
    wait_until_idle(page)
    playwright.expect(note).to_contain_text(tour.steps("budgets")[0]["text"])
    page.get_by_role("button", name="Skip all tours").click()
    assert page.evaluate(SEEN) == tour.pages()
    page.goto("/evidence")
    wait_until_idle(page)
    playwright.expect(note).to_be_hidden()
    page.goto(f"/mbconv?teach={LESSON.name}&step=1")
    at_step(page, 0)
    assert note.count() == 0


def test_a_word_says_what_it_means_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/budgets")
    wait_until_idle(page)
    word = page.locator(".term").first
    word.scroll_into_view_if_needed()
    word.focus()
    shown = page.evaluate("getComputedStyle(document.querySelector('.term'), '::after').content")
    assert word.get_attribute("data-says") in shown
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
