"""round_filters and round_repeats against the project's own rounding rule."""

import math

from ...architecture import CHANNEL_STEP, round_channels, round_depth
from ..checking import Answer, same_results

DRAWS = 300


def nearest(channels: int, width: float) -> int:
    return max(CHANNEL_STEP, int(channels * width + CHANNEL_STEP / 2) // CHANNEL_STEP * CHANNEL_STEP)


MISTAKES = {
    "The 10 % rule is missing: where rounding down loses more than that, go one step up.": nearest,
    "Channels go to the nearest multiple of 8, not down to the one below.": lambda channels, width: max(
        CHANNEL_STEP, int(channels * width) // CHANNEL_STEP * CHANNEL_STEP
    ),
    "Channels go to the nearest multiple of 8, not always up.": lambda channels, width: (
        math.ceil(channels * width / CHANNEL_STEP) * CHANNEL_STEP
    ),
    "The channels have to be a multiple of 8.": lambda channels, width: round(channels * width),
    "There are at least 8 channels.": lambda channels, width: (
        (nearest(channels, width) if channels * width < CHANNEL_STEP / 2 else round_channels(channels * width))
        * (channels * width >= CHANNEL_STEP / 2)
    ),
}
DEPTH_MISTAKES = {
    "Layers are rounded up, not to the nearest number.": lambda layers, depth: round(layers * depth),
    "Layers are rounded up, not down.": lambda layers, depth: int(layers * depth),
}


def check(answer: Answer):
    draws = [(answer.draw.randint(1, 320), answer.draw.randint(20, 320) / 100) for _ in range(DRAWS)]
    draws += [(channels, 0.2) for channels in range(1, 9)]
    same_results(
        "round_filters",
        answer.get("round_filters"),
        lambda channels, width: round_channels(channels * width),
        draws,
        MISTAKES,
    )
    yield f"`round_filters` rounds {len(draws)} random widths as the official code does."
    draws = [(answer.draw.randint(1, 12), answer.draw.randint(40, 320) / 100) for _ in range(DRAWS)]
    same_results(
        "round_repeats",
        answer.get("round_repeats"),
        lambda layers, depth: round_depth(layers * depth),
        draws,
        DEPTH_MISTAKES,
    )
    yield f"`round_repeats` rounds {len(draws)} random depths up."
