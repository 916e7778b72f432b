"""Files changed at random, from a seed or by Hypothesis; and what a process of its own makes of many of them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

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


@st.composite
def mutations(draw: st.DrawFn, whole: Mapping[str, bytes]) -> bytes:
    """One of these files after some changes, which Hypothesis can make fewer and smaller."""
    data = bytearray(whole[draw(st.sampled_from(sorted(whole)))])
    places = st.floats(0, 1).map(lambda share: share**4) | st.floats(0, 1)  # most of them where the headers are
    for _ in range(draw(st.integers(1, 6))):
        at, length = int(draw(places) * len(data)), draw(st.integers(1, 64))
        match draw(st.sampled_from(("exchange", "cut out", "double", "end", "flip"))):
            case "exchange":
                new = draw(st.binary(min_size=1, max_size=8) | st.sampled_from((b"\xff" * 4, bytes(4), b"\x7f" * 8)))
                data[at : at + len(new)] = new
            case "cut out":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length] * draw(st.sampled_from((1, 2, 100)))
            case "end":
                del data[at:]
            case "flip" if data:
                data[min(at, len(data) - 1)] ^= 1 << draw(st.integers(0, 7))
    return bytes(data)


class Reader:
    """A process that reads files as long as they come; `rows` is what it said, by number."""

    def __init__(self, kind: str, folder: Path, process: subprocess.Popen) -> None:
        self.kind, self.place, self.process, self.rows = kind, folder / "file", process, {}

    def read(self, data: bytes) -> dict:
        """Nothing fails, nothing takes more than the limits, and what is refused is refused in words."""
        self.place.write_bytes(data)
        self.process.stdin.write(f"{self.place}\n")
        self.process.stdin.flush()
        row = self.rows[str(len(self.rows))] = json.loads(self.process.stdout.readline())
        check({"this file": row})
        return row


@contextmanager
def reading(kind: str, folder: Path) -> Iterator[Reader]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-m", "support.reading_process", kind], env=_environment(), **pipes) as made:
        yield Reader(kind, folder, made)
        made.stdin.close()


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}


def read_all(kind: str, files: Iterable[tuple[str, bytes]], folder: Path) -> dict[str, dict]:
    """What reading_process says of each file by its name. Nothing fails, nothing takes more than the limits."""
    names = []
    for number, (name, data) in enumerate(files):
        (folder / f"{number:06}").write_bytes(data)
        names.append(f"{number} {name}")
    command = [sys.executable, "-m", "support.reading_process", kind, str(folder)]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=True)
    rows = {name: json.loads(line) for name, line in zip(names, done.stdout.splitlines(), strict=True)}
    check(rows)
    return rows


def check(rows: Mapping[str, dict]) -> None:
    assert not {name: row["said"] for name, row in rows.items() if row["outcome"] == "failed"}
    assert not {name: row for name, row in rows.items() if row["megabytes"] > MOST_MB or row["seconds"] > MOST_S}
    said = {row["said"] for row in rows.values() if row["outcome"] == "refused"}
    assert not [text for text in said if not text.startswith("mine.") or len(text) > 500 or not text.isprintable()]


def figures(kind: str, rows: dict[str, dict]) -> str:
    counts = Counter(row["outcome"] for row in rows.values())
    megabytes, seconds = (max(row[key] for row in rows.values()) for key in ("megabytes", "seconds"))
    return (
        f"{kind}: {len(rows):,} tried, {counts['read']:,} read, {counts['refused']:,} refused in words; "
        f"at most {megabytes:.0f} MB and {seconds:.1f} s for one"
    )
