"""Published numbers as rows to compute with: against the printed tables, and doublings against hand-made curves."""

from __future__ import annotations

import pytest

from effnet_core.architecture import RELEASES, released
from effnet_core.cost import cost_of
from effnet_core.published import accuracies, scaling_curves, tables
from effnet_core.published.scaling_curves import Curve, Point
from effnet_core.scaling.member_choice import members

LINE = Curve("line", "depth", (Point("", 1e9, 70.0), Point("", 4e9, 74.0), Point("", 16e9, 75.0)), "by hand")


def test_a_doubling_between_points_is_read_off_the_line_over_log2():
    assert scaling_curves.top1_at(LINE, 2e9) == pytest.approx(72.0)
    assert scaling_curves.top1_at(LINE, 8e9) == pytest.approx(74.5)
    assert [gain.points for gain in scaling_curves.doublings(LINE)] == pytest.approx([2.0, 2.0, 0.5, 0.5])
    assert [gain.top1 for gain in scaling_curves.doublings(LINE)] == pytest.approx([72.0, 74.0, 74.5, 75.0])
    assert [gain.group for gain in scaling_curves.doublings(LINE)][:2] == ["1st doubling", "2nd doubling"]


def test_nothing_is_read_beyond_the_ends_of_a_curve():
    assert scaling_curves.top1_at(LINE, 0.9e9) is None and scaling_curves.top1_at(LINE, 17e9) is None
    short = LINE._replace(points=(Point("", 1e9, 70.0), Point("", 1.995e9, 71.0)))
    assert scaling_curves.top1_at(short, 2e9) == 71.0, "within what can be read from a figure"
    assert scaling_curves.doublings(LINE._replace(points=LINE.points[:1])) == ()


@pytest.mark.parametrize(("figure", "points"), [("Fig3", 19), ("Fig4", 34), ("Fig8", 24)])
def test_curves_hold_every_point_of_their_figure_in_order(figure, points):
    curves = scaling_curves.curves(figure)
    rows = [row for row in tables.table("effnet_fig3_fig4_fig8_points") if row["figure"] == figure]
    drawn = sorted((round(point.macs), point.top1) for curve in curves for point in curve.points)
    assert drawn == sorted((round(1e9 * row["flops_B"]), row["top1_pct"]) for row in rows) and len(rows) == points
    for curve in curves:
        costs = [point.macs for point in curve.points]
        assert costs == sorted(costs)
    assert len({curve.dimension for curve in curves}) == len(curves)


def test_an_unknown_figure_is_refused():
    with pytest.raises(ValueError, match=r"no points of 'Fig9' are stored; there are Fig3, Fig4, Fig8"):
        scaling_curves.curves("Fig9")


def test_compound_scaling_buys_more_with_every_doubling_in_fig_8():
    gains = {
        curve.dimension: [gain.points for gain in scaling_curves.doublings(curve)]
        for curve in scaling_curves.curves("Fig8")
    }
    for dimension in ("depth", "width", "resolution"):
        assert all(whole > alone for whole, alone in zip(gains["compound"], gains[dimension], strict=True))


def test_width_alone_fades_in_fig_3():
    width = next(curve for curve in scaling_curves.curves("Fig3") if curve.dimension == "width")
    gains = [gain.points for gain in scaling_curves.doublings(width)]
    assert len(gains) == 4 and gains == sorted(gains, reverse=True)


def test_gains_of_the_tables_are_over_their_own_baseline():
    gains = {(gain.group, gain.dimension): round(gain.points, 1) for gain in scaling_curves.other_networks()}
    assert gains["MobileNetV1", "compound"] == 5.0 and gains["ResNet-50", "depth"] == 2.1 and len(gains) == 11
    by_hand = {"depth": 2.7, "width": 2.6, "resolution": 2.8, "compound": 4.8}  # erratum E08, first version
    assert {gain.dimension: round(gain.points, 1) for gain in scaling_curves.equal_budget()} == by_hand


@pytest.mark.parametrize(("way", "count"), [("depth", 7), ("width", 7), ("resolution", 8), ("compound", 6)])
def test_every_published_point_of_a_way_is_a_row(way, count):
    points = scaling_curves.points_of(way)
    assert len(points) == count and all(source for _, source in points)
    printed = {row["top1_pct"] for row in tables.table("effnet_fig3_fig4_fig8_points")}
    printed |= {row["top1_pct_first_version"] for row in tables.table("effnet_table7_cam_models")}
    assert {point.top1 for point, _ in points} <= printed


def test_the_nearest_point_is_a_point_and_keeps_its_own_compute():
    b3, b7 = (cost_of(released(member)).macs for member in ("b3", "b7"))
    assert {way: scaling_curves.nearest(way, b3)[0].top1 for way in scaling_curves.DIMENSIONS} == {
        "depth": 78.99,
        "width": 78.9,
        "resolution": 79.1,
        "compound": 81.1,
    }
    far, _ = scaling_curves.nearest("depth", b7)
    assert far.macs == max(point.macs for point, _ in scaling_curves.points_of("depth")) < b7 / 10


def test_table_2_is_that_of_the_newest_version():
    assert accuracies.newest_version() == "arXiv v5 (11 Sep 2020)"
    rows = {row.name: row for row in accuracies.table2()}
    assert len(rows) == 24 and rows["EfficientNet-B7"].top1 == 84.3 and rows["GPipe"].macs is None
    for member in members():
        printed = rows[f"EfficientNet-{member.name.upper()}"]
        assert printed.params == pytest.approx(member.params, rel=0.03)
        assert printed.macs == pytest.approx(member.macs, rel=0.06)


def test_torchvisions_efficientnets_come_from_three_trainings():
    recipes = {row.name.split("-")[1]: row.recipe for row in accuracies.torchvision() if row.family == "EfficientNet"}
    assert len(recipes) == 9
    assert all("rwightman" in recipes[f"B{number} V1"] for number in range(5))
    assert all("lukemelas" in recipes[f"B{number} V1"] for number in (5, 6, 7))
    assert recipes["B1 V2"] == "torchvision's newer recipe"


def test_every_set_of_weights_has_a_family_a_title_and_a_training():
    rows = accuracies.torchvision()
    assert len(rows) == len({row.name for row in rows}) == len(tables.table("torchvision_weights"))
    assert {row.family for row in rows} < set(accuracies.FAMILIES)
    titles = {row.name for row in rows}
    assert {"MnasNet 0.75 V1", "Wide ResNet-101-2 V2", "ResNeXt-50-32x4d V1", "EfficientNetV2-S V1"} <= titles
    assert {"MobileNetV2 V1", "MobileNetV3-large V1", "ResNet-152 V2"} <= titles


def test_of_several_weights_of_a_member_the_best_stands_for_it():
    best = accuracies.released_accuracies(accuracies.torchvision())
    assert list(best) == sorted(RELEASES, key=lambda name: best[name].top1) and best["b1"].name == "EfficientNet-B1 V2"


def test_errata_are_found_by_their_number():
    assert "0.50B" in accuracies.erratum("E11")["correct_or_clarified"]
    with pytest.raises(ValueError, match="no erratum is called 'E99'"):
        accuracies.erratum("E99")
