"""Hundreds of broken and odd pictures: each gives a picture or a sentence, in little memory and time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from support.odd_pictures import pictures
from support.paths import ROOT
from support.pictures import noise, saved

from effnet_core.images import reading
from effnet_core.images.reading import ImageRejected, read_image

MOST_MB, MOST_S = 600, 5.0  # memory beyond what the process took before, seconds of the processor
NAMES = (
    "<img src=x onerror=alert(1)>.png",
    "![](//host/x.png)",
    "x" * 500,
    "a\u202egnp.exe",
    "\x00\n\x1b[31m",
    "=cmd|1",
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a process is forked for each file")


def test_each_gives_a_picture_or_a_sentence(tmp_path, capsys):
    names = []
    for number, (name, data) in enumerate(pictures()):
        (tmp_path / f"{number:04}").write_bytes(data)
        names.append(name)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-m", "support.reading_process", "pictures", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    rows = {name: json.loads(line) for name, line in zip(names, done.stdout.splitlines(), strict=True)}
    counts = Counter(row["outcome"] for row in rows.values())
    most = {key: max(row[key] for row in rows.values()) for key in ("megabytes", "seconds")}
    with capsys.disabled():
        print(f"\nodd pictures: {len(rows)} tried, {counts['read']} read, {counts['refused']} refused, at most {most}")
    assert len(rows) > 350 and min(counts["read"], counts["refused"]) > 100
    assert not [(name, row["said"]) for name, row in rows.items() if row["outcome"] == "failed"]
    assert not [(name, row) for name, row in rows.items() if row["megabytes"] > MOST_MB or row["seconds"] > MOST_S]
    said = {row["said"] for row in rows.values() if row["outcome"] == "refused"}
    assert all(text.startswith("mine.png ") and len(text) < 300 and text.isprintable() for text in said)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("data", [b"", b"text", saved(noise(9, 9), "PNG")[:40]], ids=["empty", "text", "cut off"])
def test_names_in_sentences_are_short_and_plain(name, data):
    with pytest.raises(ImageRejected) as caught:
        read_image(data, name)
    assert len(str(caught.value)) < 300 and str(caught.value).isprintable()


def test_a_large_picture_is_converted_in_parts_like_a_small_one(monkeypatch):
    for kind, picture in (("PNG", noise(60, 41)), ("PNG", noise(60, 41).convert("RGBA")), ("GIF", noise(60, 41))):
        data = saved(picture, kind)
        whole = read_image(data)
        for pixels in (7, 60, 100):
            monkeypatch.setattr(reading, "PART_PIXELS", pixels)
            assert read_image(data) == whole
        monkeypatch.undo()
