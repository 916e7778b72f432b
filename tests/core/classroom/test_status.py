"""Several workers' figures as one text that Prometheus reads."""

from effnet_core.classroom.status import merged

ONE = """\
# TYPE active_sessions gauge
# HELP active_sessions Current number of active sessions.
active_sessions 3
# TYPE session_duration_seconds counter
# UNIT session_duration_seconds seconds
# HELP session_duration_seconds Total.
session_duration_seconds_total 1.5
# EOF
"""
OTHER = """\
# TYPE session_duration_seconds counter
# UNIT session_duration_seconds seconds
# HELP session_duration_seconds Total.
session_duration_seconds_total{a="x} y",b="z"} 2.5e3
# TYPE only_here gauge
# HELP only_here Some cache.
only_here{cache="c"} 4
# EOF
"""


def test_each_family_stands_once_with_the_samples_of_all_workers():
    assert merged({"0": ONE, "1": OTHER, "2": ""}) == [
        "# TYPE active_sessions gauge",
        "# HELP active_sessions Current number of active sessions.",
        'active_sessions{worker="0"} 3',
        "# TYPE session_duration_seconds counter",
        "# UNIT session_duration_seconds seconds",
        "# HELP session_duration_seconds Total.",
        'session_duration_seconds_total{worker="0"} 1.5',
        'session_duration_seconds_total{worker="1",a="x} y",b="z"} 2.5e3',
        "# TYPE only_here gauge",
        "# HELP only_here Some cache.",
        'only_here{worker="1",cache="c"} 4',
    ]
