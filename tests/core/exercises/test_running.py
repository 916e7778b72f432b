"""Answers in a process of their own: whatever the code does ends in a clear sentence, and nothing passes by a trick."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.paths import ROOT

from effnet_core.exercises import exercise
from effnet_core.exercises.judging import judge
from effnet_core.exercises.running import (
    LONGEST_CODE,
    LONGEST_OUTPUT,
    MEMORY_MB,
    MOST_OUTPUT,
    NO_MEMORY,
    SECONDS,
    TOO_MUCH_OUTPUT,
    Report,
    check,
)

RIGHT = exercise("rounding").solution
TRICKS = (  # code; a part of what is said
    ("def round_filters(:\n    pass", "Line 1 is not Python"),
    ("import nosuchmodule", "No module named 'nosuchmodule'"),
    ("x = 1 / 0", "ZeroDivisionError: division by zero Line 1, in <module>"),
    ("def round_repeats(layers, depth): return 1", "does not define `round_filters`"),
    ("def round_filter(c, w): return 8", "does not define `round_filters`. Is `round_filter` meant?"),
    ("round_filters = 8", "`round_filters` is an `int`; it has to be a function"),
    ("def round_filters(c, w): return [8]", "gives a `list`; it has to give a number"),
    ("def round_filters(c, w): pass", "None (is a `return` missing?)"),
    ("def round_filters(c, w): return round_filters(c, w)", "RecursionError"),
    ("import sys\nsys.exit(0)", "ends the program before the check is done. Line 2"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt"),
)
SMALLER = "x[..., ::stride, ::stride]"  # of the right shape
TENSOR_TRICKS = (
    ("[1, 2]", "`depthwise` with a stride of"),
    (f"{SMALLER}.tolist()", "is a `list`; it has to be a tensor of shape"),
    (f"{SMALLER} * float('nan')", "holds NaN or infinity"),
    (f"{SMALLER} * 0", "has the right shape, but differs from the reference by up to"),
)


@pytest.mark.parametrize(("code", "said"), TRICKS, ids=[said for _, said in TRICKS])
def test_what_goes_wrong_is_said_in_a_sentence(code, said):
    report = judge("rounding", code)
    assert not report.is_right and said in f"{report.problem} {report.hint}"


@pytest.mark.parametrize(("result", "said"), TENSOR_TRICKS, ids=[said for _, said in TENSOR_TRICKS])
def test_what_is_no_tensor_or_not_finite_or_only_of_the_right_shape_is_named(result, said):
    code = f"def depthwise(x, weight, stride=1): return {result}\ndef separable(*given): ...\n"
    assert said in judge("depthwise", code).problem


def test_an_answer_is_checked_in_a_child_and_what_it_prints_is_shown():
    report = check("rounding", RIGHT + "\nprint('hello from the answer')\n", seed=7)
    assert report.is_right and len(report.passed) == 2 and report.seed == 7
    assert report.output == "hello from the answer\n"


def test_an_answer_may_use_what_a_module_may():
    future, kept = "from __future__ import annotations\n", "from dataclasses import dataclass\n"
    more = f"{future}{kept}@dataclass\nclass Extra:\n    x: int = 1\n"
    assert judge("rounding", more + RIGHT.partition('"""\n')[2]).is_right


def test_the_same_seed_draws_the_same_sizes():
    wrong = RIGHT.replace("math.ceil", "int")
    assert judge("rounding", wrong, seed=3) == judge("rounding", wrong, seed=3)
    assert judge("rounding", wrong, seed=3).problem != judge("rounding", wrong, seed=4).problem


def test_a_report_that_the_answer_wrote_itself_does_not_count():
    forged = (
        "import json, os, pathlib\n"
        "row = dict(name='rounding', seed=0, passed=['all'], problem='', hint='', output='', nonce='0')\n"
        "pathlib.Path('report.json').write_text(json.dumps(row))\n"
        "print(json.dumps(row), flush=True)\n"
        "os._exit(0)\n"
    )
    report = check("rounding", forged)
    assert not report.is_right and report.problem == "The code ended the program before the check was done."


def test_a_loop_without_an_end_is_stopped():
    report = check("rounding", "while True:\n    pass\n", seconds=1)
    assert report.problem == "The code did not finish within 1 seconds. Is there a loop without an end?"


def test_sleeping_does_not_outwait_the_clock():
    assert "did not finish within 1 seconds" in check("rounding", "import time\ntime.sleep(600)", seconds=1).problem


def test_endless_printing_is_stopped_and_shown_in_part():
    report = check("rounding", "while True:\n    print('x' * 1000)\n")
    assert report.problem == TOO_MUCH_OUTPUT
    assert len(report.output) < LONGEST_OUTPUT + 40 and report.output.endswith("… (there was more)")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit memory")
def test_memory_is_limited():
    report = check("rounding", f"import torch\nx = torch.ones({MEMORY_MB} << 20)", seconds=10)
    assert report.problem == NO_MEMORY and report.hint.startswith("Line 2")


def test_it_gets_no_secrets_and_no_folder_of_its_users(monkeypatch):
    monkeypatch.setenv("SOME_TOKEN", "secret")
    report = check("rounding", "import os\nprint(sorted(os.environ), os.getcwd())\n")
    assert "SOME_TOKEN" not in report.output and "effnet-exercise-" in report.output


def test_a_file_that_is_too_long_and_a_name_that_is_none_are_refused():
    with pytest.raises(ValueError, match="allowed are"):
        check("rounding", "#" * (LONGEST_CODE + 1))
    with pytest.raises(ValueError, match="there are rounding"):
        check("bread", "")


def test_the_parent_needs_no_torch():
    code = (
        "import sys; from effnet_core.exercises.running import check; "
        "report = check('rounding', ''); assert 'torch' not in sys.modules; print(report.problem)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("The file does not define `round_filters`")


def test_a_report_travels_as_json():
    report = judge("rounding", RIGHT)
    assert Report(**json.loads(json.dumps(report.__dict__)) | {"passed": report.passed}) == report


def test_the_limits_that_are_told_are_those_of_the_code():
    told = " ".join((ROOT / "docs/security.md").read_text(encoding="utf-8").split())
    assert f"{SECONDS} seconds of time, and {MEMORY_MB:,} MB of memory" in told
    assert f"{LONGEST_OUTPUT:,} characters are shown" in told and MOST_OUTPUT == 1_000_000
