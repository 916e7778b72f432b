"""The command line's long work on a Ray cluster, here of this computer alone: the same rows in the same order."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

pytest.importorskip("ray.data", reason="requirements-cluster.txt is not installed")
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray
from support.engine_questions import assert_alike
from support.paths import ROOT
from support.training_pictures import CLASSES, write_archive

from effnet_core.__main__ import main
from effnet_core.explain import many_pictures
from effnet_core.images.samples import load_sample
from effnet_core.networks import offline_model
from effnet_core.serving import on_ray
from effnet_core.training import study, study_runs

SETTINGS = {"top": 2, "layer": None, "target": None, "model": "tiny", "weights": str(offline_model.SOURCE)}
SCALING = study.read("scaling")
SMALL = replace(SCALING, classes=3, epochs=1, seeds=(0, 1), arms=SCALING.arms[:1])


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    here = {"env_vars": {"PYTHONPATH": str(ROOT)}}
    # another test's cluster may run beside
    ray.init("local", num_cpus=2, include_dashboard=False, runtime_env=here, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """More than a worker is given at once, and among them one that is none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    small = [load_sample(name).resize((40, 30)) for name in ("coffee", "chelsea", "rocket")]
    for number in range(70):
        small[number % 3].save(folder / f"{number:03d}.png")
    (folder / "050x.jpg").write_text("not a picture")
    return folder


def test_pictures_have_the_rows_of_one_computer_in_order_and_a_killed_run_goes_on(
    cluster, pictures, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    words = ["explain", "pictures", "--device", "cpu", "--top", "2", "--json", "--out"]
    assert main([*words, "here.parquet"]) == 1, "one of the files is no picture"
    table = many_pictures.Table(Path("there.parquet"), SETTINGS)
    begun = many_pictures.pictures_in(["pictures"])
    assert len(list(table.add({"file": str(next(begun)), **many_pictures.EMPTY} for _ in range(3)))) == 3
    capsys.readouterr()
    assert main([*words, "there.parquet", "--cluster"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["of an earlier run"], said["failed"]) == (71, 3, 1)
    here, there = (pq.read_table(f"{name}.parquet") for name in ("here", "there"))
    assert here.schema.equals(there.schema, check_metadata=True)
    assert there["file"].to_pylist() == here["file"].to_pylist()
    assert there["top"].to_pylist()[:3] == [None] * 3, "those of the earlier run were not asked for again"
    for one, other in zip(here.to_pylist()[3:], there.to_pylist()[3:], strict=True):
        assert_alike(one["top"], other["top"])
        assert one["error"] == other["error"]
        if one["heatmap"]:
            np.testing.assert_allclose(one["heatmap"]["values"], other["heatmap"]["values"], atol=1e-4)
            assert_alike(one["gates"], other["gates"])


def test_a_studys_runs_have_the_same_rows(cluster, tmp_path):
    archive = write_archive(tmp_path / "train.zip", 24)
    names = [row["class"] for row in CLASSES]

    def rows(results: Path, ran: Callable) -> list[tuple]:
        jobs = study_runs.jobs(SMALL, archive.parent, names, results, device="cpu")
        done = list(study_runs.run_all(jobs, results, ran))
        assert len(done) == len(SMALL.seeds) == len(results.read_text().splitlines()) - 1
        return sorted((row.arm, row.seed, row.loss, row.top1, row.problem) for row in done)

    here = rows(tmp_path / "here.csv", lambda jobs: map(study_runs.run, jobs))
    assert rows(tmp_path / "there.csv", on_ray.runs) == here and not here[0][-1]


def test_one_picture_needs_no_cluster(capsys):
    assert main(["explain", "a.png", "--cluster"]) == 2
    assert "--cluster answers many pictures at once" in capsys.readouterr().err
