"""A search that follows which lines run (atheris, libFuzzer): what reads untrusted files gives an answer or refuses.

    python -m support.guided pictures|checkpoints FOLDER SECONDS

FOLDER has whole files to begin with. Ends with an exit code other than 0 at an exception that is no refusal, over
MOST_MB of memory, or over MOST_S for one file; libFuzzer writes that file to the folder that it runs in. Checkpoints
are those in safetensors' format: pickles are read in a process of their own, where coverage can't be followed.
"""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress

import atheris
from support.fuzzing import MOST_MB, MOST_S
from support.reading_process import readers

BEFORE_MB = 600  # Python with torch


def main(kind: str, folder: str, seconds: str) -> None:
    with atheris.instrument_imports(include=["PIL", "effnet_core"]):
        read, refusal = readers()[kind]()

    def one(data: bytes) -> None:
        if kind == "checkpoints" and data[8:9] != b"{":
            return
        with suppress(refusal):
            read(data)

    limits = [f"-max_total_time={seconds}", f"-timeout={MOST_S:.0f}", f"-rss_limit_mb={BEFORE_MB + MOST_MB}"]
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", folder], one)
    atheris.Fuzz()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    os.environ["OMP_NUM_THREADS"] = "1"
    main(*sys.argv[1:])
