"""The command line when something is wrong: a sentence and an exit code, never a traceback; files are old or new."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from support.paths import ROOT

from effnet_core import files
from effnet_core.images.samples import load_sample

pytestmark = pytest.mark.fault("at the command line")
COMMAND = [sys.executable, "-m", "effnet_core"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["scale", "--released", ""], "no released EfficientNet is called ''"),
        (["quiz", "--kind", "block_params", "--group", "se"], "block_params belong to the group mbconv, not to se"),
        (["quiz", "--kind", ""], "no kind of drill is called ''"),
        (["explain", "x.jpg", "--labels", "labels.txt"], "give that with --weights"),
        (["train", "data", "--out", "run", "--width", "inf"], "the width is inf; allowed is 0.1 to 2"),
        (["train", "data", "--out", "run", "--width", "nan"], "the width is nan; allowed is 0.1 to 2"),
        (["train", "data", "--out", "run", "--width", "-1"], "the width is -1; allowed is 0.1 to 2"),
        (["train", "data", "--out", "run", "--width", "0"], "the width is 0; allowed is 0.1 to 2"),
        (["train", "data", "--out", "run", "--phase", "1x48@-3"], "a phase's least side is -3; allowed is 0.05 to 1"),
        (["train", "data", "--out", "run", "--phase", "1x48@nan"], "a phase's least side is nan"),
        (["train", "data", "--out", "run", "--phase", "0x48@1"], "number of epochs is 0; allowed is 1 to 10000"),
        (["train", "data", "--out", "run", "--phase", "often"], "'often' is no phase such as 20x48@0.6"),
        (["train", "data", "--out", "run", "--threads", "-3"], "--threads is -3; allowed is 0"),
    ],
)
def test_wrong_words_get_a_sentence(ask, words, sentence):
    code, out, err = ask(*words)
    assert (code, out) == (2, "") and sentence in err and "Traceback" not in err


@pytest.mark.parametrize("content", ["class\tlabel\nn1\tred\n", "", "class\tlabel\tgroup\n", "n1\tred\twarm\n"])
def test_a_table_of_classes_needs_its_columns(ask, tmp_path, content):
    (tmp_path / "classes.tsv").write_text(content)
    code, _, err = ask("train", tmp_path, "--out", tmp_path / "run", "--classes", tmp_path / "classes.tsv")
    assert code == 2 and "it needs the columns class, label, group" in err


def test_files_that_are_no_text_or_no_archive_are_told_by_name(ask, tmp_path):
    (tmp_path / "classes.tsv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "pictures.zip").write_bytes(b"no archive")
    code, _, err = ask("train", tmp_path, "--out", tmp_path / "run", "--classes", tmp_path / "classes.tsv")
    assert code == 2 and "classes.tsv is not text in UTF-8" in err
    code, _, err = ask("train", tmp_path, "--out", tmp_path / "run")
    assert code == 2 and "pictures.zip is no zip file" in err
    code, _, err = ask("train", tmp_path, "--out", tmp_path / "run", "--photos", tmp_path / "pictures.zip")
    assert code == 2 and "pictures.zip is no zip file of photographs with a labels.csv" in err


def test_letters_that_the_console_lacks_do_not_stop_it():
    for coding in ("cp1252", "ascii"):
        told = subprocess.run(
            [*COMMAND, "quiz", "--count", "60"],
            cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": coding},
            capture_output=True,
        )
        assert told.returncode == 0 and b"\n60. " in told.stdout and not told.stderr


def test_an_undecodable_name_does_not_cost_the_others(tmp_path):
    odd = os.fsencode(tmp_path) + b"/\xff\xfe.jpg"
    load_sample("coffee").save(tmp_path / "coffee.jpg")
    try:
        with open(odd, "wb") as file:
            file.write((tmp_path / "coffee.jpg").read_bytes())
    except OSError:
        pytest.skip("this file system takes Unicode names alone")
    told = subprocess.run([*COMMAND, "explain", odd, tmp_path / "coffee.jpg"], cwd=ROOT, capture_output=True)
    assert told.returncode == 0 and b"\\udcff\\udcfe.jpg" in told.stdout and b"coffee.jpg" in told.stdout


def test_a_reader_who_leaves_ends_it_quietly():
    told = subprocess.run(  # noqa: S602 (a pipe of this test's own words)
        f"{sys.executable} -m effnet_core quiz --count 3000 | head -n 1; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=ROOT,
        capture_output=True,
    )
    assert told.returncode in (0, 141) and not told.stderr


def test_ctrl_c_ends_it_without_a_traceback():
    program = "import signal, sys; from effnet_core.__main__ import main; print('ready', flush=True); "
    program += "signal.signal(signal.SIGINT, signal.default_int_handler); "  # which a shell's background jobs lack
    program += "sys.exit(main(['quiz', '--count', '100000']))"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, **pipes)
    assert running.stdout.readline().strip() == b"ready"
    time.sleep(1)  # it deals, and takes ten times as long
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130 and b"Traceback" not in err


@pytest.mark.parametrize("content", [b"", b"junk" * 100, b"\x80\x04N."])
def test_a_checkpoint_of_a_run_that_is_none(tmp_path, content):
    import torch

    from effnet_core.training.recipe import Recipe
    from effnet_core.training.run import Run

    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(ValueError, match=r"last\.pt holds no run of this network that can be resumed"):
        Run(tmp_path, torch.nn.Linear(2, 2), Recipe(muon=False), device="cpu", compiled=False)


# Files that are written ---------------------------------------------------------------------------------------------


class Full(OSError):
    """A disk without room."""


def test_a_failed_write_leaves_what_was_there(tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text("old")
    with pytest.raises(Full), files.replacing(kept) as part:
        part.write_text("half of the n")
        raise Full(28, "No space left on device")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"] and kept.read_text() == "old"
    files.write(kept, "new ü")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"] and kept.read_text(encoding="utf-8") == "new ü"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_process_killed_while_it_writes_leaves_what_was_there(tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text("old")
    program = "import os, signal, sys; from pathlib import Path; from effnet_core.files import replacing\n"
    program += "with replacing(Path(sys.argv[1])) as part:\n"
    program += "    part.write_text('half of the n'); os.kill(os.getpid(), signal.SIGKILL)"
    assert subprocess.run([sys.executable, "-c", program, kept], cwd=ROOT).returncode == -signal.SIGKILL
    assert kept.read_text() == "old"
    files.write(kept, "new")
    assert kept.read_text() == "new"


@pytest.fixture
def class_folders(tmp_path):
    """Two classes of two pictures."""
    for name in ("chelsea", "coffee"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(2):
            load_sample(name).rotate(90 * number).save(tmp_path / "data" / name / f"{number}.jpg")
    return tmp_path / "data"


def test_where_no_file_can_be_written_is_said_before_the_work(ask, class_folders, tmp_path, monkeypatch):
    from effnet_core.explain import gate_statistics

    monkeypatch.setattr(gate_statistics, "measure", lambda *given, **how: pytest.fail("it began to measure"))
    code, _, err = ask("gatestats", class_folders, "--out", tmp_path / "nowhere" / "gates.npz")
    assert code == 2 and "gates.npz can't be written: No such file or directory" in err
    code, _, err = ask("gatestats", class_folders, "--out", tmp_path)
    assert code == 2 and "is a folder; name a file in it" in err


def test_a_full_disk_costs_neither_the_old_file_nor_the_table(ask, class_folders, tmp_path, monkeypatch):
    out = tmp_path / "gates.npz"
    assert ask("gatestats", class_folders, "--out", out)[0] == 0
    good = out.read_bytes()
    assert "features.1.0/means" in np.load(out)

    def full(path, content):
        with files.replacing(path) as part:
            part.write_bytes(content[:100])
            raise Full(28, "No space left on device")

    monkeypatch.setattr(files, "write", full)
    code, table, err = ask("gatestats", class_folders, "--out", out)
    assert code == 2 and "No space left on device" in err and "features.1.0" in table
    assert out.read_bytes() == good and sorted(path.name for path in tmp_path.iterdir()) == ["data", "gates.npz"]


def test_maps_of_pictures_with_one_name_do_not_overwrite_each_other(ask, class_folders, tmp_path):
    photos = [
        class_folders / "chelsea" / "0.jpg",
        class_folders / "coffee" / "0.jpg",
        class_folders / "coffee" / "1.jpg",
    ]
    code, _, _ = ask("explain", *photos, "--target", 3, "--out", tmp_path / "maps")
    names = sorted(path.name for path in (tmp_path / "maps").iterdir())
    assert code == 0 and names == [f"{name}.features.8.3.png" for name in ("1-0.jpg", "1.jpg", "2-0.jpg")]
    assert Image.open(tmp_path / "maps" / names[0]).size != Image.open(tmp_path / "maps" / names[2]).size


def test_an_over_long_name_does_not_cost_the_others(ask, class_folders, tmp_path):
    long = class_folders / f"{'a' * 245}.jpg"
    (class_folders / "coffee" / "0.jpg").rename(long)
    words = ("explain", long, class_folders / "chelsea" / "0.jpg", "--out", tmp_path / "maps", "--json")
    code, answer, _ = ask(*words)
    first, second = answer["results"]
    assert code == 1 and "can't be written: File name too long" in first["error"] and first["top"]
    assert second["error"] is None and len(list((tmp_path / "maps").iterdir())) == 1
