"""Pictures to train on that the tests draw: noise around one colour a class, in a zip file."""

import io
import zipfile

import numpy as np
from PIL import Image

CLASSES = [
    {"class": "n1", "label": "red", "group": "warm"},
    {"class": "n2", "label": "orange", "group": "warm"},
    {"class": "n3", "label": "blue", "group": "cold"},
]
COLOURS = ((200, 20, 40), (240, 190, 20), (20, 60, 230))


def write_archive(path, training_count):
    """A zip file of noisy one-colour pictures, `training_count` for training and 8 for validation a class."""
    noise = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as pack:
        for row, colour in zip(CLASSES, COLOURS, strict=True):
            for split, count in (("train", training_count), ("val", 8)):
                for number in range(count):
                    pixels = np.clip(colour + noise.normal(0, 25, (64, 64, 3)), 0, 255).astype(np.uint8)
                    stream = io.BytesIO()
                    Image.fromarray(pixels).save(stream, "PNG")
                    pack.writestr(f"{split}/{row['class']}/{number:03}.png", stream.getvalue())
    return path
