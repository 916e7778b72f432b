"""Figures of a run (files tried, faults injected, memory), told at its end in one place (a plugin: conftest.py).

`--figures benchmarks/faults.json` keeps them for README's table.
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
    if config.pluginmanager.hasplugin("dsession"):
        config.pluginmanager.register(OfProcesses())


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
    if path := config.getoption("figures"):
        versions = {name: version(name) for name in ("pillow", "torch", "streamlit")}
        conditions = {"python": platform.python_version(), "versions": versions, "date": date.today().isoformat()}
        path.write_text(json.dumps({"conditions": conditions, "results": lines}, indent=1) + "\n", encoding="utf-8")
