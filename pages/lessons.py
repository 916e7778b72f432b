"""The lessons that a teacher can give."""

from ui.lessons import lesson_cards
from ui.session import router

router.enter_by_router()
lesson_cards.show()
