"""The table of README's section "Measured", from benchmarks/*.json: python docs/measured.py [--write].

It prints the table, or puts it in its place with --write.

The JSON files hold all that was measured, and under which conditions.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START, END = "<!-- measured -->\n", "<!-- end of measured -->\n"
sys.path.append(str(ROOT))

from effnet_core.published.claims import claims  # noqa: E402
from effnet_core.units import three_digits  # noqa: E402

PAGES = {"classify": "Classify", "se_gates": "SE gates"}
HEADER = "| what | measured | beside it | conditions |\n|---|---|---|---|\n"


def table(folder: Path = ROOT / "benchmarks") -> str:
    """Markdown: a row for each headline figure of the files that are there."""
    rows = []
    for name, shown in FILES.items():
        path = folder / f"{name}.json"
        if path.is_file():
            rows += shown(json.loads(path.read_text(encoding="utf-8")))
    return HEADER + "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _cost(found: dict) -> Iterator[tuple[str, str, str, str]]:
    results = dict(found["results"])
    ours = results.pop("effnet_core")
    others = (
        f"{name} {_seconds(row['median_ms'])}, {row['ratio_to_effnet_core']:,.0f} ×" for name, row in results.items()
    )
    said = found["conditions"]
    conditions = f"one thread, torch {said['versions']['torch']}, {said['date']}"
    yield said["what"], _seconds(ours["median_ms"]), "; ".join(others), conditions


def _headline(found: dict) -> Iterator[tuple[str, str, str, str]]:
    times = {row["name"]: row["median_ms"] for row in found["rows"]}
    named = {claim.text: claim for claim in claims()}
    loads = [row["load_average"] for row in found["rows"] if row["load_average"] is not None]
    first = found["rows"][0]
    conditions = f"one thread, {first['machine']}, torch {first['versions']['torch']}, {first['date'][:10]}"
    conditions += f", load {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    for row in found["claims"]:
        claim = named[row["claim"]]
        both = f"{_seconds(times[claim.ours])} against {_seconds(times[claim.theirs])}"
        yield f'"{row["claim"]}"', f"{row['measured']:.1f} × ({both})", f"{row['published']:g} ×, published", conditions


def _dragging(found: dict) -> Iterator[tuple[str, str, str, str]]:
    moved, released = found["results"]["dragging"], found["results"]["from_release_ms"]
    worst = f"longest frame {moved['longest_frame_ms']:.0f} ms"
    said = found["conditions"]
    load = f"{said['processors']} cores, load {said['load_before']:.1f} before, {said['date']}"
    yield "φ under the mouse, Scaling", f"{moved['frames_per_second']:.0f} frames a second", worst, load
    bare = f"{_seconds(released['bare_chart']['median'])}, a page with one slider and one chart"
    yield "from letting go to the last chart", _seconds(released["scaling_chart"]["median"]), bare, load
    yield "from letting go to the last sentence", _seconds(released["scaling_text"]["median"]), bare, load


def _redraw(found: dict) -> Iterator[tuple[str, str, str, str]]:
    said = found["conditions"]
    load = f"{said['cpu_cores']} cores, load {said['load_before_run']:.1f} before, {said['date']}"
    for page, row in found["results"].items():
        spread = f"{row['fastest_s']:.2f} to {row['slowest_s']:.2f} s"
        yield f"from another picture to its answer, {PAGES[page]}", f"{row['median_s']:.2f} s", spread, load


FILES = {"cost": _cost, "headline": _headline, "dragging": _dragging, "redraw": _redraw}


def _seconds(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return f"{three_digits(milliseconds / 1000)} s"
    return f"{three_digits(milliseconds)} ms"


def main() -> None:
    if "--write" not in sys.argv:
        print(table(), end="")
        return
    readme = ROOT / "README.md"
    text = re.sub(f"{START}.*{END}", f"{START}{table()}{END}", readme.read_text(encoding="utf-8"), flags=re.DOTALL)
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
