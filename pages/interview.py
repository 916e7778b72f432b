"""Interview practice: cards, drills with checked answers, a mock interview, a cheat sheet. Opens without torch."""

from ui.interview import cards, cheatsheet, drills, mock_interview, progress, strength
from ui.session import router
from ui.shared import widgets

router.enter_by_router()

MODES = {
    "cards": "Cards",
    "drills": "Drills",
    "mock": "Mock interview",
    "progress": "My progress",
    "sheet": "Cheat sheet",
}
mode = widgets.choice("Practise with", MODES, key="interview.mode", label_visibility="collapsed", wrap=True)

if mode == "cards":
    cards.show_cards()
    widgets.cite(
        "Cards come back by FSRS, a scheduler of spaced repetition: Again, Hard, Good and Easy decide when. On the "
        "keyboard: A shows the answer, 1 to 4 rate it. Every number in an answer is computed from the networks or "
        "read from a table of published numbers."
    )
elif mode == "drills":
    drills.show_drills()
    widgets.cite(
        "The seed draws the question: the same seed gives a whole class the same question. Count as the app does: "
        "batch 1, "
        "multiply-accumulates of convolutions and linear layers."
    )
elif mode == "mock":
    mock_interview.show_mock()
elif mode == "progress":
    strength.show_progress()
else:
    cheatsheet.show_sheet()
    widgets.cite("One page, A4, to print. The deck keeps its cards' identity, so a later export updates it in Anki.")
progress.show_store()
