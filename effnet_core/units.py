"""Numbers as text, the same everywhere: significant digits, large units, shares, sizes in memory. Pure Python."""

from __future__ import annotations

import math

FLOAT32_BYTES = 4
LARGE_UNITS = (("G", 1e9), ("M", 1e6), ("k", 1e3))


def three_digits(value: float) -> str:
    """Three significant digits, thousands separated, no exponent: 12.2, 0.0531, 1,280."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.{max(0, 2 - math.floor(math.log10(abs(rounded))))}f}"


def up_to_three_digits(value: float) -> str:
    """Three significant digits without trailing zeros, for use in sentences: 12, 0.0531, 1,280."""
    return f"{float(f'{value:.3g}'):,.10g}"


def number(value: float) -> str:
    """Whole numbers in full, others to four significant digits: 1,280, 0.3857, 12.25."""
    if value == int(value) or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{float(f'{value:.4g}'):,.10g}"


def giga(count: float) -> str:
    """A count in billions: "1.81 G"."""
    return f"{three_digits(count / 1e9)} G"


def mega(count: float) -> str:
    """A count in millions: "12.2 M"."""
    return f"{three_digits(count / 1e6)} M"


def short(count: int) -> str:
    """A count in the largest unit that leaves a digit before the point: "10.7 k", "25.7 M", "320"."""
    for unit, size in LARGE_UNITS:
        if count >= size:
            return f"{three_digits(count / size)} {unit}"
    return str(count)


def float32_memory(elements: int) -> str:
    """The memory of float32 numbers: "301 kB", "1.2 MB"."""
    size = FLOAT32_BYTES * elements
    return f"{three_digits(size / 1e6)} MB" if size >= 1e6 else f"{three_digits(size / 1e3)} kB"


def percent(share: float, decimals: int | None = None, *, signed: bool = False) -> str:
    """A share in percent, to four significant digits unless decimals are asked for: "12.5 %", "+0.24 %".

    The number and its sign stay on one line; what is negative has a minus, not a hyphen.
    """
    shown = number(100 * share) if decimals is None else f"{100 * share:{'+' * signed},.{decimals}f}"
    return with_minus(f"{shown}\N{NO-BREAK SPACE}%")


def with_minus(number: str) -> str:
    """A number that was written with a hyphen for its sign."""
    return number.replace("-", "\N{MINUS SIGN}")


def wilson_interval(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share seen in `count` trials (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    squared = 1.959964**2 / count  # of the normal quantile, for two sides
    middle = (share + squared / 2) / (1 + squared)
    reach = math.sqrt(squared * (share * (1 - share) + squared / 4)) / (1 + squared)
    return middle - reach, middle + reach


def share_and_interval(share: float, count: int) -> str:
    """A share with its 95 % interval: "62 % (45 to 76 %)"."""
    low, high = wilson_interval(share, count)
    return f"{percent(share, 0)} ({100 * low:.0f} to {percent(high, 0)})"


def probability(share: float) -> str:
    """A probability as a person reads it: 71 %, under 1 %."""
    return percent(share, 0) if share >= 0.01 else f"under {percent(0.01)}"


def duration(seconds: float) -> str:
    """A time to wait: "40 s", "3 min"."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def times(ratio: float) -> str:
    """A ratio as a factor: "× 2.57"."""
    return f"× {three_digits(ratio)}"
