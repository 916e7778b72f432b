"""The download, from a server of our own on this machine: no test asks anyone outside."""

from __future__ import annotations

import hashlib
import http.server
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.paths import ROOT

from effnet_core.networks import download
from effnet_core.networks.download import WeightsUnavailable

BODY = bytes(range(256)) * 4096  # 1 MiB: several chunks
FILE = f"net-{hashlib.sha256(BODY).hexdigest()[:8]}.pth"

FAULT = pytest.mark.fault("while weights are downloaded")


class Server(http.server.ThreadingHTTPServer):
    """Answers /whole/FILE, /moved/FILE, /broken/FILE and so on; `asked` counts requests, `quiet` ends its waits."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked, self.quiet = 0, threading.Event()

    def url(self, behaviour: str, file: str = FILE) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/{file}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        getattr(self, self.path.split("/")[1])()

    def log_message(self, *_arguments) -> None:
        pass

    def begin(self, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def whole(self) -> None:
        self.begin(len(BODY))
        self.wfile.write(BODY)

    def unmeasured(self) -> None:
        self.begin(None)
        self.wfile.write(BODY)

    def moved(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.path.replace("moved", "whole"))
        self.end_headers()

    def page(self) -> None:
        self.begin(31)
        self.wfile.write(b"<html>Please sign in...</html>\n")

    def broken(self) -> None:
        self.begin(len(BODY))
        self.wfile.write(BODY[: len(BODY) // 2])

    def stalled(self) -> None:
        self.broken()
        self.wfile.flush()
        self.server.quiet.wait(30)

    def silent(self) -> None:
        self.server.quiet.wait(30)

    def absent(self) -> None:
        self.send_error(404)

    def nonsense(self) -> None:
        self.wfile.write(b"this is not HTTP\r\n\r\n")


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.quiet.set()
        running.shutdown()
        thread.join()


def refusal(url: str, folder: Path, **options) -> str:
    """The sentence; nothing is left in the folder."""
    with pytest.raises(WeightsUnavailable) as caught:
        download.download(url, folder, **options)
    assert not list(folder.rglob("*"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("behaviour", ["whole", "moved", "unmeasured"])
def test_a_whole_file_comes_with_its_progress(server, tmp_path, behaviour):
    steps = []
    folder = tmp_path / "not" / "there yet"
    path = download.download(server.url(behaviour), folder, progress=lambda done, size: steps.append((done, size)))
    assert path == folder / FILE
    assert path.read_bytes() == BODY
    assert list(folder.iterdir()) == [path]
    assert len(steps) >= 4
    assert steps == sorted(steps)
    assert steps[-1] == (len(BODY), 0 if behaviour == "unmeasured" else len(BODY))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_the_file(server, tmp_path):
    """A classroom shares one folder; a temporary file's permissions would shut the others out."""
    before = os.umask(0o022)
    try:
        path = download.download(server.url("whole"), tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_file_that_was_there_is_replaced(server, tmp_path):
    (tmp_path / FILE).write_bytes(b"damaged")
    assert download.download(server.url("whole"), tmp_path).read_bytes() == BODY


@FAULT
def test_a_failed_download_leaves_the_file_that_was_there(server, tmp_path):
    (tmp_path / FILE).write_bytes(b"old")
    with pytest.raises(WeightsUnavailable):
        download.download(server.url("broken"), tmp_path)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@FAULT
def test_a_hash_that_is_not_the_names(server, tmp_path):
    sentence = refusal(server.url("whole", "net-00000000.pth"), tmp_path)
    assert "does not have the hash in its name" in sentence
    assert "does not have the hash" in refusal(server.url("whole", "net.pth"), tmp_path), (
        "a name without a hash proves nothing"
    )


@FAULT
def test_a_sign_in_page_in_place_of_the_file(server, tmp_path):
    assert "sign-in page" in refusal(server.url("page"), tmp_path)


@FAULT
def test_a_body_that_breaks_off(server, tmp_path):
    assert FILE in refusal(server.url("broken"), tmp_path)


@FAULT
def test_the_server_does_not_have_it(server, tmp_path):
    assert "404" in refusal(server.url("absent"), tmp_path)


@FAULT
def test_an_answer_that_is_no_http(server, tmp_path):
    assert "no connection" in refusal(server.url("nonsense"), tmp_path)


@FAULT
@pytest.mark.parametrize("behaviour", ["silent", "stalled"])
def test_a_server_that_stops_talking(server, tmp_path, monkeypatch, behaviour):
    monkeypatch.setattr(download, "CONNECT_TIMEOUT_S", 0.3)
    started = time.monotonic()
    assert "no connection" in refusal(server.url(behaviour), tmp_path)
    assert time.monotonic() - started < 10, "the server would have waited for 30 s"


@FAULT
def test_nobody_listens(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sentence = refusal(f"http://127.0.0.1:{port}/{FILE}", tmp_path)
    assert "no connection" in sentence
    assert "offline model" in sentence


@FAULT
def test_a_name_that_can_not_be_looked_up(tmp_path, monkeypatch):
    def unknown(*_arguments, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "no connection" in refusal(f"http://weights.invalid/{FILE}", tmp_path)


@FAULT
def test_the_look_up_of_a_name_counts_as_waiting(tmp_path, monkeypatch):
    """A resolver that gets no answer blocks for half a minute, whatever timeout urllib was given."""
    looking = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: looking.wait(30) and [])
    monkeypatch.setattr(download, "CONNECT_TIMEOUT_S", 0.3)
    started = time.monotonic()
    assert "no connection" in refusal(f"http://weights.invalid/{FILE}", tmp_path)
    assert time.monotonic() - started < 10
    looking.set()


def test_five_seconds_are_waited_for_a_connection():
    assert download.CONNECT_TIMEOUT_S == 5


def test_false_cancels(server, tmp_path):
    steps = []
    sentence = refusal(server.url("whole"), tmp_path, progress=lambda done, _: steps.append(done) or len(steps) < 2)
    assert "cancelled" in sentence
    assert len(steps) == 2
    assert steps[-1] < len(BODY)


@FAULT
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_what_interrupts_a_download_passes_and_leaves_nothing(server, tmp_path, error):
    def interrupt(_done: int, _size: int) -> None:
        raise error

    with pytest.raises(error):
        download.download(server.url("whole"), tmp_path, progress=interrupt)
    assert not list(tmp_path.iterdir())


@FAULT
def test_a_folder_that_can_not_be_written_to(server, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("a file, not a folder")
    with pytest.raises(WeightsUnavailable, match="can't be written to"):
        download.download(server.url("whole"), taken)
    assert server.asked == 0


@FAULT
def test_a_disk_that_is_full(server, tmp_path, monkeypatch):
    def full(_body, file, *_rest) -> None:
        file.write(b"some")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_receive", full)
    assert "No space left on device" in refusal(server.url("whole"), tmp_path)


@FAULT
def test_two_at_a_time_do_not_disturb_each_other(server, tmp_path):
    threads = [threading.Thread(target=download.download, args=(server.url("whole"), tmp_path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [BODY]


@FAULT
def test_parts_of_killed_downloads_are_cleared_away(server, tmp_path):
    old, fresh, other = (tmp_path / name for name in (f".{FILE}.1.part", f".{FILE}.2.part", ".other.pth.1.part"))
    for part in (old, fresh, other):
        part.write_bytes(b"half")
    for part in (old, other):
        os.utime(part, (0, time.time() - 2 * download.ABANDONED_S))
    download.download(server.url("whole"), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {FILE, fresh.name, other.name}


@FAULT
def test_two_processes_at_once_and_one_killed_on_the_way(server, tmp_path):
    """Whoever is first, and whoever dies: what stands there under the name is whole."""
    code = "import sys; from effnet_core.networks.download import download; from pathlib import Path; "
    code += "download(sys.argv[1], Path(sys.argv[2]))"
    ways = ("whole", "whole", "stalled")
    started = [
        subprocess.Popen([sys.executable, "-c", code, server.url(way), str(tmp_path)], cwd=ROOT, env=os.environ)
        for way in ways
    ]
    while not list(tmp_path.glob(".*.part")) and started[2].poll() is None:
        time.sleep(0.01)
    started[2].kill()
    assert [process.wait(60) for process in started[:2]] == [0, 0] and started[2].wait(60)
    assert (tmp_path / FILE).read_bytes() == BODY


@FAULT
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk that is always full")
def test_a_disk_that_is_really_full(server, tmp_path, monkeypatch):
    real = open
    monkeypatch.setattr(download, "open", lambda _path, _mode: real("/dev/full", "wb"), raising=False)
    assert "No space left on device" in refusal(server.url("whole"), tmp_path)
