"""Whatever a link says: never a crash; a value that can't be gets a sentence and the default, and is gone from the URL.

The inputs are found on the pages themselves (links.py), so a new one is tested without a word here.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.links import Visit, visits
from support.screen import on_screen, straight_to, text_shown, told

from ui.lessons import lesson_mode

EXAMPLES = 60
FREE = ("text_input",)  # any text is good
EMPTY_IS_GOOD = ("evidence.families",)
# no input takes one of these; Streamlit 1.67 itself falls over the first rows
NEVER = (
    *("", "inf", "-inf", "1e400", "9" * 400, "NaN", "1e9", "-1e9", "1e-400x", "0x10", "--1", "None", "null", "True"),
    *("no such name", "<script>alert(1)</script>", "![](//host/x.png)", "[a](javascript:alert(1))", "$\\frac{1}{0}$"),
    *("\x00", "\u202egnp.exe", "\U0001f600", "a" * 5000, "=1+1", "../../etc/passwd", "{{7*7}}", "%s%n", "\ud7ff"),
)
PAGES = sorted(path.stem for path in lesson_mode.PAGES.glob("*.py"))
hostile = st.sampled_from(NEVER) | st.lists(st.sampled_from(NEVER), min_size=2, max_size=3)
anything = hostile | st.text(max_size=40) | st.floats().map(str) | st.integers().map(str)


def opened(visit: Visit, values: dict[str, str | list[str]]):
    return straight_to(visit.page, **visit.settings | values)


@pytest.mark.parametrize("start", range(0, len(NEVER), 4))
def test_each_input_refuses_in_words_and_takes_its_default(start):
    for number, visit in enumerate(visits()):
        bad = {row.key: NEVER[(start + number + place) % len(NEVER)] for place, row in enumerate(visit.inputs)}
        at = opened(visit, bad)
        said, screen = told(at), on_screen(at)
        for row in visit.inputs:
            if row.kind not in FREE and not (row.key in EMPTY_IS_GOOD and not bad[row.key]):
                assert f"The link sets {row.key} to " in said, (visit.name, row, bad[row.key][:40])
                assert text_shown(screen[row.key]) == row.default, (visit.name, row, bad[row.key][:40])
                assert row.key not in at.query_params, (visit.name, row)


@given(st.data())
@settings(max_examples=EXAMPLES)
def test_no_link_breaks_a_page(data):
    visit = data.draw(st.sampled_from(visits()), "visit")
    values = {row.key: data.draw(anything, row.key) for row in visit.inputs}
    at = opened(visit, values)  # asserts that nothing was raised
    screen = on_screen(at)
    for row in visit.inputs:
        if row.key in screen and f"The link sets {row.key} to " in told(at):
            assert text_shown(screen[row.key]) == row.default


def test_of_several_values_each_is_looked_at():
    [visit] = [visit for visit in visits() if "scaling.phi" in [row.key for row in visit.inputs]]
    at = opened(visit, {"scaling.phi": ["inf", "2"]})
    assert "The link sets scaling.phi to 'inf'" in told(at)


@given(lesson=anything, step=anything, page=st.sampled_from(PAGES))
@settings(max_examples=EXAMPLES // 2)
def test_no_lessons_link_breaks_a_page(lesson, step, page):
    straight_to(page, teach=lesson, step=step, c=lesson)


@given(step=anything)
@settings(max_examples=EXAMPLES // 4)
def test_no_step_breaks_a_lesson(step):
    straight_to("scaling", teach="compound_scaling", step=step)


def test_what_a_link_says_is_shown_as_text():
    at = straight_to("scaling", **{"scaling.phi": "![](//host/x.png)", "teach": "![](//host/y.png)", "step": "<b>"})
    assert "![](//host/x.png)" in told(at) and "![](//host/y.png)" in told(at)
    assert not any("![" in warning.value for warning in at.warning)
