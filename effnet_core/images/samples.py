"""Sample photographs, which scikit-image installs: nothing has to be uploaded or downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image


@dataclass(frozen=True)
class Sample:
    """A photograph that needs no upload. `label`: its ImageNet class, None where it shows none of the thousand."""

    name: str
    title: str
    label: str | None


SAMPLES = (  # the first is one that every model here classifies correctly: pages show it before any upload
    Sample("coffee", "A cup of coffee", "espresso"),
    Sample("chelsea", "Chelsea the cat", "Egyptian cat"),
    Sample("rocket", "A rocket at its launch", "projectile"),
    Sample("astronaut", "An astronaut", None),
)


def load_sample(name: str) -> Image.Image:
    """A sample as RGB, from files that scikit-image installs. Raises ValueError listing the valid names.

    >>> load_sample("coffee").size
    (600, 400)
    """
    if name not in {sample.name for sample in SAMPLES}:
        raise ValueError(f"no sample is called {name!r}; there are {', '.join(sample.name for sample in SAMPLES)}")
    with Image.open(_file(name)) as picture:
        return picture.convert("RGB")


@cache
def _file(name: str) -> Path:
    """The photograph's file. Found without an import: skimage reads it the same, but brings SciPy, most of a second."""
    [folder] = find_spec("skimage").submodule_search_locations
    return next(Path(folder, "data").glob(f"{name}.*"))
