"""Judge an answer in this process: run the learner's file, then its checker. Also the child that running.py starts.

The learner's code can do here whatever it likes: only running.py sets limits. Tests judge trusted answers directly.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import json
import linecache
import os
import signal
import sys
import traceback
import types
from dataclasses import asdict, replace
from pathlib import Path

import torch

from . import exercise
from .checking import Answer, Wrong
from .running import MOST_OUTPUT, NO_MEMORY, RESULT, TOO_MUCH_OUTPUT, Report

FILE = "<your answer>"  # its name in tracebacks


def judge(name: str, code: str, *, seed: int = 0) -> Report:
    """Run the code and check it at sizes drawn by the seed. What the code prints goes where it always goes."""
    exercise(name)
    checker = importlib.import_module(f".{name}.checker", __package__)
    linecache.cache[FILE] = (len(code), None, code.splitlines(keepends=True), FILE)
    passed: list[str] = []
    torch.manual_seed(seed)
    module = sys.modules["answer"] = types.ModuleType("answer")  # dataclasses look their module up
    try:
        exec(compile(code, FILE, "exec", dont_inherit=True), module.__dict__)
        for sentence in checker.check(Answer(module.__dict__, seed)):
            passed.append(sentence)
    except BaseException as problem:  # sys.exit and Ctrl+C of the learner's code too
        what, hint = _in_words(problem)
        return Report(name, seed, tuple(passed), problem=what, hint=hint)
    return Report(name, seed, tuple(passed))


def _in_words(problem: BaseException) -> tuple[str, str]:
    """What went wrong, and a hint."""
    if isinstance(problem, Wrong):
        return problem.problem, problem.hint
    if isinstance(problem, SyntaxError):
        return f"Line {problem.lineno} is not Python: {problem.msg}.", (problem.text or "").strip()
    if isinstance(problem, MemoryError) or "allocate memory" in str(problem):
        return NO_MEMORY, _line_of(problem)
    if isinstance(problem, OSError) and problem.errno == errno.EFBIG:
        return TOO_MUCH_OUTPUT, _line_of(problem)
    if isinstance(problem, NotImplementedError):
        return "This is not written yet.", _line_of(problem)
    if isinstance(problem, SystemExit):
        return "The code ends the program before the check is done.", _line_of(problem)
    return f"{type(problem).__name__}: {problem}", _line_of(problem)


def _line_of(problem: BaseException) -> str:
    """The last line of the learner's file on the way to the problem."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == FILE]
    if not frames:
        return "This happened in the check, with what the code gave: does it give what the task asks for?"
    return f"Line {frames[-1].lineno}, in {frames[-1].name}: `{frames[-1].line}`"


def _limit(seconds: int, memory_mb: int) -> None:
    """Of this process, where the system knows limits: CPU and clock time, memory beyond what torch took, files."""
    try:
        import resource
    except ImportError:  # Windows: running.py's clock alone
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    limits = {"RLIMIT_CPU": _cpu_seconds() + seconds, "RLIMIT_FSIZE": MOST_OUTPUT + 1, "RLIMIT_CORE": 0}
    if sys.platform == "linux":
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limits["RLIMIT_AS"] = taken + (memory_mb << 20)
    for kind, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some
            resource.setrlimit(getattr(resource, kind), (most, most))


def _cpu_seconds() -> int:
    return int(sum(os.times()[:2])) + 1


def main() -> None:
    """The child: its orders come as JSON on standard input, its report goes into a file that carries their nonce."""
    orders = json.loads(sys.stdin.readline())
    sys.stdin = io.StringIO()
    torch.set_num_threads(1)
    importlib.import_module(f".{orders['name']}.checker", __package__)  # what it imports takes none of the time
    _limit(orders["seconds"], orders["memory_mb"])
    report = judge(orders["name"], orders["code"], seed=orders["seed"])
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    row = asdict(replace(report, output="")) | {"nonce": orders["nonce"]}
    Path(orders["folder"], RESULT).write_text(json.dumps(row), encoding="utf-8")
    os._exit(0)  # threads and exit handlers of the learner's code have nothing more to do


if __name__ == "__main__":
    main()
