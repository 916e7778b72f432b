"""Experiments: arms cost what they say, runs are repeatable, resumable, and a failed one is shown."""

import csv
import json
import math
import subprocess
import sys
from dataclasses import replace
from types import ModuleType

import psutil
import pytest
import torch
from support.training_pictures import CLASSES, write_archive
from torch import nn

from effnet_core.__main__ import main
from effnet_core.architecture import ALPHA, BETA, GAMMA, growth
from effnet_core.cost import cost_of
from effnet_core.training import study, study_results, study_runs

STUDIES = [study.read(name) for name in study.NAMES]
SMALL = replace(STUDIES[0], classes=3, epochs=2, seeds=(0, 1), arms=STUDIES[0].arms[:1])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    write_archive(folder / "colours.zip", 60)
    return folder


def jobs(data, results, asked=SMALL):
    return study_runs.jobs(asked, data, [row["class"] for row in CLASSES], results, device="cpu")


@pytest.mark.parametrize("asked", STUDIES, ids=lambda asked: asked.name)
def test_each_arm_costs_what_it_should_and_has_its_own_name(asked):
    base = asked.macs(asked.arms[0])
    assert asked.arms[0].way == study.BASE and len({arm.name for arm in asked.arms}) == len(asked.arms)
    for arm in asked.arms:
        assert arm.pixels <= study.NATIVE_PX, "beyond their native size pictures bring no detail"
        assert asked.macs(arm) / base == pytest.approx(arm.times, rel=0.12), arm.name


def test_a_way_grows_its_own_dimension_and_no_other():
    base, *arms = STUDIES[0].arms
    for arm in arms:
        grown = {
            "depth": arm.depth > base.depth,
            "width": arm.width > base.width,
            "resolution": arm.pixels > base.pixels,
        }
        assert {name for name, more in grown.items() if more} == ({*grown} if arm.way == "compound" else {arm.way})
        if arm.way == "compound":
            phi = math.log(arm.depth, ALPHA)
            assert math.log(arm.width / base.width, BETA) == pytest.approx(phi), "one φ for all"


def test_the_grid_keeps_the_papers_constraint():
    base, *arms = STUDIES[1].arms
    assert len(arms) >= 8
    for arm in arms:
        gamma = arm.pixels / base.pixels
        assert growth(arm.depth / base.depth, arm.width / base.width, gamma) == pytest.approx(2, rel=0.05)
        assert min(arm.depth / base.depth, arm.width / base.width, gamma) >= 1
    nearest = min(arms, key=lambda arm: abs(arm.depth - ALPHA) + abs(arm.pixels / base.pixels - GAMMA))
    assert nearest.depth == ALPHA, "the paper's point has a neighbour in the grid"


@pytest.mark.parametrize("arm", [arm for asked in STUDIES for arm in asked.arms], ids=lambda arm: arm.name)
def test_the_network_of_an_arm_is_what_its_cost_says(arm):
    made = study_runs.network(arm, 20, seed=0)
    assert sum(p.numel() for p in made.parameters()) == cost_of(arm.architecture(20)).params
    gates = [name for name, _ in made.named_modules() if name.endswith("fc1")]
    assert bool(gates) == arm.squeeze
    ends = [module for module in made.modules() if isinstance(module, nn.ReLU)]
    assert bool(ends) != arm.linear_end
    assert made.eval()(torch.zeros(1, 3, arm.pixels, arm.pixels)).shape == (1, 20)


def test_all_arms_share_one_recipe_but_for_the_pixels():
    recipes = [study_runs.recipe_of(SMALL, arm, 0) for arm in STUDIES[0].arms]
    same = {replace(recipe, phases=(), validation_pixels=0) for recipe in recipes}
    assert len(same) == 1


def test_pictures_that_are_watched_trained_on_and_tested_on_are_apart(data):
    watched, train, test = study_runs.pictures((data / "colours.zip",), ("n1", "n2", "n3"))
    assert len(watched.images) == 18 and len(train.images) == 162 and len(test.images) == 24
    seen = {picture.numpy().tobytes() for part in (watched, train, test) for picture in part.images}
    assert len(seen) == 18 + 162 + 24


def test_a_run_is_the_same_again_by_its_seed_and_another_by_another(data, tmp_path):
    first, other = jobs(data, tmp_path / "a.csv")
    again = jobs(data, tmp_path / "b.csv")[0]
    rows = [study_runs.run(job) for job in (first, again, other)]
    assert rows[0].top1 == rows[1].top1 and rows[0].loss == rows[1].loss != rows[2].loss
    assert len(rows[0].loss.split()) == len(rows[0].validation_top1.split()) == SMALL.epochs
    assert not first.folder.exists(), "its checkpoint is no longer needed"


def test_a_run_that_fails_is_a_row_that_says_why_and_is_run_again(data, tmp_path, monkeypatch):
    results = tmp_path / "study.csv"
    [first, _] = jobs(data, results)
    study_runs.append(results, study_runs.run(first))
    [left] = jobs(data, results)
    assert left.seed == 1, "the row of the first seed is there"

    def train(*_):
        raise RuntimeError("out of memory\nand more")

    monkeypatch.setattr(study_runs.Run, "train", train)
    study_runs.append(results, study_runs.run(left))
    found = study_results.read(SMALL, results)
    assert len(found.runs) == 1 and [row.problem for row in found.failed] == ["out of memory"]
    assert [job.seed for job in jobs(data, results)] == [1]


def test_a_run_whose_loss_is_no_number_has_failed(data, tmp_path, monkeypatch):
    results = tmp_path / "study.csv"
    [first, _] = jobs(data, results)
    monkeypatch.setattr(study_runs.Run, "log", lambda _: [{"epoch": number, "loss": math.nan} for number in (1, 2)])
    study_runs.append(results, study_runs.run(first))
    [row] = study_results.read(SMALL, results).failed
    assert "from epoch 1 on" in row.problem and not row.losses


def test_the_time_of_an_epoch_is_tried_without_leaving_anything(data, tmp_path):
    [first, _] = jobs(data, tmp_path / "study.csv")
    assert study_runs.seconds_an_epoch(first) > 0
    assert not list(tmp_path.iterdir()) and study_runs.estimate([], 2) == 0


def test_the_command_plans_runs_in_processes_and_resumes(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(study, "read", lambda name, epochs: replace(SMALL, epochs=epochs))
    # a page that was tested before in this process stands there, and processes that are started would run it
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    (tmp_path / "classes.tsv").write_text(
        "class\tlabel\tgroup\n" + "".join("\t".join(row.values()) + "\n" for row in CLASSES)
    )
    words = ["study", "scaling", str(data), "--results", str(tmp_path), "--classes", str(tmp_path / "classes.tsv")]
    words += ["--epochs", "1", "--device", "cpu"]
    assert main([*words, "--plan"]) == 0
    planned = capsys.readouterr().out
    assert "2 runs to do" in planned and "base, seed 1" in planned and not list(tmp_path.glob("*.csv"))
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    with open(tmp_path / "study_scaling_1_epochs.csv", newline="") as file:
        written = list(csv.DictReader(file))
    assert sorted(int(row["seed"]) for row in written) == [0, 1] == sorted(row["seed"] for row in answer["rows"])
    assert main([*words]) == 0 and "0 runs to do" in capsys.readouterr().out
    with open(tmp_path / "study_scaling_1_epochs.csv", "a") as file:
        file.write("scaling,cut\n")
    assert main([*words]) == 2 and "line 4: there are 2 cells" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["scaling", "DATA", "--way", "sideways"], "no way sideways; it has base, compound, depth, resolution, width"),
        (["scaling", "DATA", "--epochs", "0"], "0 epochs are asked for"),
        (["scaling", "DATA", "--processes", "0"], "0 runs at once"),
        (["scaling", "nowhere"], "no zip files in nowhere"),
    ],
)
def test_what_can_not_be_run_is_said_before_anything_starts(words, sentence, data, capsys):
    assert main(["study", *[str(data) if word == "DATA" else word for word in words]]) == 2
    assert sentence in capsys.readouterr().err


def test_workers_end_with_a_killed_study():
    code = (
        "import os, time\nfrom effnet_core.training.study_runs import workers\n"
        "if __name__ == '__main__':\n"
        "    pool = workers(1)\n    print(pool.submit(os.getpid).result(), flush=True)\n"
        "    pool.submit(time.sleep, 600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as killed:
        worker = psutil.Process(int(killed.stdout.readline()))
        killed.kill()
        worker.wait(timeout=60)
