"""Untrusted pickles are opened in a process of their own: nothing of them is in this one before it is plain tensors.

That process may take memory and time by the size of the file (`unpickling_child`), and its answer is bounded, too.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from . import tensor_file
from .checkpoint_limits import LIMIT_MB

PATIENCE_S = 60.0  # a busy machine takes seconds until the process has started
AT_ONCE = threading.BoundedSemaphore(2)  # each takes 200 MB and a core
TOO_LONG = "takes too long to open, as no checkpoint does; save it anew with torch.save(model.state_dict(), …)"
ROOT = Path(__file__).parents[2]


def as_safetensors(data: bytes) -> bytes:
    """The tensors of a pickled checkpoint, as the child process wrote them. Raises CheckpointRejected."""
    command = [sys.executable, "-P", "-m", f"{__package__}.unpickling_child", str(len(data))]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    settings = {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with AT_ONCE, subprocess.Popen(command, env=os.environ | settings, **pipes) as child:
        clock = threading.Timer(PATIENCE_S, child.kill)
        clock.start()
        try:
            return _asked(child, data) or _refused(TOO_LONG if _was_slow(child, clock) else tensor_file.DAMAGED)
        finally:
            clock.cancel()
            child.kill()


def _asked(child: subprocess.Popen, data: bytes) -> bytes:
    """What it answers, no more than an answer can have; nothing where it ended before."""
    with suppress(OSError):  # it may end before it has read all
        child.stdin.write(data)
        child.stdin.close()
    return child.stdout.read(LIMIT_MB * 2**20 + tensor_file.MOST_HEADER + 8)


def _was_slow(child: subprocess.Popen, clock: threading.Timer) -> bool:
    """Whether it was ended by its own limit of time, or by the clock here."""
    return child.wait() == -getattr(signal, "SIGXCPU", 0) or clock.finished.is_set()


def _refused(sentence: str) -> bytes:
    return tensor_file.header({}, {"refused": sentence})
