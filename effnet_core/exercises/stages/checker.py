"""make_blocks against the project's own, on B0's table and on random ones."""

from typing import NamedTuple

from ... import architecture
from ...architecture import B0_STAGES, round_channels, round_depth
from ..checking import Answer, Wrong
from ..network_checks import StageRow, random_stages

ROUNDS = 12


class Row(NamedTuple):
    """One block as the task asks for it."""

    expansion: int
    kernel: int
    stride: int
    in_channels: int
    out_channels: int


def reference(stages: list[StageRow], width: float, depth: float) -> list[Row]:
    table = tuple(architecture.Stage(*stage) for stage in stages)
    blocks = architecture.make_blocks(table, width=width, depth=depth)
    return [Row(*(getattr(block, name) for name in Row._fields)) for block in blocks]


def variant(*, strides: bool = False, follows: bool = True, wide: bool = True, wide_in: bool = True, deep: bool = True):
    """The rule with a mistake."""

    def blocks(stages: list[StageRow], width: float, depth: float) -> list[Row]:
        made = []
        for stage in stages:
            channels = round_channels(stage.in_channels * width) if wide and wide_in else stage.in_channels
            out = round_channels(stage.out_channels * width) if wide else stage.out_channels
            for index in range(round_depth(stage.layers * depth) if deep else stage.layers):
                stride = stage.stride if strides or index == 0 else 1
                made.append(Row(stage.expansion, stage.kernel, stride, channels, out))
                channels = out if follows else channels
        return made

    return blocks


MISTAKES = {
    "Only the first block of a stage has the stage's stride.": variant(strides=True),
    "From the second block of a stage on, as many channels come in as go out.": variant(follows=False),
    "The channels are scaled by the width.": variant(wide=False),
    "The channels that come in are scaled by the width, too.": variant(wide_in=False),
    "The layers of a stage are scaled by the depth, and rounded up.": variant(deep=False),
    "The first block comes first.": lambda *given: reference(*given)[::-1],
}


def check(answer: Answer):
    draw, make_blocks = answer.draw, answer.get("make_blocks")
    tables = [[StageRow(*stage[:6]) for stage in B0_STAGES], *(random_stages(draw) for _ in range(ROUNDS - 1))]
    draws = [(table, draw.randint(30, 250) / 100, draw.randint(60, 320) / 100) for table in tables]
    given = [_rows(make_blocks(*given)) for given in draws]
    for rows, (stages, width, depth) in zip(given, draws, strict=True):
        right = reference(stages, width, depth)
        if rows != right:
            made = (hint for hint, mistake in MISTAKES.items() if given == [mistake(*one) for one in draws])
            raise Wrong(_differs(rows, right, f"a width of {width} and a depth of {depth}"), next(made, ""))
    yield f"`make_blocks` gives the blocks of B0's table and of {ROUNDS - 1} random ones, scaled."


def _rows(blocks: object) -> list[tuple]:
    try:
        return [tuple(block) for block in blocks]
    except TypeError:
        raise Wrong("`make_blocks` has to give a list of `Block`.", "Is a `return` missing?") from None


def _differs(rows: list[tuple], right: list[Row], scaling: str) -> str:
    if len(rows) != len(right):
        return f"With {scaling} there are {len(rows)} blocks; right are {len(right)}."
    number, (mine, row) = next(
        (at, pair) for at, pair in enumerate(zip(rows, right, strict=True)) if pair[0] != pair[1]
    )
    if len(mine) != len(row):
        return f"A block has {len(mine)} values; it has to have {len(row)}: {', '.join(Row._fields)}."
    field = next(name for name, one, other in zip(Row._fields, mine, row, strict=True) if one != other)
    got, want = mine[Row._fields.index(field)], getattr(row, field)
    return f"With {scaling}, block {number + 1} has {field}={got}; right is {want}."
