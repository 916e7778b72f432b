"""A vote on a student's phone, by the link or the code on the projected screen."""

from ui.lessons import ballot
from ui.session import router

router.enter_by_router()
ballot.show()
