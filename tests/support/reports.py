"""Figures of a run (files tried, faults injected, memory), told at its end in one place (a plugin: conftest.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

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


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("dsession"):
        config.pluginmanager.register(OfProcesses())


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput |= {"counts": dict(_counts), "lines": _lines}
    return (yield)


def pytest_terminal_summary(terminalreporter) -> None:
    if _counts or _lines:
        terminalreporter.section(HEAD)
        for line in sorted([f"{what}: {count:,}" for what, count in _counts.items()] + _lines):
            terminalreporter.line(line)
