"""make soak: a search led by coverage for files that break the reading of pictures and checkpoints."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from safetensors.torch import save as save_safetensors
from support.odd_pictures import FORMATS
from support.paths import ROOT
from support.pictures import noise, saved
from support.reports import told_at_the_end

SECONDS = 120


def whole_files(kind: str) -> list[bytes]:
    if kind == "pictures":
        return [saved(noise(64, 48), each) for each in FORMATS]
    import torch

    return [save_safetensors({"features.0.0.weight": torch.ones(2, 3, 1, 1), "classifier.1.bias": torch.zeros(3)})]


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["pictures", "checkpoints"])
def test_nothing_is_found(tmp_path, kind):
    pytest.importorskip("atheris", reason="pip install atheris (Linux and macOS)")
    (tmp_path / "whole").mkdir()
    for number, data in enumerate(whole_files(kind)):
        (tmp_path / "whole" / f"{number}").write_bytes(data)
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-m", "support.guided", kind, str(tmp_path / "whole"), str(SECONDS)]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | paths, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-5000:]
    [tried] = re.findall(r"stat::number_of_executed_units: +(\d+)", done.stderr)
    told_at_the_end(f"{kind} by a search led by coverage: {int(tried):,} tried")
    assert int(tried) > 1000
