"""Many pictures become a table: each once, in order, also after a kill, and in the memory that few of them take."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from itertools import chain, cycle, islice
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from support.paths import ROOT

from effnet_core.__main__ import main
from effnet_core.explain import many_pictures
from effnet_core.explain.engine import Engine
from effnet_core.explain.many_pictures import EMPTY, Table, pictures_in, rows
from effnet_core.images.samples import load_sample
from effnet_core.networks import weights

SETTINGS = {"model": "tiny", "top": 1}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(weights.load("tiny"), "cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """120 pictures on two levels, and among them one that is none and a file of another kind."""
    folder = tmp_path_factory.mktemp("many")
    small = [load_sample(name).resize((40, 30)) for name in ("coffee", "chelsea", "rocket")]
    for number in range(120):
        place = folder / ("b" if number % 3 else "")
        place.mkdir(exist_ok=True)
        small[number % 3].save(place / f"{number:03d}.png")
    (folder / "050x.jpg").write_text("not a picture")
    (folder / "readme.txt").write_text("no picture by its name")
    return folder


def answer_to(name: str) -> dict:
    return {"file": name, **EMPTY}


def test_pictures_of_files_folders_and_patterns_come_in_order(folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = [str(path) for path in pictures_in(["b", "*x.jpg", "absent.png", "readme.txt"])]
    assert names[:2] == ["b/001.png", "b/002.png"] and names[-3:] == ["050x.jpg", "absent.png", "readme.txt"]
    assert names[:-3] == sorted(names[:-3]) and len(names) == 80 + 3
    whole = [str(path) for path in pictures_in(["."])]
    assert whole[0] == "000.png" and whole[-1] == "b/119.png" and "readme.txt" not in whole and len(whole) == 121
    Path("[1].png").write_text("")
    assert [str(path) for path in pictures_in(["[1].png"])] == ["[1].png"], "a file called so, no pattern"
    Path("[1].png").unlink()


def test_each_row_is_the_answer_of_its_picture(engine, folder):
    paths = [folder / "000.png", folder / "050x.jpg", folder / "absent.png", folder / "b" / "001.png"]
    coffee, text, absent, cat = rows(engine, paths, top=2, layer="features.7", target=3)
    for row, path in ((coffee, paths[0]), (cat, paths[3])):
        image, _ = many_pictures.read(path)
        [expected] = engine.explain([image], top=2, layer="features.7", target=3)
        assert row["file"] == str(path) and row["error"] is None
        assert [one["index"] for one in row["top"]] == [one.index for one in expected.top]
        assert row["top"][0]["probability"] == pytest.approx(expected.top[0].probability, abs=1e-5)
        assert (row["heatmap"]["layer"], row["heatmap"]["target"]) == ("features.7", 3)
        np.testing.assert_allclose(row["heatmap"]["values"], expected.heatmaps[0].values, atol=1e-4)
        assert len(row["gates"]) == len(expected.gates)
    assert "050x.jpg is text" in text["error"] and text["top"] is text["gates"] is text["heatmap"] is None
    assert "absent.png can't be read" in absent["error"]


def test_a_killed_run_goes_on_and_leaves_no_picture_out(folder, tmp_path, capsys):
    out, told = tmp_path / "killed.parquet", tmp_path / "told"
    code = (
        "import sys; from effnet_core.explain import many_pictures; from effnet_core.__main__ import main;"
        "many_pictures.PART_ROWS = many_pictures.BATCH = 8; sys.exit(main(sys.argv[1:]))"
    )
    words = ["explain", str(folder), "--device", "cpu", "--top", "2", "--out"]
    slow = "import time; real = many_pictures.read; many_pictures.read = lambda path: time.sleep(0.05) or real(path);"
    with open(told, "w") as log:
        running = subprocess.Popen(
            [
                sys.executable,
                "-c",
                code.replace("many_pictures.PART", f"{slow}many_pictures.PART", 1),
                *words,
                str(out),
            ],
            cwd=ROOT,
            stderr=log,
        )
        ends = time.monotonic() + 120
        while len(list(tmp_path.glob("killed.parquet.parts/*.parquet"))) < 3:
            assert running.poll() is None and time.monotonic() < ends, told.read_text()
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert not out.exists()
    assert main([*words, str(out), "--json"]) == 1, "one of the files is no picture"
    said = json.loads(capsys.readouterr().out)
    assert said["rows"] == 121 and 24 <= said["of an earlier run"] < 121 and said["failed"] == 1
    assert main([*words, str(tmp_path / "whole.parquet")]) == 1
    killed, whole = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("killed", "whole"))
    assert killed["file"].to_pylist() == [str(path) for path in pictures_in([folder])]
    assert killed.schema.equals(whole.schema, check_metadata=True)
    assert [row and row[0]["index"] for row in killed["top"].to_pylist()] == [
        row and row[0]["index"] for row in whole["top"].to_pylist()
    ]
    assert os.listdir(tmp_path).count("killed.parquet.parts") == 0


def test_parts_of_another_question_or_of_other_pictures_are_not_gone_on_with(tmp_path):
    table = Table(tmp_path / "out.parquet", SETTINGS)
    assert list(table.add(iter([answer_to("a.png"), answer_to("b.png")])))
    same = Table(tmp_path / "out.parquet", SETTINGS)
    assert same.resumed(map(Path, ["a.png", "b.png", "c.png"])) == (2, 0)
    for others in (["a.png", "x.png"], ["a.png"], []):
        with pytest.raises(ValueError, match="holds other pictures"):
            same.resumed(map(Path, others))
    with pytest.raises(ValueError, match="holds answers to another question"):
        Table(tmp_path / "out.parquet", SETTINGS | {"top": 2}).resumed(iter(()))


def test_a_run_that_was_killed_while_it_joined_the_parts_joins_them_again(tmp_path):
    table = Table(tmp_path / "out.parquet", SETTINGS)
    assert len(list(table.add(iter([answer_to("a.png"), answer_to("b.png") | {"error": "damaged"}])))) == 2
    (table.folder / "whole").write_bytes(b"half of it")
    again = Table(tmp_path / "out.parquet", SETTINGS)
    assert again.resumed(map(Path, ["a.png", "b.png"])) == (2, 1)
    again.finish()
    assert pq.read_table(tmp_path / "out.parquet")["file"].to_pylist() == ["a.png", "b.png"]
    assert not again.folder.exists()


def test_the_memory_does_not_grow_with_the_pictures(tmp_path, monkeypatch):
    """Twenty times as many rows, with maps and gates, take no more than a part."""
    monkeypatch.setattr(many_pictures, "PART_ROWS", 64)
    values = np.zeros((16, 16), np.float32)

    def some(count: int):
        filled = {
            "top": [dict.fromkeys(many_pictures.PREDICTION)],
            "gates": [{"block": "one", "values": np.zeros(512, np.float32)}],
        }
        for number in range(count):
            yield {
                **answer_to(f"{number}.png"),
                **filled,
                "heatmap": {"layer": "input", "target": 0, "values": values.copy()},
            }

    def peak(count: int) -> int:
        table = Table(tmp_path / f"{count}.parquet", SETTINGS)
        tracemalloc.start()
        for _ in table.add(some(count)):
            pass
        table.finish()
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert pq.read_metadata(table.out).num_rows == count
        return highest

    peak(64)
    assert peak(64 * 40) < 2 * peak(64 * 2)


def test_nothing_is_held_ahead_of_the_network_but_a_batch(engine, folder):
    """Paths are taken as they are needed: a million of them need not be listed."""
    taken = []

    def endless():
        for path in cycle([folder / "000.png"]):
            taken.append(path)
            yield path

    assert len(list(islice(rows(engine, endless(), top=1), 3))) == 3
    assert len(taken) <= 3 * many_pictures.BATCH


def test_without_a_picture_it_says_so(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    words = ["explain", str(tmp_path / "empty"), "--out", str(tmp_path / "out.parquet"), "--device", "cpu"]
    assert main(words) == 2 and "there is no picture in" in capsys.readouterr().err
    assert not list(chain(tmp_path.glob("out*"), tmp_path.glob(".*part")))
