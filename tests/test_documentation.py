"""What README and docs/ say of the project is so: files, links, pictures, commands, pages, limits."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess

import pytest
from support.paths import ROOT

from docs import measured
from effnet_core import lessons
from effnet_core.__main__ import parser
from ui.shared import page_table

TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = ("pages", "ui", "effnet_core")
NAME = re.compile(r"[\w.]+(\.\w+|/)")
MOST_BYTES = 200_000
MAKES = (  # what is installed; make's variables; words of what make would install
    ((), [], ["3 GB", "-r requirements.txt"]),
    ((), ["TORCH=cpu"], ["0.4 GB", "whl/cpu"]),
    ([".installed"], [], []),
    ([".installed-cpu"], [], []),
    ([".installed-cpu"], ["TORCH=cpu"], []),
)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def tree() -> dict[str, set[str]]:
    """Folder -> names under it in the tree of docs/developing.md; folders end with a slash."""
    block = text("docs/developing.md").split("```")[1]
    named, folder = {}, ""
    for line in filter(str.strip, block.splitlines()):
        first, *others = re.split(r"\s{2,}", line.strip())
        names = [first] if NAME.fullmatch(first) else []
        names += [name for name in others if NAME.fullmatch(name)]
        assert names, f"the line {line!r} names no file"
        if not line.startswith(" "):
            folder = names[0].removesuffix("/")
            named[folder] = set()
        else:
            named[folder].update(names)
    return named


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_tree_names_every_room_and_no_other(folder):
    inside = {
        path.name + "/" * path.is_dir()
        for path in (ROOT / folder).iterdir()
        if not path.name.startswith((".", "__pycache__", "__init__"))
    }
    assert tree()[folder] == inside


def test_the_tree_fits_on_one_screen():
    assert len(text("docs/developing.md").split("```")[1].splitlines()) <= 45


def test_the_tree_has_every_folder():
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))}
    assert folders - {"runs"} == {name for name in tree() if (ROOT / name).is_dir()}
    assert all((ROOT / name).exists() for name in tree())


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        file, _, heading = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, target


def test_every_picture_is_shown_and_small():
    shown = {
        name for path in TEXTS for name in re.findall(r"!\[[^]]+\]\((?:docs/)?([\w.-]+)\)", path.read_text("utf-8"))
    }
    pictures = {path.name: path.stat().st_size for path in (ROOT / "docs").glob("*.webp")}
    assert shown == set(pictures)
    assert max(pictures.values()) <= MOST_BYTES


def commands() -> list[str]:
    """Lines and phrases of the texts that start the command line."""
    words = r"python -m effnet_core ([a-z][^`#\n|]*)"
    return sorted({found.strip() for path in TEXTS for found in re.findall(words, path.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("command", commands())
def test_commands_are_understood(command):
    parser().parse_args(shlex.split(command))


def test_every_command_is_told():
    told = {command.split()[0] for command in commands()}
    [choices] = [action.choices for action in parser()._subparsers._group_actions]
    assert told == set(choices)


def test_every_page_is_told():
    titles = [entry.title for entry in (*page_table.PAGES, *page_table.ALONE)]
    assert titles and [title for title in titles if f"**{title}**" not in text("README.md")] == []


def test_every_lesson_is_told_and_the_example_of_one_can_be_used():
    readme = text("README.md")
    titles = [lessons.lesson(name).title for name in lessons.names()]
    assert [title for title in titles if f"*{title}*" not in " ".join(readme.split())] == []
    [example] = re.findall(r"```yaml\n(.+?)```", readme, re.DOTALL)
    assert lessons.read(example, "example").steps


def test_limits_are_those_of_the_code():
    from effnet_core.images import class_folders, reading
    from effnet_core.networks import checkpoints
    from ui.se_gates import own_pictures
    from ui.shared import picture_picker

    said = " ".join(text("docs/classroom.md").split())
    assert f"{picture_picker.MOST} at once, {reading.LIMIT_MB} MB and {reading.LIMIT_MPX} million pixels each" in said
    assert f"| {checkpoints.LIMIT_MB} MB |" in said
    assert (
        f"{own_pictures.LIMIT_MB} MB, {class_folders.MOST_PICTURES:,} pictures, {class_folders.MOST_CLASSES} cl" in said
    )
    assert f"{class_folders.MOST_MEGAPIXELS:,} million pixels together" in said
    config = text(".streamlit/config.toml")
    assert "maxUploadSize = 300 " in config and "client_max_body_size 300m;" in text("docs/troubleshooting.md")
    assert "disconnectedSessionTTL = 600 " in config and "within ten minutes" in said


def test_each_claim_on_security_is_held_by_a_test_and_its_limits_are_the_codes():
    from effnet_core.explain import request_queue
    from effnet_core.images.reading import LIMIT_MB
    from effnet_core.serving.limits import Limits
    from effnet_core.training import racing
    from ui.session import pictures
    from ui.shared import progress_bar

    said = text("docs/security.md")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", said)
    missing = [name for file, name in named if f"def {name}(" not in text(file)]
    assert len(named) > 20 and not missing
    rows = [line for line in said.partition("## Where the app runs")[0].splitlines() if line.startswith("| ")]
    assert [row for row in rows if "::test_" not in row and not row.endswith("| test |")] == []
    assert f"{progress_bar.MOST_MINUTES} minutes, and two at once" in said and progress_bar.MOST_AT_ONCE == 2
    assert f"{progress_bar.MOST_MACS['cpu'] / 1e12:.0f} T MACs on a CPU" in said
    assert f"| {request_queue.MOST_WAITING}, with a sentence" in said
    assert pictures.DECODED_AT_ONCE == 4 and "four at the same time" in said
    assert f"| {racing.MOST_SECONDS // 60} minutes, one at a time" in said
    assert f"| {LIMIT_MB} MB, refused by" in said
    assert f"{Limits().seconds / 60:.0f} minutes (`--seconds`)" in said
    assert f"{Limits().a_minute:,} a minute (`--a-minute`)" in said


def test_makefile_variables_are_those_that_are_told():
    from effnet_core.images.samples import FOLDER
    from effnet_core.serving.remote import ENGINE, TOKEN

    made = text("Makefile")
    told = {name for path in TEXTS for name in re.findall(r"\b([A-Z]+(?:_[A-Z]+)*)=\S*", path.read_text("utf-8"))}
    assert {name for name in told if name not in ("EFFNET_DEVICE", ENGINE, TOKEN, FOLDER) and name not in made} == set()
    assert set(re.findall(r"`make (\w+)`", text("docs/developing.md"))) <= set(re.findall(r"^(\w+):", made, re.M))


def test_measured_figures_are_those_of_the_benchmarks():
    shown = text("README.md").partition(measured.START)[2].partition(measured.END)[0]
    assert shown == measured.table(), "bring README up to date: python docs/measured.py --write"


def test_sizes_are_computed_from_the_benchmarks():
    shown = text("docs/cluster.md").partition(measured.SIZES_START)[2].partition(measured.SIZES_END)[0]
    assert shown == measured.sizes(), "bring docs/cluster.md up to date: python docs/measured.py --write"
    assert f"every {measured.ACTS_EVERY_S} s" in text("docs/cluster.md")
    assert f"filled to {measured.MOST_BUSY:.0%}".replace("%", " %") in text("docs/cluster.md")


def test_every_benchmark_has_its_figures_in_the_table():
    assert {path.stem for path in (ROOT / "benchmarks").glob("*.py")} == set(measured.FILES)


def test_the_table_of_figures_says_what_the_files_say(tmp_path):
    cost = {
        "conditions": {"what": "a table", "versions": {"torch": "9.9"}, "date": "2030-01-02"},
        "results": {
            "effnet_core": {"median_ms": 0.5, "ratio_to_effnet_core": 1.0},
            "peer": {"median_ms": 2345.6, "ratio_to_effnet_core": 4691.2},
        },
    }
    (tmp_path / "cost.json").write_text(json.dumps(cost), encoding="utf-8")
    row = "| a table | 0.500 ms | peer 2.35 s, 4,691 × | one thread, torch 9.9, 2030-01-02 |\n"
    assert measured.table(tmp_path) == measured.HEADER + row


@pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")
@pytest.mark.parametrize(("stamp", "variables", "installs"), MAKES)
def test_make_keeps_the_torch_that_was_installed(stamp, variables, installs, tmp_path):
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("bin/python", *stamp):
        (tmp_path / ".venv" / name).touch()
    told = subprocess.run(["make", "-n", "run", *variables], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ("pip" in told.stdout) is bool(installs)
    assert all(word in told.stdout for word in installs)
    assert "--server.address 127.0.0.1 --server.port 8501" in told.stdout
