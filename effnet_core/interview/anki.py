"""The cards as a deck for Anki."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape

import genanki

from .cards import Card
from .drills.kind import GROUPS

DECK_ID, MODEL_ID = 1_905_119_461, 1_801_043_811  # fixed, so that a later export updates the same deck
FIELDS = ("Question", "Answer", "Wanted", "Mistake", "FollowUp", "FollowUpAnswer", "Source")
BACK = """{{FrontSide}}<hr id="answer"><p>{{Answer}}</p><p><b>What the interviewer wants to hear:</b> {{Wanted}}</p>
<p><b>Common mistake:</b> {{Mistake}}</p><p><b>Asked next:</b> {{FollowUp}} {{FollowUpAnswer}}</p>
<p><small>{{Source}}</small></p>"""
LOOK = ".card { font-family: sans-serif; font-size: 20px; text-align: left; max-width: 40em; margin: auto; }"


def deck(cards: Sequence[Card]) -> bytes:
    """An .apkg file; each card keeps its identity across exports, and is tagged with its group and level."""
    model = genanki.Model(
        MODEL_ID,
        "EfficientNet interview",
        fields=[{"name": field} for field in FIELDS],
        templates=[{"name": "Card", "qfmt": "<h2>{{Question}}</h2>", "afmt": BACK}],
        css=LOOK,
    )
    deck = genanki.Deck(DECK_ID, "EfficientNet interview")
    for card in cards:
        texts = (
            *(card.question, card.answer, card.wanted, card.mistake),
            *(card.follow_up, card.follow_up_answer, card.source),
        )
        deck.add_note(
            genanki.Note(
                model,
                [escape(text) for text in texts],
                guid=genanki.guid_for("effnet-lab", card.id),
                tags=[GROUPS[card.group].replace(" ", "-"), f"level-{card.level}"],
            )
        )
    file = io.BytesIO()
    genanki.Package(deck).write_to_file(file)
    return file.getvalue()
