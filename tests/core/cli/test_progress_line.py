"""The line of a long command: done, share, rate and time left; in place on a terminal, seldom in a log."""

import io

from effnet_core.cli import progress_line
from effnet_core.cli.progress_line import ProgressLine
from effnet_core.units import percent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_says_how_long_is_left_by_this_runs_own_rate(monkeypatch):
    now = 0.0
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: now)
    line = ProgressLine(2_000, begun_at=1_000, stream=io.StringIO())
    assert line.text() == f"1,000 of 2,000 pictures, {percent(0.5, 1)}, 0.0 a second"
    for _ in range(100):
        line.step()
    now = 50.0
    assert line.text() == f"1,100 of 2,000 pictures, {percent(0.55, 1)}, 2.0 a second, 8 min left"


def test_a_log_gets_a_line_a_minute_and_a_terminal_one_in_place(monkeypatch):
    now = 0.0
    monkeypatch.setattr(progress_line.time, "monotonic", lambda: now)
    log, terminal = io.StringIO(), Terminal()
    lines = [ProgressLine(300, stream=stream) for stream in (log, terminal)]
    for _ in range(300):
        now += 0.3
        for line in lines:
            line.step()
    for line in lines:
        line.end()
    assert len(log.getvalue().splitlines()) == 2 and "\x1b" not in log.getvalue()
    assert terminal.getvalue().count("\r") > 100 and terminal.getvalue().endswith("\n")
