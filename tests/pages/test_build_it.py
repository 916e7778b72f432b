"""The page Build it as a learner meets it: task, hints, solution, the check on one's own computer and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest
from support.screen import ROOT, board, captions, opened

from effnet_core.exercises import EXERCISES, exercise
from effnet_core.exercises.progress import Progress
from effnet_core.exercises.running import Report
from ui.build_it import answer, here

pytestmark = pytest.mark.usefixtures("started_server")
MBCONV = exercise("mbconv")
HOME = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}


def labels(at) -> list[str]:
    return [button.label for button in at.button]


def press(at, label: str):
    [found] = [button for button in at.button if button.label == label]
    found.click().run()
    assert not at.exception
    return at


def texts(at) -> str:
    kinds = (at.markdown, at.info, at.success, at.error, at.caption, at.code)
    return "\n".join(element.value for kind in kinds for element in kind)


def editor(at) -> dict:
    return board(at, "code_editor")


@pytest.fixture
def at_home(monkeypatch):
    monkeypatch.setattr(answer, "is_here", lambda: True)


def test_it_opens_with_the_first_task_and_its_starter():
    at = opened("build_it")
    first = EXERCISES[0]
    assert at.title[0].value == "Can you write it by hand?" and first.task in texts(at)
    assert editor(at)["code"] == first.starter
    assert first.hints[0] not in texts(at) and first.follow_up not in texts(at)


def test_a_link_leads_to_an_exercise():
    at = opened("build_it", **{"build_it.exercise": MBCONV.title})
    assert MBCONV.task in texts(at) and editor(at)["code"] == MBCONV.starter


def test_hints_come_one_at_a_time_and_the_solution_when_asked():
    at = opened("build_it", **{"build_it.exercise": MBCONV.title})
    for number, hint in enumerate(MBCONV.hints, start=1):
        assert hint not in texts(at)
        press(at, f"Hint {number} of 3")
        assert hint in texts(at)
    press(at, "Show the solution")
    assert MBCONV.solution.strip() in texts(at) and MBCONV.follow_up in texts(at)
    press(at, "Show a good answer")
    assert MBCONV.follow_up_answer in texts(at)


def test_elsewhere_there_is_no_check_and_the_page_says_how_to_check_at_home():
    at = opened("build_it", **{"build_it.exercise": MBCONV.title})
    assert "Check" not in labels(at) and "exercise check mbconv.py" in texts(at)
    press(at, "I have solved it")
    assert at.session_state["build_it.progress"].solved == {"mbconv": date.today()}
    assert f"1 of {len(EXERCISES)} solved" in at.get("progress")[0].proto.text


def test_elsewhere_the_keys_of_the_editor_run_nothing(monkeypatch):
    monkeypatch.setattr(answer.code_editor, "edit", lambda *_, **__: True)
    monkeypatch.setattr(answer, "check", lambda *_: pytest.fail("code was run"))
    assert not opened("build_it").exception


def test_at_home_the_check_runs_what_was_written(at_home):
    at = opened("build_it")
    wrong = EXERCISES[0].solution.replace("math.ceil", "int")
    at.session_state["build_it.progress"] = Progress({}, {EXERCISES[0].name: wrong})
    press(at.run(), "Check")
    assert "rounded up, not down" in at.error[0].value and "`round_filters` rounds" in texts(at)
    assert "exercise check" not in texts(at)


def test_a_right_answer_is_kept_and_leads_on(at_home, monkeypatch):
    monkeypatch.setattr(answer, "check", lambda name, code: Report(name, 7, ("part one",), output="hello"))
    at = press(opened("build_it"), "Check")
    assert at.success[0].value == "All is right." and "hello" in texts(at) and "seed 7" in captions(at)
    assert EXERCISES[0].name in at.session_state["build_it.progress"].solved
    press(at, f"Next: {EXERCISES[1].title}")
    assert EXERCISES[1].task in texts(at) and not at.success


def test_start_again_brings_the_starter_back(at_home):
    at = opened("build_it")
    at.session_state["build_it.progress"] = Progress({}, {EXERCISES[0].name: "mine"})
    at.run()
    before = editor(at)["name"]
    press(at, "Start again")
    assert editor(at)["code"] == EXERCISES[0].starter and editor(at)["name"] != before


@pytest.mark.parametrize(
    ("address", "remote", "headers"),
    [
        ("0.0.0.0", None, HOME),
        (None, None, HOME),
        ("127.0.0.1", "192.168.1.7", HOME),
        ("127.0.0.1", None, {}),
        ("127.0.0.1", None, {"Host": "localhost:8501"}),
        ("127.0.0.1", None, HOME | {"Host": "evil.example"}),
        ("127.0.0.1", None, HOME | {"Host": "localhost.evil.example:8501"}),
        ("127.0.0.1", None, HOME | {"Origin": "http://evil.example"}),
        ("127.0.0.1", None, HOME | {"Origin": "null"}),
        ("127.0.0.1", None, HOME | {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", None, HOME | {"forwarded": "for=10.0.0.1"}),
        ("127.0.0.1", None, HOME | {"VIA": "1.1 proxy"}),
    ],
)
def test_code_runs_nowhere_but_on_its_writers_computer(address, remote, headers):
    assert here.is_same_computer("127.0.0.1", None, HOME)
    assert here.is_same_computer("localhost", "::1", {"host": "[::1]:8501", "origin": "http://[::1]:8501"})
    assert not here.is_same_computer(address, remote, headers)


def test_a_class_behind_nginx_is_never_at_home():
    from effnet_core.classroom import nginx

    assert "proxy_set_header X-Forwarded-For" in (ROOT / nginx.__file__).read_text(encoding="utf-8")
    assert "x-forwarded-for" in here.OF_PROXIES


def test_the_page_opens_without_torch():
    names = "ui.build_it.answer, ui.build_it.task, ui.build_it.progress"
    code = f"import sys, {names}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
