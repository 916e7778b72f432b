"""Files changed at random, from a seed; and what a process of its own makes of many of them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from .paths import ROOT

MOST_MB, MOST_S = 600, 5.0  # memory beyond what the process took before, seconds of the processor


def changed(data: bytes, count: int, seed: object) -> Iterator[bytes]:
    """Copies with bits flipped, bytes exchanged, stretches cut out, doubled or moved; most changes near the start."""
    draw = random.Random(str(seed))
    for _ in range(count):
        copy = bytearray(data)
        for _ in range(draw.randrange(1, 6)):
            at = min(len(copy) - 1, int(len(copy) * draw.random() ** draw.choice((1, 3, 6))))
            length = draw.randrange(1, 40)
            way = draw.randrange(5)
            if way == 0:
                copy[at] ^= 1 << draw.randrange(8)
            elif way == 1:
                copy[at : at + 4] = draw.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", draw.randbytes(4)))
            elif way == 2:
                del copy[at : at + length]
            elif way == 3:
                copy[at:at] = copy[at : at + length]
            else:
                copy = copy[: max(1, at)]
        yield bytes(copy)


def read_all(kind: str, files: Iterable[tuple[str, bytes]], folder: Path) -> dict[str, dict]:
    """What reading_process says of each file by its name. Nothing fails, nothing takes more than the limits."""
    names = []
    for number, (name, data) in enumerate(files):
        (folder / f"{number:06}").write_bytes(data)
        names.append(f"{number} {name}")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-m", "support.reading_process", kind, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    rows = {name: json.loads(line) for name, line in zip(names, done.stdout.splitlines(), strict=True)}
    assert not {name: row["said"] for name, row in rows.items() if row["outcome"] == "failed"}
    assert not {name: row for name, row in rows.items() if row["megabytes"] > MOST_MB or row["seconds"] > MOST_S}
    said = {row["said"] for row in rows.values() if row["outcome"] == "refused"}
    assert not [text for text in said if not text.startswith("mine.") or len(text) > 500 or not text.isprintable()]
    return rows


def figures(kind: str, rows: dict[str, dict]) -> str:
    counts = Counter(row["outcome"] for row in rows.values())
    megabytes, seconds = (max(row[key] for row in rows.values()) for key in ("megabytes", "seconds"))
    return (
        f"\n{kind}: {len(rows):,} tried, {counts['read']:,} read, {counts['refused']:,} refused in words; "
        f"at most {megabytes:.0f} MB and {seconds:.1f} s for one"
    )
