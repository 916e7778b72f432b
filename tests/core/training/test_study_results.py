"""A study's rows: read as they were written, refused in a sentence where they are broken; and what they tell."""

from dataclasses import fields, replace

import pytest
from scipy import stats
from support.study_rows import TEST_PICTURES, all_runs, made_up, write_rows

from effnet_core.architecture import ALPHA
from effnet_core.training import study, study_findings, study_results
from effnet_core.training.study_results import Results, Row
from effnet_core.units import wilson_interval

SCALING, SEARCH, BLOCKS = (study.read(name) for name in study.NAMES)
BASE = SCALING.arms[0]


def read(tmp_path, *rows):
    return study_results.read(SCALING, write_rows(tmp_path, list(rows)))


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = all_runs(SCALING, {})
    found = read(tmp_path, *rows)
    assert list(found.runs) == rows and not found.failed
    assert len(rows) == found.planned == len(SCALING.arms) * len(SCALING.seeds)
    assert found.runs[0].validations[-1] == pytest.approx(rows[0].top1)


def test_without_a_file_nothing_was_run(tmp_path):
    assert study_results.read(SCALING, tmp_path / "study_scaling.csv") == Results(SCALING)


def test_failed_runs_are_apart_and_known_to_be_made_good(tmp_path):
    failed = [made_up(SCALING, BASE, seed, float("nan"), loss="", problem="out of memory") for seed in (0, 1)]
    found = read(tmp_path, *failed, made_up(SCALING, BASE, 0, 0.5))
    assert [row.seed for row in found.runs] == [0]
    assert [found.is_made_good(row) for row in found.failed] == [True, False]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"arm": "sideways"}, "'sideways', seed 0, of the study 'scaling', is no run of the study 'scaling'"),
        ({"study": "search"}, "is no run of the study"),
        ({"seed": 9}, "seed 9"),
        ({"macs": 5}, "there are 5 MACs where 4,745,368 belong"),
        ({"epochs": 3}, f"there are 3 epochs where {SCALING.epochs} belong"),
        ({"classes": 3}, "there are 3 classes"),
        ({"top1": 1.5}, "top1 from 0 to 1"),
        ({"top1": float("nan")}, "top1 from 0 to 1"),
        ({"seconds": float("inf")}, "seconds 0 or more"),
        ({"test_pictures": 0}, "pictures have to be 1 or more"),
        ({"loss": "1.0 2.0"}, f"there are 2 points of the loss curve where {SCALING.epochs} belong"),
        ({"validation_top1": "nan " * SCALING.epochs}, "not finite"),
        ({"date": "yesterday"}, "yesterday"),
    ],
)
def test_a_row_that_can_not_be_is_refused_with_its_line(changed, sentence, tmp_path):
    good = made_up(SCALING, BASE, 1, 0.5)
    with pytest.raises(ValueError, match=r"study_scaling.csv, line 3: ") as refused:
        read(tmp_path, good, replace(made_up(SCALING, BASE, 0, 0.5), **changed))
    assert sentence in str(refused.value) and "Remove that line, or move the file away, and run the study again" in str(
        refused.value
    )


def test_runs_on_other_pictures_or_twice_are_refused(tmp_path):
    row = made_up(SCALING, BASE, 0, 0.5)
    with pytest.raises(ValueError, match="line 3: base, seed 0, is there twice"):
        read(tmp_path, row, row)
    with pytest.raises(ValueError, match="there are 500 test pictures where 1,000 belong"):
        study_results.read(SCALING, write_rows(tmp_path / "b", [row, replace(row, seed=1, test_pictures=500)]))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: the columns are missing"),
        ("a,b\n1,2\n", "line 1: the columns are a, b; needed are study, arm"),
        ("HEAD\nscaling,base\n", "line 2: there are 2 cells, needed are 22"),
        ("HEAD\nROW\n", "line 2: a number is needed"),
        ('HEAD\n"scaling', "line 2: unexpected end of data"),
    ],
)
def test_a_broken_file_is_refused_in_a_sentence(text, sentence, tmp_path):
    columns = [field.name for field in fields(Row)]
    path = tmp_path / "study_scaling.csv"
    path.write_text(text.replace("HEAD", ",".join(columns)).replace("ROW", ",".join("x" for _ in columns)))
    with pytest.raises(ValueError, match=sentence):
        study_results.read(SCALING, path)


def test_what_is_no_text_or_too_large_is_refused(tmp_path):
    path = tmp_path / "study_scaling.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="UTF-8"):
        study_results.read(SCALING, path)
    path.write_bytes(b"x" * (study_results.MOST_MB * 2**20 + 1))
    with pytest.raises(ValueError, match="over the limit"):
        study_results.read(SCALING, path)


def test_means_have_students_interval_and_one_run_that_of_its_pictures():
    rows = [made_up(SCALING, BASE, seed, top1) for seed, top1 in enumerate((0.4, 0.5, 0.45))]
    [three] = study_findings.measured(Results(SCALING, tuple(rows)))
    ends = stats.t.interval(0.95, 2, 0.45, stats.sem([0.4, 0.5, 0.45]))
    assert three.accuracy == pytest.approx((0.45, *ends))
    [one] = study_findings.measured(Results(SCALING, tuple(rows[:1])))
    assert one.accuracy == (0.4, *wilson_interval(0.4, TEST_PICTURES))


def test_ways_are_compared_at_equal_compute_and_only_clear_ones_are_told():
    clear = {"compound × 4": 0.6, "width × 4": 0.599}
    families = study_findings.by_ways(Results(SCALING, tuple(all_runs(SCALING, clear))))
    assert list(families) == [2, 4]
    rows = families[4].differences
    assert [row.arm for row in rows] == ["compound × 4"] * 3
    assert {row.other: row.tells for row in rows} == {"depth × 4": True, "width × 4": False, "resolution × 4": True}
    assert not any(row.tells for row in families[2].differences)
    assert families[4].seeds == SCALING.seeds


def test_one_seed_tells_nothing_and_a_missing_arm_is_left_out():
    rows = [row for row in all_runs(SCALING, {}) if row.seed == 0 or row.arm == "base"]
    families = study_findings.by_ways(Results(SCALING, tuple(rows)))
    assert [(family.differences, family.seeds) for family in families.values()] == [((), (0,))] * 2
    without = [row for row in all_runs(SCALING, {}) if row.arm not in ("depth × 2", "compound × 4")]
    families = study_findings.by_ways(Results(SCALING, tuple(without)))
    assert list(families) == [2] and [row.other for row in families[2].differences] == ["width × 2", "resolution × 2"]
    assert study_findings.by_ways(Results(SCALING)) == {}


def test_only_seeds_that_all_have_are_compared():
    rows = [row for row in all_runs(SCALING, {}) if (row.arm, row.seed) != ("depth × 2", 1)]
    families = study_findings.by_ways(Results(SCALING, tuple(rows)))
    assert (families[2].seeds, families[4].seeds) == ((0, 2), (0, 1, 2))


def test_a_search_has_a_best_point_those_like_it_and_the_papers_neighbour():
    best, like = SEARCH.arms[3].name, SEARCH.arms[6].name
    found = study_findings.search(Results(SEARCH, tuple(all_runs(SEARCH, {best: 0.6, like: 0.596}, spread=0.002))))
    assert found.best.name == best and found.not_told == [like] and len(found.others.differences) == 9
    assert found.nearest == "α 1.2, β 1.15, γ 1.125"
    assert next(arm for arm in SEARCH.arms if arm.name == found.nearest).depth == ALPHA
    assert study_findings.search(Results(SEARCH)) is None


def test_an_easy_seed_that_others_lack_makes_no_best_point():
    easy, better = SEARCH.arms[1:3]
    rows = [made_up(SEARCH, easy, 0, 0.5), made_up(SEARCH, easy, 1, 0.7), made_up(SEARCH, better, 0, 0.55)]
    assert study_findings.search(Results(SEARCH, tuple(rows))).best.name == better.name


def test_parts_are_compared_with_the_block_as_it_is():
    found = study_findings.by_parts(Results(BLOCKS, tuple(all_runs(BLOCKS, {"without SE": 0.45}))))
    assert {row.arm for row in found.differences if row.tells} == {"without SE"}
    assert {row.other for row in found.differences} == {"base"} and len(found.differences) == 6
    assert next(row for row in found.differences if row.tells).interval.high < 0
    assert study_findings.by_parts(Results(BLOCKS)) == ((), ())
