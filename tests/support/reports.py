"""Figures of a run (files tried, faults injected, memory), told at its end in one place (a plugin: conftest.py).

A test marked `fault("while …")` counts as one when it passes. `--figures benchmarks/faults.json` keeps the figures for
README's table, beside those of other kinds that an earlier run left there.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pytest

_counts: Counter[str] = Counter()
_lines: list[str] = []
HEAD = "bad input and faults"


def told_at_the_end(what: str, count: int = 0) -> None:
    """A sentence of figures; or, with a count, what was done so often, summed over all tests that say the same."""
    if count:
        _counts[what] += count
    else:
        _lines.append(what)


class OfProcesses:
    """With several processes, each worker sends its figures when it ends."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node) -> None:
        output = getattr(node, "workeroutput", {})
        _counts.update(output.get("counts", {}))
        _lines.extend(output.get("lines", []))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, metavar="FILE", help="write the figures of bad input and faults there")


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(OfProcesses())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.passed:
        for marker in item.iter_markers("fault"):
            told_at_the_end(f"faults injected {marker.args[0]}, each told in words and nothing lost", 1)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput |= {"counts": dict(_counts), "lines": _lines}
    return (yield)


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    lines = sorted([f"{what}: {count:,}" for what, count in _counts.items()] + _lines)
    if lines:
        terminalreporter.section(HEAD)
        for line in lines:
            terminalreporter.line(line)
    path = config.getoption("figures")
    if path and not hasattr(config, "workeroutput"):
        versions = {name: version(name) for name in ("pillow", "torch", "streamlit")}
        conditions = {"python": platform.python_version(), "versions": versions, "date": date.today().isoformat()}
        kept = json.loads(path.read_text(encoding="utf-8"))["results"] if path.exists() else {}
        results = kept | dict(line.split(": ", 1) for line in lines)
        path.write_text(json.dumps({"conditions": conditions, "results": results}, indent=1) + "\n", encoding="utf-8")
