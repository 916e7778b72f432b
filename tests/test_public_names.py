"""The public names of the package: each is there, says what it does, and shows an example that runs."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest
from support.paths import ROOT

import effnet_core


def documented(name: str) -> object:
    """Where a name's docstring stands: a constant is described by its module."""
    thing = getattr(effnet_core, name)
    return thing if callable(thing) else sys.modules[f"effnet_core.{effnet_core._ROOMS[name]}"]


@pytest.mark.parametrize("name", effnet_core.__all__)
def test_its_example_runs(name):
    names = {public: getattr(effnet_core, public) for public in effnet_core.__all__}
    finder = doctest.DocTestFinder(recurse=False)
    [example] = finder.find(documented(name), name, globs=names)
    assert example.examples, f"the docstring of {name} has no example"
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    assert doctest.DocTestRunner(optionflags=flags).run(example).failed == 0


def test_the_package_says_all_its_names_and_its_example_runs():
    assert [name for name in effnet_core.__all__ if f"`{name}`" not in effnet_core.__doc__] == []
    assert doctest.testmod(effnet_core).failed == 0 < doctest.testmod(effnet_core).attempted
    assert set(dir(effnet_core)) >= set(effnet_core.__all__)


def test_other_names_are_refused_with_those_that_there_are():
    with pytest.raises(AttributeError, match=r"has no 'nonsense'; its public names are Engine, .*solve"):
        effnet_core.nonsense  # noqa: B018


def test_pure_names_load_no_torch():
    names = "compound, released, scaled, implied, layers_of, cost_of, solve, deal, is_right, read_image, overlay"
    code = f"from effnet_core import {names}; import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_checkpoint_of_ones_own_is_loaded_with_its_labels(tmp_path, bundled_model):
    from safetensors.torch import save_file

    file = tmp_path / "mine.safetensors"
    save_file({name: value.contiguous() for name, value in bundled_model.module.state_dict().items()}, file)
    labels = [f"class {number}" for number in range(bundled_model.architecture.classes)]
    engine = effnet_core.load(weights=file, labels=labels, device="cpu")
    assert engine.name == "tiny" and list(engine.labels) == labels
    with pytest.raises(ValueError, match="name its file as weights"):
        effnet_core.load("tiny", labels=labels)
