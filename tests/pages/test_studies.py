"""The studies on the page Experiments: the plan before they are run, and what made-up runs tell."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.paths import ROOT
from support.screen import as_read, captions, chart, numbers, on_screen, opened
from support.study_rows import DEVICE, all_runs, made_up, write_rows

from effnet_core.published import scaling_curves
from effnet_core.training import study, study_results
from effnet_core.units import mega, percent
from ui.experiments import studies, study_texts
from ui.session import kept_values

pytestmark = pytest.mark.usefixtures("started_server")
SECTIONS = {"scaling": "Four ways to grow", "search": "The search for α, β, γ", "blocks": "The block's parts"}
PLANS = {name: study.read(name) for name in study.NAMES}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Results of these tests alone."""
    monkeypatch.setattr(study_results, "FOLDER", tmp_path)
    return tmp_path


def panel(name: str, **link: str):
    at = opened("experiments", **{"experiments.section": SECTIONS[name], **link})
    assert not at.exception
    return at


def text(at) -> str:
    return as_read(" ".join(block.value for block in [*at.header, *at.subheader, *at.markdown, *at.info]))


def whole(name: str, means: dict[str, float]) -> list:
    return all_runs(PLANS[name], means)


@pytest.mark.parametrize("name", SECTIONS)
def test_a_study_that_was_not_run_shows_its_plan_and_its_command(name):
    at, plan = panel(name), PLANS[name]
    assert at.header[0].value == plan.question
    assert "has not been run in this project yet" in at.info[0].value
    assert f"The plan: {len(plan.arms) * len(plan.seeds)} runs" in text(at)
    assert f"python -m effnet_core study {name} DATA" in at.code[0].value
    table = at.table[0].value
    assert list(table["network"]) == [study_texts.label(arm) for arm in plan.arms]
    assert [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in table["MACs"]] == [
        mega(plan.macs(arm)) for arm in plan.arms
    ]
    assert not at.get("plotly_chart")


@pytest.mark.parametrize("name", SECTIONS)
def test_its_size_and_its_runs_are_on_the_screen(name, folder):
    rows = whole(name, {})
    write_rows(folder, rows)
    at = panel(name)
    said = captions(at)
    assert f"{len(rows)} of {len(rows)} runs: 20 classes, 9,000 training and 1,000 test pictures" in said
    assert f"{PLANS[name].epochs} epochs, seeds 0, 1 and 2" in said
    assert DEVICE in said and "2026-01-01" in said and rows[0].torch in said
    shares = [percent(row.top1, 1) for row in rows if row.arm == "base"]
    [table] = [one.value for one in at.table if "by seed" in one.value]
    assert table["by seed"][0] == ", ".join(shares)


def test_clear_ways_are_told_and_stand_beside_the_papers(folder):
    write_rows(folder, whole("scaling", {"compound × 4": 0.6, "width × 4": 0.66, "resolution × 4": 0.601}))
    at = panel("scaling")
    found = at.subheader[0].value
    assert "At 4 times the compute all three together are better than depth alone" in found
    assert "width alone is better than all three together" in found
    assert "this experiment does not tell whether all three together are better than resolution alone" in found
    [table] = [one.value for one in at.table if "verdict" in one.value]
    verdicts = dict(zip(table["compared"], table["verdict"], strict=True))
    assert verdicts["× 4: all three − depth"] == study_texts.AGREES
    assert verdicts["× 4: all three − width"] == study_texts.DISAGREES
    assert verdicts["× 4: all three − resolution"] == study_texts.OPEN
    curves = {curve.dimension: curve for curve in scaling_curves.curves("Fig8")}
    macs = 4 * curves["compound"].points[0].macs
    ahead = scaling_curves.top1_at(curves["compound"], macs) - scaling_curves.top1_at(curves["depth"], macs)
    assert f"+{ahead:.1f} points" in list(table["published"])
    assert len(chart(at, "experiments.published")["data"]) == 4
    whiskers = [trace for trace in chart(at, "experiments.accuracy_scaling")["data"] if "error_y" in trace]
    assert sorted(arm for trace in whiskers for arm in trace["customdata"]) == sorted(
        a.name for a in PLANS["scaling"].arms
    )


def test_no_difference_is_told_as_none(folder):
    write_rows(folder, whole("blocks", {}))
    found = panel("blocks").subheader[0].value
    assert "does not tell about without SE" in found and "worse" not in found and "better" not in found


def test_a_part_that_is_missed_is_told_with_what_is_published_of_it(folder):
    write_rows(folder, whole("blocks", {"without SE": 0.45}))
    at = panel("blocks")
    assert at.subheader[0].value.startswith("At equal compute this is worse than the block as it is: without SE (−")
    [table] = [one.value for one in at.table if "verdict" in one.value]
    assert list(table["verdict"]) == [study_texts.AGREES] and "ResNet-50" in table["published"][0]


def test_the_search_names_its_best_point_and_the_papers_neighbour(folder):
    points = [arm.name for arm in PLANS["search"].arms[1:]]
    write_rows(folder, whole("search", {points[2]: 0.6}))
    at = panel("search")
    found = at.subheader[0].value
    assert f"The best of 10 points is {points[2]}; every other point is worse by more than chance" in found
    assert "The one nearest to the paper's, α 1.2, β 1.15, γ 1.125, differs from it by −" in found
    assert found.endswith("more than chance.") and "no more than chance" not in found
    [squares] = chart(at, "experiments.surface_search")["data"]
    assert [note for note in squares["text"] if note.endswith("best")] == [squares["text"][2]]
    [table] = [one.value for one in at.table if "verdict" in one.value]
    assert list(table["verdict"]) == [study_texts.DISAGREES]


def test_part_of_the_runs_is_shown_as_part_and_one_seed_tells_nothing(folder):
    write_rows(folder, whole("scaling", {"compound × 4": 0.9})[:9])
    at = panel("scaling")
    assert "Only 9 of 27 runs are there" in text(at) and "epochs, seed 0. " in captions(at)
    assert at.subheader[0].value == study_texts.TOO_EARLY
    assert not [one for one in at.table if "verdict" in one.value]
    assert "experiments.gaps_scaling" not in on_screen(at)
    write_rows(folder, whole("search", {})[:1])
    assert panel("search").subheader[0].value == study_texts.TOO_EARLY


def test_the_picked_network_is_shown_with_its_curves(folder):
    rows = whole("scaling", {})
    write_rows(folder, rows)
    at = panel("scaling", **{"experiments.arm_scaling": "all three × 4"})
    row = next(row for row in rows if row.arm == "compound × 4")
    first = chart(at, "experiments.learning_scaling")["data"][0]
    assert numbers(first["y"]) == pytest.approx([100 * value for value in row.validations])
    assert f"{row.params:,} parameters" in text(at)


def test_a_click_on_a_point_picks_its_network_and_one_beside_it_keeps_that(monkeypatch):
    """What a browser reports; AppTest clicks no chart."""
    kept = {"chart": {"selection": {"points": [{"customdata": "expansion 4"}]}}}
    monkeypatch.setattr(kept_values, "value", kept.get)
    monkeypatch.setattr(kept_values, "keep", kept.__setitem__)
    studies._pick_clicked("chart", "arm")
    assert kept["arm"] == "expansion 4"
    kept["chart"] = {"selection": {"points": []}}
    studies._pick_clicked("chart", "arm")
    assert kept["arm"] == "expansion 4"


def test_failed_runs_are_shown_and_count_nowhere(folder):
    failed = made_up(PLANS["scaling"], PLANS["scaling"].arms[1], 0, float("nan"), problem="no <b>memory</b> =1+1")
    write_rows(folder, [failed])
    at = panel("scaling")
    assert "1 run failed" in text(at) and "has not been run" in text(at)
    assert (
        as_read(at.table[0].value["why"][0]) == failed.problem and at.table[0].value["since then"][0] == "not run again"
    )
    write_rows(folder, whole("scaling", {}))
    at = panel("scaling")
    assert "27 of 27 runs" in captions(at)
    [table] = [one.value for one in at.table if "why" in one.value]
    assert list(table["since then"]) == ["run again"]


@pytest.mark.parametrize("broken", [b"", b"\xff\xfe", b"study,arm\n1,2\n"])
def test_a_broken_file_is_told_and_the_plan_stays(broken, folder):
    (folder / "study_scaling.csv").write_bytes(broken)
    at = panel("scaling")
    [error] = at.error
    assert "can't be shown" in error.value and "study_scaling.csv" in as_read(error.value)
    assert f"{folder}" not in as_read(error.value)
    assert "The plan: 27 runs" in text(at) and "has not been run" not in text(at)


def test_another_number_of_epochs_is_a_study_of_its_own(folder):
    short = study.read("scaling", epochs=3)
    path = study_results.path_of("scaling", folder, epochs=3)
    study_results.append(path, made_up(short, short.arms[0], 0, 0.3))
    at = panel("scaling")
    assert "has not been run" in text(at)
    at = panel("scaling", **{"experiments.epochs_scaling": "3"})
    assert "1 of 27 runs" in captions(at) and "3 epochs" in captions(at)


def test_the_page_opens_with_the_race_and_every_study_without_torch(folder):
    write_rows(folder, whole("search", {}))
    script = """
import json, sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
from effnet_core.training import study_results
from ui.session import engines
engines.WARM_UP_AFTER_S = 1e6
study_results.FOLDER = Path(sys.argv[1])
at = AppTest.from_file("app.py", default_timeout=300).run()
at.switch_page("pages/experiments.py").run()
shown = [at.get_by_key("experiments.start").label]
for section in ("scaling", "search", "blocks"):
    at.get_by_key("experiments.section").set_value(section).run()
    shown.append(len(at.get("plotly_chart")))
print(json.dumps([shown, not at.exception, sorted({name.split(".")[0] for name in sys.modules})]))
"""
    words = [sys.executable, "-c", script, str(folder)]
    answer = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    shown, healthy, modules = json.loads(answer.stdout.splitlines()[-1])
    assert healthy and shown[0] == "Start the race" and shown[1] == shown[3] == 0 < shown[2]
    assert "effnet_core" in modules and not {"torch", "torchvision", "captum"} & set(modules)
