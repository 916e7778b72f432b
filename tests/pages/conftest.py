"""What all page tests need."""

import pytest

from ui.session import answer_cache
from ui.shared import picture_picker


@pytest.fixture(autouse=True)
def no_answers_of_other_tests():
    """Sessions share answers, tests do not: each may bring a network of its own under the same name."""
    answer_cache.clear()
    picture_picker._offer.clear()
