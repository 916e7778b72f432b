"""The exercise command as a learner meets it: list, start, hint, check, solution."""

import pytest

from effnet_core.exercises import EXERCISES, exercise


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_list_names_all(ask):
    code, rows, _ = ask("exercise", "list", "--json")
    assert code == 0 and [row["name"] for row in rows] == [each.name for each in EXERCISES]
    _, text, _ = ask("exercise", "list")
    assert "find the bug" in text and "Find the bug: the squeeze" in text


def test_start_writes_the_starter_and_never_over_an_answer(ask, in_a_folder):
    code, text, _ = ask("exercise", "start", "mbconv")
    assert code == 0 and "exercise check mbconv.py" in text
    assert (in_a_folder / "mbconv.py").read_text(encoding="utf-8") == exercise("mbconv").starter
    code, _, err = ask("exercise", "start", "mbconv")
    assert code == 2 and "mbconv.py" in err
    code, row, _ = ask("exercise", "start", "mbconv", "--notebook", "--json")
    assert code == 0 and row == {"name": "mbconv", "file": "mbconv.ipynb"} and (in_a_folder / "mbconv.ipynb").exists()


def test_check_says_what_is_right_and_exits_by_it(ask, in_a_folder):
    file = in_a_folder / "rounding (1).py"
    file.write_text(exercise("rounding").solution, encoding="utf-8")
    code, row, _ = ask("exercise", "check", file, "--seed", 4, "--json")
    assert code == 0 and row["is_right"] and row["seed"] == 4 and len(row["passed"]) == 2
    other = in_a_folder / "mine.py"
    other.write_text(exercise("rounding").solution.replace("math.ceil", "int"), encoding="utf-8")
    code, text, _ = ask("exercise", "check", other, "--exercise", "rounding")
    assert code == 1 and "wrong: `round_repeats(" in text and "rounded up, not down" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("check",), "needs a file"),
        (("start",), "needs a name"),
        (("start", "bread"), "there are rounding"),
        (("hint", "mbconv", "--number", "4"), "there are 1 to 3"),
        (("check", "nowhere.py"), "nowhere.py"),
        (("check", "mbconv.ipynb"), "writes a .py file"),
        (("check", "/dev/zero", "--exercise", "mbconv"), "this is not a file"),
    ],
)
def test_wrong_use_gets_a_sentence(ask, words, sentence):
    code, out, err = ask("exercise", *words)
    assert code == 2 and sentence in err and "Traceback" not in err and not out


def test_a_file_that_answers_no_exercise_is_refused(ask, in_a_folder):
    (in_a_folder / "mine.py").write_text("", encoding="utf-8")
    code, _, err = ask("exercise", "check", "mine.py")
    assert code == 2 and "no exercise 'mine'" in err


def test_hint_and_solution(ask):
    assert ask("exercise", "hint", "mbconv", "--number", 2)[1].strip() == exercise("mbconv").hints[1]
    code, row, _ = ask("exercise", "solution", "mbconv", "--json")
    assert code == 0 and row["solution"] == exercise("mbconv").solution and row["follow_up"]
