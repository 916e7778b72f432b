"""Check a learner's file in a process of its own, with limits: pure Python, torch is loaded in the child alone.

The child gets few environment variables, an empty folder to work in, and limits of time, memory and output. Its report
carries a number that only this process and the check know. That keeps mistakes from doing harm and answers from
passing by chance; it is no wall against an attack, so nothing runs here but what its owner wrote.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from . import exercise

SECONDS, START_SECONDS = 20, 120  # for the learner's code; for Python and torch to start before it
MEMORY_MB = 2048  # beyond what torch takes
LONGEST_CODE, LONGEST_OUTPUT, MOST_OUTPUT = 100_000, 4_000, 1_000_000  # characters; bytes shown and allowed
RESULT = "report.json"
SEEDS = 1_000_000
ROOT = Path(__file__).parents[2]
KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "OMP_WAIT_POLICY", "OPENBLAS_CORETYPE")
POLL_SECONDS = 0.05
TIME_SIGNALS = {getattr(signal, name, None) for name in ("SIGALRM", "SIGXCPU")}  # Windows has neither
NO_MEMORY = f"The code needed more than {MEMORY_MB:,} MB of memory."
TOO_MUCH_OUTPUT = f"The code printed more than {MOST_OUTPUT:,} characters. Is there a print in a loop without an end?"


@dataclass(frozen=True)
class Report:
    """What a check found: the parts that are right, and the first that is not. `output` is what the code printed."""

    name: str
    seed: int
    passed: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""
    output: str = ""

    @property
    def is_right(self) -> bool:
        return not self.problem


def check(
    name: str, code: str, *, seed: int | None = None, seconds: int = SECONDS, memory_mb: int = MEMORY_MB
) -> Report:
    """Run the code in a child process and check it at random sizes, which a seed draws again.

    Raises ValueError for a name that is no exercise's, and for code that is too long.
    """
    exercise(name)
    if len(code) > LONGEST_CODE:
        raise ValueError(f"the file has {len(code):,} characters; allowed are {LONGEST_CODE:,}")
    seed = secrets.randbelow(SEEDS) if seed is None else seed
    orders = {"name": name, "code": code, "seed": seed, "seconds": seconds, "memory_mb": memory_mb}
    with tempfile.TemporaryDirectory(prefix="effnet-exercise-", ignore_cleanup_errors=True) as folder:
        orders |= {"nonce": secrets.token_hex(16), "folder": folder}
        status, output = _run(orders)
        report = _report(Path(folder, RESULT), orders["nonce"])
    report = report or Report(name, seed, problem=_why_no_report(status, output, seconds))
    return replace(report, output=_bounded(output))


def _run(orders: dict) -> tuple[int | None, bytes]:
    """The child's exit status, None if it had to be ended, and what it printed, up to one byte over MOST_OUTPUT."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    with open(Path(orders["folder"], "output"), "w+b") as output:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", f"{__package__}.judging"],
            cwd=orders["folder"],
            env=kept | {"PYTHONPATH": str(ROOT), "HOME": orders["folder"], "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that what the code starts ends with it
        )
        try:
            with suppress(BrokenPipeError), child.stdin:
                child.stdin.write(json.dumps(orders).encode() + b"\n")
            deadline = time.monotonic() + START_SECONDS + orders["seconds"]
            while child.poll() is None and time.monotonic() < deadline and _size(output) <= MOST_OUTPUT:
                time.sleep(POLL_SECONDS)
        finally:
            status = child.poll()
            _end(child)
        output.seek(0)
        return status, output.read(MOST_OUTPUT + 1)


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _end(child: subprocess.Popen) -> None:
    """End the child and all that it started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


def _report(path: Path, nonce: str) -> Report | None:
    """The child's report, if it is the one that was asked for."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        if row.pop("nonce") != nonce:
            return None
        return Report(**row | {"passed": tuple(row["passed"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _why_no_report(status: int | None, output: bytes, seconds: int) -> str:
    if len(output) > MOST_OUTPUT:
        return TOO_MUCH_OUTPUT
    if status is None or -status in TIME_SIGNALS:
        return f"The code did not finish within {seconds} seconds. Is there a loop without an end?"
    if status == 0:
        return "The code ended the program before the check was done."
    return f"Python itself stopped (exit status {status}) before the check was done."


def _bounded(output: bytes) -> str:
    text = output.decode("utf-8", errors="replace")
    return text if len(text) <= LONGEST_OUTPUT else f"{text[:LONGEST_OUTPUT]}\n… (there was more)"
