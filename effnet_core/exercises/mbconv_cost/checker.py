"""mbconv_cost against the project's cost model."""

from ...architecture import Stage, make_blocks
from ...cost import block_layers, total
from ..checking import Answer, same_results

DRAWS = 60


def layers(channels: int, out: int, kernel: int, stride: int, expansion: int, size: int) -> list:
    [block] = make_blocks((Stage(expansion, kernel, stride, channels, out, 1),), width=1, depth=1)
    return block_layers(block, size)


def reference(*draw: int) -> tuple[int, int]:
    cost = total(layers(*draw))
    return cost.params, cost.macs


def counted(role: str | None = None, **changes):
    """The cost with something else counted for the layers of a role, or of all: what a mistake amounts to."""

    def cost(*draw: int) -> tuple[int, int]:
        rows = [
            row._replace(**{name: new(row, draw) for name, new in changes.items()}) if role in (None, row.role) else row
            for row in layers(*draw)
        ]
        return sum(row.params for row in rows), sum(row.macs for row in rows)

    return cost


def squeezed_from_expanded(*draw: int) -> tuple[int, int]:
    rows = [row for row in layers(*draw) if row.role not in ("squeeze", "excite")]
    wide = rows[-1].in_channels
    squeezed = wide // 4
    gate = 2 * wide * squeezed
    return sum(row.params for row in rows) + gate + squeezed + wide, sum(row.macs for row in rows) + gate


def without(*roles: str):
    def cost(*draw: int) -> tuple[int, int]:
        rows = [row for row in layers(*draw) if row.role not in roles]
        return sum(row.params for row in rows), sum(row.macs for row in rows)

    return cost


def always_expanded(*draw: int) -> tuple[int, int]:
    params, macs = reference(*draw)
    narrow, _, _, _, expansion, size = draw
    return (params, macs) if expansion > 1 else (params + narrow**2 + 2 * narrow, macs + narrow**2 * size**2)


MISTAKES = {
    "The squeeze is a quarter of the block's input channels, not of the expanded ones.": squeezed_from_expanded,
    "Batch norm has a scale and a shift for each channel.": counted(batch_norm=lambda *_: 0),
    "The two layers of squeeze-and-excitation have biases.": counted(biases=lambda *_: 0),
    "With an expansion of 1 there is no expanding convolution.": always_expanded,
    "The expansion works on the map that enters, before the stride.": counted(
        "expand", size=lambda row, draw: -(-draw[5] // draw[3])
    ),
    "The stride makes the map smaller from the depthwise convolution on.": counted(
        "project", size=lambda row, draw: draw[5]
    ),
    "The depthwise convolution has one group for each channel.": counted("depthwise", groups=lambda *_: 1),
    "Squeeze-and-excitation has parameters and MACs too.": without("squeeze", "excite"),
    "Squeeze-and-excitation works on one pixel, the mean of the map.": lambda *draw: (
        reference(*draw)[0],
        counted(size=lambda row, draw: row.size if row.batch_norm else -(-draw[5] // draw[3]))(*draw)[1],
    ),
}


def check(answer: Answer):
    draw, choose = answer.draw.randint, answer.draw.choice
    draws = [
        (8 * draw(1, 12), 8 * draw(1, 12), choose((3, 5)), choose((1, 2)), choose((1, 4, 6)), draw(7, 57))
        for _ in range(DRAWS)
    ]
    mbconv_cost = answer.get("mbconv_cost")
    same_results("mbconv_cost", mbconv_cost, reference, draws, MISTAKES, parts=("parameters", "MACs"))
    yield f"`mbconv_cost` gives the parameters and MACs of {DRAWS} random blocks."
