"""The chart of a learner's topics: weak ones stand out in three ways, and all are there."""

from __future__ import annotations

from datetime import date

from effnet_core.figures.practice import Strength, strength_over_time


def test_weak_topics_stand_out_and_are_named():
    days = [date(2030, 5, 1), date(2030, 5, 2)]
    rows = [
        Strength("weak", (0.1, 0.2), True),
        Strength("strong", (0.7, 0.9), False),
        Strength("other", (0, 0.1), True),
    ]
    figure = strength_over_time(rows, days)
    traces = {trace.name: trace for trace in figure.data}
    assert {name: tuple(trace.y) for name, trace in traces.items()} == {row.topic: row.shares for row in rows}
    assert all(tuple(trace.x) == ("01 May", "02 May") for trace in traces.values())
    assert traces["weak"].line.width > traces["strong"].line.width
    assert traces["weak"].line.dash != traces["other"].line.dash
    assert traces["weak"].marker.symbol != traces["other"].marker.symbol
    assert [name for name, trace in traces.items() if trace.showlegend] == ["weak", "other"]
