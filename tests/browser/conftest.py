"""What holds after every test in a browser."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def nothing_outside_is_asked(asked_outside):
    """Neither the server nor a page has asked another computer; the walk over every panel is in test_links.py."""
    yield
    lines = asked_outside.read_text(encoding="utf-8").splitlines()
    asked_outside.write_text("", encoding="utf-8")  # the next test is not to blame
    assert not lines
