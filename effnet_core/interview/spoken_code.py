"""Exercises asked aloud, as in an interview at a whiteboard: a bug to find, or code to read. Pure Python."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from ..exercises import EXERCISES, FIND_THE_BUG, Exercise

GROUP_OF = {  # exercise -> the group of cards and drills that it belongs to
    **dict.fromkeys(("rounding", "coefficients", "stages"), "scaling"),
    **dict.fromkeys(("mbconv_cost", "receptive_field", "mbconv", "bug_activation", "bug_shortcut", "b0"), "mbconv"),
    **dict.fromkeys(("conv_cost", "depthwise", "bug_groups"), "depthwise"),
    **dict.fromkeys(("squeeze_excitation", "bug_squeeze"), "se"),
    "stochastic_depth": "training",
    **dict.fromkeys(("folding", "capstone"), "practice"),
    "grad_cam": "explain",
}
MOST_LINES = 32  # of code that is read in an interview


@dataclass(frozen=True)
class SpokenCode:
    """An exercise whose code is shown, and what is asked about it."""

    exercise: Exercise

    @property
    def has_a_bug(self) -> bool:
        return self.exercise.kind == FIND_THE_BUG

    @property
    def code(self) -> str:
        return self.exercise.starter if self.has_a_bug else self.exercise.solution

    @property
    def question(self) -> str:
        if self.has_a_bug:
            return "This code runs, but it is not what EfficientNet does. What is wrong, and how do you correct it?"
        return f"Read this code: {self.exercise.title}. {plain(self.exercise.follow_up)}"

    @property
    def answer(self) -> str:
        if self.has_a_bug:
            why = [plain(hint) for hint in self.exercise.hints[-1:] if not hint.endswith("?")]
            return "\n".join([*_corrections(self.exercise), *why])
        return plain(self.exercise.follow_up_answer)

    @property
    def follow_up(self) -> str:
        """What is asked next about a bug; code that is read has had its question."""
        return plain(self.exercise.follow_up) if self.has_a_bug else ""

    @property
    def follow_up_answer(self) -> str:
        return plain(self.exercise.follow_up_answer) if self.has_a_bug else ""

    @property
    def group(self) -> str:
        return GROUP_OF[self.exercise.name]

    @property
    def level(self) -> int:
        return 2 if self.has_a_bug else 3


def spoken_code(level: int | None = None) -> list[SpokenCode]:
    """Every exercise of a level, or of all, whose code is short enough to be read in an interview."""
    asked = map(SpokenCode, EXERCISES)
    return [one for one in asked if level in (None, one.level) and len(one.code.splitlines()) <= MOST_LINES]


def exercises_of(group: str) -> list[Exercise]:
    """The exercises that practise a group, in their order."""
    return [exercise for exercise in EXERCISES if GROUP_OF[exercise.name] == group]


def plain(markdown: str) -> str:
    """A text without marks, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"[*`]", "", markdown)).strip()


def _corrections(exercise: Exercise) -> list[str]:
    """The lines that differ, as they have to be, by their number in the starter."""
    starter, solution = exercise.starter.splitlines(), exercise.solution.splitlines()
    changes = difflib.SequenceMatcher(None, starter, solution, autojunk=False).get_opcodes()
    return [
        f"Line {begin + 1} should be: {' '.join(line.strip() for line in solution[first:last]) or 'left out'}"
        for change, begin, _, first, last in changes
        if change != "equal"
    ]
