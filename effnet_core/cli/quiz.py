"""Commands that practise: quiz. No torch."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from ..interview.drills import GROUPS, KINDS, LEVELS, deal, kinds_of
from ..interview.drills.kind import Drill

FIELDS = """
JSON fields: kind, level, question, answer, unit, tolerance, working, given, factor. A number x answers a drill where
|x - answer| <= tolerance * |answer| (tolerance is relative; 0 asks for the exact number); where `factor` is not 0, it
is an estimate, and x answers it from answer / factor to answer * factor. Where `given` has `choices`, the answer is the
text of the right one; where it has `code`, the question is about these lines. `given` holds all that is needed to
compute the answer again. The same seed gives the same drills."""


def add_commands(command) -> None:
    parser = command(quiz)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description += FIELDS
    parser.epilog = "kinds:\n" + "\n".join(f"  {name:24}{KINDS[name].about}" for name in kinds_of())
    parser.add_argument("--seed", type=int, default=0, help="default 0")
    parser.add_argument("--count", type=int, default=10, help="default 10")
    parser.add_argument("--kind", metavar="NAME", help="one kind alone; all are listed below")
    parser.add_argument("--group", metavar="NAME", help=f"one group alone: {', '.join(GROUPS)}")
    parser.add_argument("--level", type=int, help=f"one level alone, {LEVELS[0]} to {LEVELS[-1]}; else mixed")


def quiz(options: argparse.Namespace) -> int:
    """Drills with answers and the way to them, drawn from a seed."""
    drills = deal(options.seed, options.count, kind=options.kind, group=options.group, level=options.level)
    if options.json:
        print(json.dumps([asdict(drill) for drill in drills], ensure_ascii=False))
        return 0
    for number, drill in enumerate(drills, start=1):
        print(as_text(number, drill))
    return 0


def as_text(number: int, drill: Drill) -> str:
    """A drill for a reader: question, choices, answer, working."""
    choices = [f"   {letter}) {choice}" for letter, choice in zip("abcdefgh", drill.choices, strict=False)]
    answer = drill.answer if drill.choices else f"{drill.answer:,.10g} {drill.unit}".strip()
    working = [f"   {line}" for line in drill.working]
    head = f"{number}. [{GROUPS[KINDS[drill.kind].group]}, level {drill.level}] {drill.question}"
    code = [f"   {place}  {line}" for place, line in enumerate(drill.code.splitlines(), start=1)]
    return "\n".join([head, *code, *choices, f"   Answer: {answer}", *working, ""])
