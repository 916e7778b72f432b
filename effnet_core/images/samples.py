"""Sample photographs that need no upload and no download: installed packages ship them, and a teacher's folder may.

Files are found without importing the packages, which would take seconds.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..files import read_file
from .reading import LIMIT_MB, SUFFIXES, read_image

FOLDER = "EFFNET_SAMPLES"  # names a teacher's folder of pictures for the whole class
MOST_OWN = 24
PACKAGES = {  # where each keeps its pictures
    "scikit-image": "skimage/data",
    "matplotlib": "matplotlib/mpl-data/sample_data",
    "scikit-learn": "sklearn/datasets/images",
}
UNTOLD = ""  # a label: the picture may show any class


@dataclass(frozen=True)
class Sample:
    """A photograph that needs no upload.

    `label`: its ImageNet class; None where it shows none of the thousand; UNTOLD where nobody has said.
    `source`: the package that ships it, or FOLDER.
    """

    name: str
    title: str
    label: str | None
    source: str
    file: str

    @property
    def path(self) -> Path | None:
        """Where it is on this machine; None where its package is not installed."""
        if self.source == FOLDER:
            return Path(self.file)
        package, _, folder = PACKAGES[self.source].partition("/")
        found = importlib.util.find_spec(package)
        if found is None:
            return None
        path = Path(found.submodule_search_locations[0], folder, self.file)
        return path if path.is_file() else None


SAMPLES = (  # the first is one that every model here classifies correctly: pages show it before any upload
    Sample("coffee", "A cup of coffee", "espresso", "scikit-image", "coffee.png"),
    Sample("chelsea", "Chelsea the cat", "Egyptian cat", "scikit-image", "chelsea.png"),
    Sample("rocket", "A rocket at its launch", "projectile", "scikit-image", "rocket.jpg"),
    Sample("astronaut", "An astronaut", None, "scikit-image", "astronaut.png"),
    Sample("hopper", "Grace Hopper", "military uniform", "matplotlib", "grace_hopper.jpg"),
    Sample("palace", "A palace in China", "palace", "scikit-learn", "china.jpg"),
    Sample("dahlia", "A dahlia", None, "scikit-learn", "flower.jpg"),
    Sample("coins", "Greek coins", None, "scikit-image", "coins.png"),
    Sample("hubble", "The Hubble deep field", None, "scikit-image", "hubble_deep_field.jpg"),
    Sample("tissue", "Tissue under a microscope", None, "scikit-image", "ihc.png"),
)


def available() -> tuple[Sample, ...]:
    """Those on this machine: what the packages ship, then the teacher's own.

    A teacher's picture that is called by one of ImageNet's classes shows that class: golden retriever.jpg.
    """
    return tuple(sample for sample in SAMPLES if sample.path) + _own()


def _own() -> tuple[Sample, ...]:
    folder = os.environ.get(FOLDER)
    if not folder:
        return ()
    try:
        files = sorted(file for file in Path(folder).iterdir() if file.suffix.lower().lstrip(".") in SUFFIXES)
    except OSError:
        return ()
    return tuple(
        Sample(f"own {file.name}", file.stem.replace("_", " "), UNTOLD, FOLDER, str(file)) for file in files[:MOST_OWN]
    )


def load_sample(name: str) -> Image.Image:
    """A sample as RGB. Raises ValueError listing the valid names, and ImageRejected for a teacher's broken file.

    >>> load_sample("coffee").size
    (600, 400)
    """
    samples = {sample.name: sample for sample in available()}
    if name not in samples:
        raise ValueError(f"no sample is called {name!r}; there are {', '.join(samples)}")
    return read_image(read_file(samples[name].path, LIMIT_MB), samples[name].title)
