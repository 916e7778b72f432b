"""Figures of compared, edited and counted gates: what is drawn equals the rows, at ranges that hold."""

import numpy as np

from effnet_core.figures.gates import (
    Depth,
    changes,
    class_profiles,
    differences,
    effects,
    share_by_depth,
    side_by_side,
    spread_by_depth,
    widest,
)

DEPTH = [Depth("features.1.0", 0.2, 0.05, 0.04, 0.02), Depth("features.2.0", 0.4, 0.1, 0.09, 0.06)]


def test_differences_are_centred_on_zero_first_block_on_top():
    figure = differences([("features.1.0", [-0.5, 0.25]), ("features.2.0", [0.1] * 3)], first="<b>a</b>", second="b")
    heat = figure.data[0]
    assert (heat.zmin, heat.zmid, heat.zmax) == (-0.5, 0, 0.5)
    assert list(heat.y) == ["1.0", "2.0"] and figure.layout.yaxis.autorange == "reversed"
    assert set(heat.z[0]) == {-0.5, 0.25} and list(heat.z[0]) == sorted(heat.z[0])
    assert heat.colorbar.title.text == "b − &lt;b&gt;a&lt;/b&gt;"


def test_side_by_side_keeps_the_networks_order():
    figure = side_by_side(("one", [0.9, 0.1]), ("two", [0.4, 0.3]))
    np.testing.assert_allclose([trace.z[0] for trace in figure.data], [[0.9, 0.1], [0.4, 0.3], [-0.5, 0.2]])
    assert [(trace.zmin, trace.zmax) for trace in figure.data] == [(0, 1), (0, 1), (-0.5, 0.5)]


def test_changes_show_both_probabilities_first_class_on_top():
    figure = changes([("cat & co", 0.7, 0.2), ("dog", 0.1, 0.6)])
    before, after = figure.data
    assert (list(before.x), list(after.x)) == ([0.7, 0.1], [0.2, 0.6])
    assert before.y[0] < after.y[0] < before.y[1]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert "cat &amp; co" in figure.layout.annotations[0].text
    assert "70\N{NO-BREAK SPACE}% → 20\N{NO-BREAK SPACE}%" in figure.layout.annotations[0].text


def test_numbers_of_neighbours_do_not_collide_and_one_without_room_stands_nowhere():
    near = [(19, 0.300, 2.0), (57, 0.301, 2.0), (5, 0.9, 1.0), (6, 0.1, 0.0)]
    [points] = effects(near, target="cat", marked=3).data
    assert list(points.text) == ["19", "57", "5", ""]
    assert points.textposition[0] != points.textposition[1]
    crowded = [(number, 0.5 + number / 1000, 1.0) for number in range(9)]
    [points] = effects([*crowded, (9, 0.1, 0.0)], target="cat", marked=9).data
    assert 0 < sum(bool(text) for text in points.text) < 9


def test_no_difference_at_all_has_a_scale():
    assert widest([[0.0, 0.0]]) == 0.01 and widest([[0.1, -0.231]]) == 0.24


def test_effects_number_the_strongest():
    [points] = effects([(7, 0.3, 2.0), (1, 0.9, 0.5), (4, 0.1, -0.2)], target="cat", marked=2).data
    assert (list(points.x), list(points.y)) == ([0.3, 0.9, 0.1], [2.0, 0.5, -0.2])
    assert list(points.text) == ["7", "1", ""] and list(points.customdata) == [7, 1, 4]


def test_depth_shows_shares_over_what_chance_gives_and_both_spreads():
    figure = share_by_depth(DEPTH, by_chance=0.02)
    assert [list(trace.y) for trace in figure.data] == [[0.2, 0.4], [0.02, 0.02]]
    assert tuple(figure.layout.yaxis.range) == (0, 1)
    assert [list(trace.y) for trace in spread_by_depth(DEPTH).data] == [[0.05, 0.1], [0.04, 0.09], [0.02, 0.06]]


def test_profiles_are_sorted_by_the_mean_of_all():
    figure = class_profiles(
        [("cat", [0.1, 0.2, 0.3], [0, 0.1, 0.2]), ("dog", [0.9, 0.8, 0.7], [0.1] * 3)], [0.5, 0.1, 0.3]
    )
    assert [list(trace.y) for trace in figure.data] == [[0.2, 0.3, 0.1], [0.8, 0.7, 0.9], [0.1, 0.3, 0.5]]
    assert [tuple(row) for row in figure.data[0].customdata] == [(1, 0.1), (2, 0.2), (0, 0)]


def test_text_is_large_enough_for_the_last_row():
    rows = [("a", [0.1, 0.9]), ("b", [0.2, 0.3])]
    figures = (
        differences(rows, first="a", second="b"),
        side_by_side(*rows),
        changes([("a", 0.1, 0.2)]),
        effects([(1, 0.5, 0.1)], target="a"),
        share_by_depth(DEPTH, by_chance=0.02),
        spread_by_depth(DEPTH),
        class_profiles([(*row, [0.1, 0.1]) for row in rows], [0.1, 0.2]),
    )
    for figure in figures:
        sizes = [note.font.size for note in figure.layout.annotations] + [figure.layout.font.size]
        assert min(sizes) >= 14
