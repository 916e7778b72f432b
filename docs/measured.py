"""The table of README's section "Measured", and the sizes in docs/cluster.md, from benchmarks/*.json.

python docs/measured.py [--write] prints both, or puts them in their places with --write.

The JSON files hold all that was measured, and under which conditions.
"""

from __future__ import annotations

import json
import math
import re
import statistics
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START, END = "<!-- measured -->\n", "<!-- end of measured -->\n"
SIZES_START, SIZES_END = "<!-- sizes -->\n", "<!-- end of sizes -->\n"
STUDENTS = (100, 1_000, 10_000)
ACTS_EVERY_S, MOST_BUSY = 5, 0.7  # assumed of a student who reads, too; of a worker's core, so that few wait
A_LESSON_S = 3600
sys.path.append(str(ROOT))

from effnet_core.published.claims import claims  # noqa: E402
from effnet_core.units import three_digits  # noqa: E402

PAGES = {"classify": "Classify", "se_gates": "SE gates"}
HEADER = "| what | measured | beside it | conditions |\n|---|---|---|---|\n"


def table(folder: Path = ROOT / "benchmarks") -> str:
    """Markdown: a row for each headline figure of the files that are there."""
    rows = []
    for name, shown in (FILES | BY_TESTS).items():
        path = folder / f"{name}.json"
        if path.is_file():
            rows += shown(json.loads(path.read_text(encoding="utf-8")))
    return HEADER + "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _cost(report: dict) -> Iterator[tuple[str, str, str, str]]:
    results = dict(report["results"])
    ours = results.pop("effnet_core")
    others = (
        f"{name} {_seconds(row['median_ms'])}, {row['ratio_to_effnet_core']:,.0f} ×" for name, row in results.items()
    )
    made_under = report["conditions"]
    conditions = f"one thread, torch {made_under['versions']['torch']}, {made_under['date']}"
    yield made_under["what"], _seconds(ours["median_ms"]), "; ".join(others), conditions


def _headline(report: dict) -> Iterator[tuple[str, str, str, str]]:
    times = {row["name"]: row["median_ms"] for row in report["rows"]}
    named = {claim.text: claim for claim in claims()}
    loads = [row["load_average"] for row in report["rows"] if row["load_average"] is not None]
    first = report["rows"][0]
    conditions = f"one thread, {first['machine']}, torch {first['versions']['torch']}, {first['date'][:10]}"
    conditions += f", load {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    for row in report["claims"]:
        claim = named[row["claim"]]
        both = f"{_seconds(times[claim.ours])} against {_seconds(times[claim.theirs])}"
        yield f'"{row["claim"]}"', f"{row['measured']:.1f} × ({both})", f"{row['published']:g} ×, published", conditions


def _dragging(report: dict) -> Iterator[tuple[str, str, str, str]]:
    moved, released = report["results"]["dragging"], report["results"]["from_release_ms"]
    worst = f"longest frame {moved['longest_frame_ms']:.0f} ms"
    conditions = report["conditions"]
    load = f"{conditions['processors']} cores, load {conditions['load_before']:.1f} before, {conditions['date']}"
    yield "φ under the mouse, Scaling", f"{moved['frames_per_second']:.0f} frames a second", worst, load
    bare = f"{_seconds(released['bare_chart']['median'])}, a page with one slider and one chart"
    yield "from letting go to the last chart", _seconds(released["scaling_chart"]["median"]), bare, load
    yield "from letting go to the last sentence", _seconds(released["scaling_text"]["median"]), bare, load


def _redraw(report: dict) -> Iterator[tuple[str, str, str, str]]:
    conditions = report["conditions"]
    load = f"{conditions['cpu_cores']} cores, load {conditions['load_before_run']:.1f} before, {conditions['date']}"
    for page, row in report["results"].items():
        spread = f"{row['fastest_s']:.2f} to {row['slowest_s']:.2f} s"
        yield f"from another picture to its answer, {PAGES[page]}", f"{row['median_s']:.2f} s", spread, load


def _server_cpu(report: dict) -> Iterator[tuple[str, str, str, str]]:
    conditions, rows = report["conditions"], dict(report["results"])
    load = f"{conditions['cores']} cores, {conditions['processor']}, {conditions['date']}"
    bare = rows.pop("bare")
    slowest = max(rows, key=lambda page: rows[page]["rerun"]["cpu_ms"])
    least = min(row["rerun"]["cpu_ms"] for row in rows.values())
    shown = f"{_seconds(least)} to {_seconds(rows[slowest]['rerun']['cpu_ms'])} ({slowest})"
    beside = "a page with one slider and one chart"
    yield (
        "CPU of the server for one rerun, answer cached",
        shown,
        f"{_seconds(bare['rerun']['cpu_ms'])}, {beside}",
        load,
    )
    inside = [row["move"]["cpu_ms"] for row in rows.values() if row.get("move", {}).get("in_fragment")]
    if inside:
        shown = f"{_seconds(min(inside))} to {_seconds(max(inside))}"
        yield "and for a move inside a fragment", shown, f"{_seconds(bare['move']['cpu_ms'])}, the same page", load


def _classroom(report: dict) -> Iterator[tuple[str, str, str, str]]:
    for scenario, shown in CLASSROOM.items():
        if scenario in report:
            conditions = report[scenario]["conditions"]
            load = f"{conditions['cores']} cores, load {conditions['load_before']:.1f} before, {conditions['date']}"
            yield from ((*cells, load) for cells in shown(report[scenario]["results"]))


def _class_overview(results: dict) -> Iterator[tuple[str, str, str]]:
    rounds = {name: max(rows, key=_p95) for name, rows in results["rounds"].items()}
    largest = max((name for name in rounds if name != "bare"), key=int)
    ours, bare = rounds[largest], rounds["bare"]
    beside = f"{_seconds(1000 * _p95(bare))}, as many on a page with one slider and one chart"
    yield f"{largest} students moving φ, 95 of 100 answers within", f"{_seconds(1000 * _p95(ours))}", beside


def _class_classify(results: dict) -> Iterator[tuple[str, str, str]]:
    shown = f"{_seconds(1000 * _p95(results, 'picture'))}, {results['errors']} errors"
    beside = (
        f"the other half moves the opacity, {_seconds(1000 * _p95(results))}; server {results['server_peak_mb']:,} MB"
    )
    yield (
        f"{results['sessions']} students on Classify, half with photographs of 12 megapixels, 95 of 100",
        shown,
        beside,
    )


def _class_mixed(results: dict) -> Iterator[tuple[str, str, str]]:
    requests = sum(row["count"] for row in results["requests"].values())
    shown = f"{results['errors']} errors or others' answers in {requests:,}"
    yield f"{results['sessions']} students on all pages", shown, f"{_seconds(1000 * _p95(results))}, 95 of 100 moves"


def _class_memory(results: dict) -> Iterator[tuple[str, str, str]]:
    left, many = results["interactions"], results["at_once"]
    beside = f"{left['many_mb']:,} MB against {left['few_mb']:,} MB"
    yield f"memory after {left['many']} moves against after {left['few']}", f"{left['more']:+.1%}", beside
    kept = results["photographs"]
    beside = f"server {kept['open_mb']:,} MB, when they have expired {kept['expired_mb']:,} MB"
    what = f"memory of an open session with {kept['photographs']} photographs of 12 megapixels, of {kept['sessions']}"
    yield what, f"{kept['mb_a_session']:.0f} MB", beside
    beside = f"{many['server_cpu_s']:.1f} s of CPU"
    yield (
        f"{many['uploads']} photographs of 12 megapixels at once, until all are answered",
        f"{many['all_answered_s']:.1f} s",
        beside,
    )


CLASSROOM = {"overview": _class_overview, "classify": _class_classify, "mixed": _class_mixed, "memory": _class_memory}


def _p95(results: dict, kind: str = "move") -> float:
    return results["requests"][kind]["p95_s"]


def _soak(report: dict) -> Iterator[tuple[str, str, str, str]]:
    for scenario, row in report.items():
        conditions, results = row["conditions"], row["results"]
        where = f"{conditions['cores']} cores, load {conditions['load_before']:.1f} before, {conditions['date']}"
        if scenario == "greedy":
            p95 = results["p95_s"]
            what = (
                f"{results['sessions']} students moving φ beside one who asks for the longest answers, 95 of 100 within"
            )
            yield what, _seconds(1000 * p95["beside"]), f"{_seconds(1000 * p95['alone'])} without that one", where
        else:
            early, late = results["early"], results["late"]
            what = f"memory after {results[scenario]:,} {SOAKED[scenario]}, against after {early['done']:,}"
            beside = f"{late['open_files']:.0f} open files against {early['open_files']:.0f}, "
            beside += f"{late['threads']:.0f} threads against {early['threads']:.0f}; {results['errors']} errors"
            yield what, f"{late['memory_mb']:,.0f} MB against {early['memory_mb']:,.0f} MB", beside, where


SOAKED = {
    "interactions": "interactions on all pages",
    "visitors": "visitors with a photograph of 12 megapixels, all expired",
}


def _first_paint(report: dict) -> Iterator[tuple[str, str, str, str]]:
    conditions, results = report["conditions"], report["results"]
    load = f"{conditions['cores']} cores, load {conditions['load_before']:.1f} before, {conditions['date']}"
    for kind, what in {"start": "first page after the start, Overview", "reload": "the same, reloaded"}.items():
        bare = f"{_seconds(results['bare'][kind]['shown_ms'])}, a page with one slider and one chart"
        yield what, _seconds(results["overview"][kind]["shown_ms"]), bare, load


def _engines(report: dict) -> Iterator[tuple[str, str, str, str]]:
    conditions = report["conditions"]
    load = f"CPU time, one thread, {conditions['processor']}, torch {conditions['versions']['torch']}"
    load += f", {conditions['date']}"
    for name, result in report["results"].items():
        network = f"{name.removeprefix('efficientnet_').upper()}, {result['pixels']} px"
        row = result["by_threads"]["1"]["cpu"]
        times, in_forwards = row["median_ms"], row["in_plain_forwards"]
        plain = f"one plain forward pass of torchvision's, {_seconds(times['plain forward'])}"
        yield f"explain, 5 maps and all gates, {network}", f"{row['ratios']['explain, 5 maps']:.2f} ×", plain, load
        decoded = f"Pillow, torchvision's transforms, forward pass, {_seconds(times['from JPEG, plain'])}"
        yield f"the same from a JPEG of 12 megapixels, {network}", f"{row['ratios']['from JPEG']:.2f} ×", decoded, load
        libraries = ", ".join(f"{each} {in_forwards[each]:.1f}" for each in ("captum", "torchcam", "pytorch-grad-cam"))
        shown = f"{row['faster_than_it']:.1f} × as fast as {row['fastest_library']}"
        shown += f"; {row['faster_if_all_but_the_folded_forward_were_free']:.1f} × with the forward pass alone"
        yield f"the same with one map, {network}", shown, f"in plain forward passes: {libraries}", load


def _gpu(report: dict) -> Iterator[tuple[str, str, str, str]]:
    """The first and the last network; only ways whose answers hold count."""
    conditions, networks = report["conditions"], list(report["results"].items())
    card = f"{conditions['device_name']}, torch {conditions['versions']['torch']}, {conditions['date']}"
    checked = [trained["ways"] for trained in report["exactness"].values()]
    for name, result in dict([networks[0], networks[-1]]).items():
        network, plain = f"{name.upper()}, {result['pixels']} px", result["ways"]["float32"]
        good = [way for way in result["ways"] if all(rows[way].get("holds") for rows in checked)]
        rows = {way: result["ways"][way] for way in good if "failed" not in result["ways"][way]}
        way, row = min(rows.items(), key=lambda row: row[1]["one_picture_ms"]["p50"])
        beside = f"{_seconds(plain['one_picture_ms']['p50'])}, float32"
        yield f"one picture, {network}", f"{_seconds(row['one_picture_ms']['p50'])}, {way}", beside, card
        way, row = max(rows.items(), key=lambda row: row[1]["pictures_per_s"])
        shown = f"{row['pictures_per_s']:,.0f}, {way}: {row['share_of_limit']:.0%} of the card's limit"
        yield f"pictures a second, {network}", shown, f"{plain['pictures_per_s']:,.0f}, float32", card


def _vote(report: dict) -> Iterator[tuple[str, str, str, str]]:
    conditions, results = report["conditions"], report["results"]
    load = f"{conditions['cores']} cores, load {conditions['load_before']:.1f} before, {conditions['date']}"
    median = {name: statistics.median(row[name] for row in results["rounds"]) for name in results["rounds"][0]}
    errors = sum(row["errors"] for row in results["rounds"])
    shown = f"{_seconds(1000 * median['arrived_p95_s'])}, {errors} errors"
    beside = f"all on the screen {_seconds(1000 * median['all_on_screen_s'])} after the last"
    beside += f"; {median['server_cpu_s']:.1f} s of CPU"
    yield f"{results['phones']} phones open a vote and vote within 10 s, 95 of 100 arrive in", shown, beside, load


def _clicks(report: dict) -> Iterator[tuple[str, str, str, str]]:
    conditions = report["conditions"]
    load = f"{conditions['cpu_cores']} cores, load {conditions['load_before_run']:.1f} before, {conditions['date']}"
    for network, kind in ((False, "no network computes"), (True, "the offline model computes")):
        rows = {name: row for name, row in report["results"].items() if row["network"] == network}
        slowest = max(rows, key=lambda name: rows[name]["slowest_s"])
        middle = statistics.median(row["p50_s"] for row in rows.values())
        what = f"from a click to what it shows, {len(rows)} kinds where {kind}, {conditions['tries']} of each at most"
        shown = f"{_seconds(1000 * rows[slowest]['slowest_s'])}, the slowest of all ({slowest})"
        yield what, shown, f"in the middle {_seconds(1000 * middle)}; {rows[slowest]['limit_s']:g} s are allowed", load


def _serving(report: dict) -> Iterator[tuple[str, str, str, str]]:
    conditions, ways = report["conditions"], report["results"]
    where = f"{conditions['cores']} cores, load {conditions['load_before']:.1f} before, ray "
    where += f"{conditions['versions']['ray']}, {conditions['date']}"
    here, http, ray = (ways[name] for name in ("in the process", "HTTP", "Ray Serve"))
    beside = f"{_seconds(here['one_ms'])} in the process itself, {_seconds(ray['one_ms'])} over Ray Serve"
    yield "one picture of the offline model, over HTTP", _seconds(http["one_ms"]), beside, where
    beside = f"{here['a_second']:.0f} in the process itself, {ray['a_second']:.0f} over Ray Serve, up to "
    beside += f"{report['largest_batch']} in one pass"
    what = f"answers a second to {conditions['clients']} clients at once, over HTTP"
    yield what, f"{http['a_second']:.0f}", beside, where


def _faults(report: dict) -> Iterator[tuple[str, str, str, str]]:
    versions = ", ".join(f"{name} {number}" for name, number in report["conditions"]["versions"].items())
    for what, figures in report["results"].items():
        yield what, figures, "", f"{versions}, {report['conditions']['date']}"


FILES = {"cost": _cost, "headline": _headline, "dragging": _dragging, "redraw": _redraw, "gpu": _gpu}
FILES |= {"first_paint": _first_paint, "server_cpu": _server_cpu, "classroom": _classroom, "vote": _vote}
FILES |= {"engines": _engines, "soak": _soak, "clicks": _clicks, "serving": _serving}
BY_TESTS = {"faults": _faults}  # python -m pytest -m "not browser" --figures benchmarks/faults.json


def sizes(folder: Path = ROOT / "benchmarks") -> str:
    """Markdown: what so many students at once need, from the measured class on all pages and the measured engine."""
    read = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    mixed, network_s = read["classroom"]["mixed"]["results"], _network_seconds(read["engines"]["results"])
    photographs = read["classroom"]["memory"]["results"]["photographs"]
    counts = {kind: row["count"] for kind, row in mixed["requests"].items()}
    asked = sum(counts[kind] for kind in ("picture", "source")) / sum(counts.values())
    act_s, worker_mb = mixed["server_cpu_ms_a_request"] / 1000, mixed["server_peak_mb"]
    a_worker = math.floor(MOST_BUSY * ACTS_EVERY_S / act_s)
    cores = {f"{name}'s answers": seconds for name, seconds in network_s.items()}
    if ways := read.get("serving"):  # its clients and its networks share the cores
        cores["Ray Serve, offline model"] = ways["conditions"]["cores"] / ways["results"]["Ray Serve"]["a_second"]
    head = ["students at once", "workers of the app, a core each", "their memory", "questions to a network a second"]
    rows = [[*head, *(f"cores for {what}" for what in cores)], ["---:"] * (len(head) + len(cores))]
    for students in STUDENTS:
        workers, a_second = math.ceil(students / a_worker), asked * students / ACTS_EVERY_S
        row = f"{students:,}", f"{workers:,}", f"{workers * worker_mb / 1000:,.0f} GB", f"{a_second:,.0f}"
        rows.append([*row, *(f"{math.ceil(a_second * seconds):,}" for seconds in cores.values())])
    acts = A_LESSON_S / ACTS_EVERY_S
    networks = " or ".join(f"{asked * acts * seconds:.0f} s of {name}'s" for name, seconds in network_s.items())
    told = f"In a lesson of an hour a student takes {act_s * acts:.0f} s of the app's CPU and {networks}, and "
    told += (
        f"{worker_mb / a_worker:.0f} MB as a share of a worker at its peak. {photographs['photographs']} photographs "
    )
    told += f"of 12 megapixels that are kept open take {photographs['mb_a_session']:.0f} MB."
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows) + f"\n{textwrap.fill(told, 118)}\n"


def _network_seconds(results: dict) -> dict[str, float]:
    """B0, B4 -> CPU seconds of one answer with all its maps, one thread."""
    return {
        name.removeprefix("efficientnet_").upper(): row["by_threads"]["1"]["cpu"]["median_ms"]["explain, 5 maps"] / 1000
        for name, row in results.items()
    }


def _seconds(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return f"{three_digits(milliseconds / 1000)} s"
    return f"{three_digits(milliseconds)} ms"


def main() -> None:
    places = ("README.md", START, table(), END), ("docs/cluster.md", SIZES_START, sizes(), SIZES_END)
    for file, start, made, end in places:
        if "--write" not in sys.argv:
            print(made)
            continue
        path = ROOT / file
        text = re.sub(f"{start}.*{end}", f"{start}{made}{end}", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
