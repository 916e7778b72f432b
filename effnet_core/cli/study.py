"""The command that runs an experiment: study."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TextIO

from ..training import study as studies
from ..training import study_results
from ..training.study_results import Row
from ..units import duration, mega
from .cluster_argument import add_cluster_argument, on_ray
from .train import class_rows


def add_commands(command) -> None:
    parser = command(study)
    parser.add_argument("name", choices=studies.NAMES, help="which experiment")
    parser.add_argument("data", type=Path, help="folder with zip files of train|val/<class>/* pictures")
    parser.add_argument(
        "--results", type=Path, default=study_results.FOLDER, metavar="FOLDER", help="default: results/"
    )
    parser.add_argument("--classes", type=Path, help="tab-separated class, label, group (default: the bundled 100)")
    parser.add_argument("--way", action="append", default=[], help="only arms of this way, and the base")
    parser.add_argument("--epochs", type=int, help="another number of epochs for all arms: rows of their own file")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="runs at once, one thread each")
    parser.add_argument("--device", default="auto")
    add_cluster_argument(parser, "all runs, each in a process of one thread or with a GPU")
    parser.add_argument("--plan", action="store_true", help="say what would be run and how long it takes, and stop")


def study(options: argparse.Namespace) -> int:
    """Train small networks alike and compare them; appends a row a run to results/study_NAME.csv, and resumes."""
    asked = studies.read(options.name, epochs=options.epochs)
    ways = {arm.way for arm in asked.arms}
    if unknown := set(options.way) - ways:
        raise ValueError(f"{asked.name} has no way {', '.join(sorted(unknown))}; it has {', '.join(sorted(ways))}")
    if options.processes < 1:
        raise ValueError(f"{options.processes} runs at once are asked for; allowed is 1 or more")
    if not sorted(options.data.glob("*.zip")):
        raise ValueError(f"no zip files in {options.data}")
    from ..networks.device import pick_device
    from ..training import study_runs

    results = study_results.path_of(asked.name, options.results, epochs=options.epochs)
    wanted = (studies.BASE, *options.way) if options.way else ()
    classes = [row["class"] for row in class_rows(options.classes)]
    device = pick_device(options.device)
    todo = study_runs.jobs(asked, options.data, classes, results, device=device, ways=wanted)
    processes = min(options.processes, max(1, len(todo)))
    seconds = study_runs.estimate(todo, processes)
    ran = on_ray().runs if options.cluster else partial(study_runs.side_by_side, processes=processes)
    alone = " on this computer alone" if options.cluster else ""
    tell = sys.stderr if options.json else sys.stdout
    print(
        f"{asked.title}: {len(todo)} runs to do, about {duration(seconds)}{alone}; rows go to {results}",
        file=tell,
        flush=True,
    )
    if options.plan:
        for job in todo:
            print(f"  {job.arm.name}, seed {job.seed}: {mega(asked.macs(job.arm))} MACs", file=tell)
    done = [] if options.plan else list(_told(study_runs.run_all(todo, results, ran), len(todo), tell))
    if options.json:
        print(json.dumps({"results": str(results), "runs": len(todo), "seconds": seconds, "rows": done}))
    return 1 if any(row["problem"] for row in done) else 0


def _told(rows: Iterator[Row], count: int, tell: TextIO) -> Iterator[dict]:
    for number, row in enumerate(rows, start=1):
        what = row.problem or f"{row.top1:.1%} of {row.test_pictures:,} test pictures"
        print(
            f"{number} of {count}: {row.arm}, seed {row.seed}: {what} ({duration(row.seconds)})", file=tell, flush=True
        )
        yield asdict(row)
