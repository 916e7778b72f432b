"""What the tests of the commands share."""

from __future__ import annotations

import json

import pytest

from effnet_core.__main__ import main


@pytest.fixture
def ask(capsys):
    """Run a command; its exit code, standard output (parsed where --json was asked) and standard error."""

    def run(*words: object):
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:  # argparse's own way out
            code = stop.code
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words and code != 2 else out, err

    return run
