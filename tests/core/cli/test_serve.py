"""The command that serves, where it can't: a sentence and exit code 2."""

import subprocess
import sys

from support.paths import ROOT


def test_without_its_libraries_it_says_how_to_install_them():
    code = "import sys; sys.modules['fastapi'] = None; from effnet_core.__main__ import main; sys.exit(main(['serve']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: serving needs ") and "pip install -r requirements-cluster.txt" in done.stderr
