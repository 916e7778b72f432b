"""The command for a class, where it can't start: a sentence and exit code 2."""

import socket
import subprocess
import sys

import pytest
from support.classroom import needs_nginx

from effnet_core.classroom import nginx
from effnet_core.cli.classroom import LOADED


def test_without_nginx_it_says_how_to_install_it(ask, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(nginx, "OFTEN_NOT_IN_PATH", ())
    code, out, err = ask("classroom", "--workers", 2)
    assert (code, out, err) == (2, "", f"error: {nginx.MISSING}\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--workers", "0"], "0 workers; allowed are 1 to 64"),
        (["--workers", "65"], "65 workers; allowed are 1 to 64"),
        (["--port", "70000"], "port 70000; allowed is 1 to 65535"),
        (["--workers", "many"], "invalid int value"),
    ],
)
def test_it_refuses_with_a_sentence(ask, words, sentence):
    code, out, err = ask("classroom", *words)
    assert code == 2 and sentence in err and "Traceback" not in err and not out


@needs_nginx
def test_a_port_in_use_is_named(ask):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, out, err = ask("classroom", "--port", port, "--workers", 2)
    assert (code, out) == (2, "") and f"127.0.0.1, port {port} can't be used: Address already in use" in err


def test_what_workers_share_has_begun_no_thread_and_no_gpu():
    """Neither stands being forked."""
    look = "import psutil, torch; print(psutil.Process().num_threads(), torch.cuda.is_initialized())"
    code = f"import {', '.join(LOADED)}; {look}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]
