"""The compound scaling rule against the project's own."""

import math

from ... import architecture
from ...architecture import RELEASES, round_resolution
from ..checking import Answer, same_results

DRAWS = 200
PIXELS = RELEASES["b0"].resolution


def scale(phi: float, alpha: float, beta: float, gamma: float) -> tuple[float, float, int]:
    return alpha**phi, beta**phi, round_resolution(PIXELS * gamma**phi)


def phi_for(factor: float, *coefficients: float) -> float:
    return math.log(factor, architecture.growth(*coefficients))


def variant(power=pow, whole=round_resolution, pixels: int = PIXELS):
    """scale with other steps: what a mistake amounts to."""
    return lambda phi, a, b, c: (power(a, phi), power(b, phi), whole(pixels * power(c, phi)))


SCALE_MISTAKES = {
    "φ is an exponent: depth grows by α^φ, not by α · φ.": variant(power=lambda base, phi: base * phi),
    "The resolution is in whole pixels: round it.": variant(whole=float),
    "The resolution goes to the nearest pixel, not down.": variant(whole=int),
    "α is of depth and β of width: are the two exchanged?": lambda phi, a, b, c: scale(phi, b, a, c),
    "The resolution starts at B0's 224 pixels.": variant(whole=float, pixels=1),
}
GROWTH_MISTAKES = {
    "Width counts twice, for channels in and channels out; so does resolution, for height and width.": lambda a, b, c: (
        a * b * c
    ),
    "Width counts twice: a layer has channels coming in and channels going out.": lambda a, b, c: a * b * c**2,
    "Resolution counts twice: pixels in height and in width.": lambda a, b, c: a * b**2 * c,
    "Depth counts once: twice as many layers cost twice as much.": lambda a, b, c: (a * b * c) ** 2,
}
PHI_MISTAKES = {
    "The compute grows by α · β² · γ² for each step of φ, which is near 2 but not 2.": lambda factor, *_: math.log2(
        factor
    ),
    "φ is an exponent, so it takes a logarithm, not a division.": lambda factor, *abc: (
        factor / architecture.growth(*abc)
    ),
    "Are numerator and denominator exchanged?": lambda factor, *abc: 1 / phi_for(factor, *abc),
}


def check(answer: Answer):
    draw = answer.draw.uniform

    def coefficients() -> tuple[float, float, float]:
        return draw(1.02, 1.6), draw(1.02, 1.4), draw(1.02, 1.4)

    draws = [(draw(-2, 7), *coefficients()) for _ in range(DRAWS)]
    same_results("scale", answer.get("scale"), scale, draws, SCALE_MISTAKES, parts=("depth", "width", "resolution"))
    yield f"`scale` gives depth, width and resolution for {DRAWS} random φ, α, β, γ."
    draws = [coefficients() for _ in range(DRAWS)]
    same_results("growth", answer.get("growth"), architecture.growth, draws, GROWTH_MISTAKES)
    yield "`growth` counts channels and pixels twice and layers once."
    draws = [(draw(1.1, 40), *coefficients()) for _ in range(DRAWS)]
    same_results("phi_for", answer.get("phi_for"), phi_for, draws, PHI_MISTAKES)
    yield f"`phi_for` finds φ for {DRAWS} random budgets."
