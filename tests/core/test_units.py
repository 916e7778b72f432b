"""Numbers as text, as the screen shows them."""

from __future__ import annotations

import math
import re

import pytest
from support.paths import ROOT

from effnet_core.units import duration, percent, probability, share_and_interval, wilson_interval

# rooms whose panels still write their own
ELSEWHERE = ("ui/classify", "ui/se_gates", "ui/mbconv", "ui/overview", "ui/lessons", "effnet_core/cli")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (percent(0.125), "12.5 %"),
        (percent(0.0964, 2), "9.64 %"),
        (percent(0.0024, 2, signed=True), "+0.24 %"),
        (percent(-0.2655, 2, signed=True), "\N{MINUS SIGN}26.55 %"),
        (probability(0.78), "78 %"),
        (probability(0.004), "under 1 %"),
    ],
)
def test_the_sign_stays_with_its_number(text, expected):
    assert text.replace("\N{NO-BREAK SPACE}", " ") == expected and text.endswith("\N{NO-BREAK SPACE}%")


@pytest.mark.parametrize(("right", "count"), [(21, 34), (0, 10), (10, 10), (1391, 2500)])
def test_an_interval_ends_where_the_normal_test_just_rejects(right, count):
    """Wilson's definition: the shares p with |seen - p| = 1.96 standard errors of p."""
    seen = right / count
    for end in wilson_interval(seen, count):
        assert -1e-12 <= end <= 1 + 1e-12
        assert abs(seen - end) == pytest.approx(1.959964 * math.sqrt(max(0, end * (1 - end)) / count), abs=1e-6)


def test_an_interval_is_said_behind_its_share():
    assert share_and_interval(21 / 34, 34).replace("\N{NO-BREAK SPACE}", " ") == "62 % (45 to 76 %)"


def test_waits_are_said_in_seconds_then_in_minutes():
    assert [duration(seconds) for seconds in (4.4, 89, 91, 176)] == ["4 s", "89 s", "2 min", "3 min"]


def test_no_screen_writes_a_percentage_its_own_way():
    """Python's and plotly's own formats leave no space before the sign; a grid's numbers have no other way."""
    files = [path for room in ("ui", "pages", "effnet_core/figures") for path in (ROOT / room).rglob("*.py")]
    shown = [path for path in files if not str(path.relative_to(ROOT)).startswith(ELSEWHERE)]
    assert len(shown) > 50
    found = [f"{path.name}: {line}" for path in shown for line in path.read_text().splitlines() if OWN_WAY.search(line)]
    assert not found


OWN_WAY = re.compile(r":[+,]?\.\d%|tickformat=\"[^\"]*%\"")
