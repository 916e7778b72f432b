"""nginx as it is configured: what it accepts, whom it asks, and what it keeps."""

from __future__ import annotations

import socket
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from support import classroom
from support.classroom import eventually, needs_nginx

from effnet_core.classroom import nginx

NOBODY = 1  # no process listens on this port


class Answers(BaseHTTPRequestHandler):
    """A worker within the test: `arrived` counts the bytes of what is uploaded, while it comes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self) -> None:
        for _ in range(int(self.headers["Content-Length"])):
            self.rfile.read(1)
            self.server.arrived += 1
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def worker():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.arrived = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def configured(folder, worker_ports, **others) -> str:
    given = {"address": "127.0.0.1", "port": 8501, "status_port": NOBODY, "upload_mb": 1} | others
    return nginx.configuration(worker_ports=worker_ports, folder=folder, **given)


@contextmanager
def serving(folder, worker_ports):
    """nginx alone before workers on these ports; yields its port."""
    port = classroom.free_port()
    (folder / "nginx.conf").write_text(configured(folder, worker_ports, port=port))
    process = subprocess.Popen(nginx.command(folder / "nginx.conf"), stderr=subprocess.PIPE)
    try:
        eventually(lambda: requests.get(f"http://127.0.0.1:{port}/healthz", timeout=classroom.LIMIT_S).ok)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=classroom.LIMIT_S)


@needs_nginx
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "localhost"])
@pytest.mark.parametrize("workers", [1, 4, 64])
def test_nginx_accepts_the_configuration_without_a_warning(tmp_path, address, workers):
    text = configured(tmp_path, range(9000, 9000 + workers), address=address, port=classroom.free_port())
    (tmp_path / "nginx.conf").write_text(text)
    done = subprocess.run([*nginx.command(tmp_path / "nginx.conf"), "-t"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[" not in done.stderr, "a level, such as [warn]"


def test_an_address_of_version_6_is_in_brackets(tmp_path):
    assert "listen [::1]:8501;" in configured(tmp_path, [9001], address="::1")


@needs_nginx
def test_where_a_worker_is_gone_another_answers_and_only_the_websocket_moves_its_student(tmp_path, worker):
    with serving(tmp_path, [NOBODY, worker.server_port]) as port:
        cookie = {"cookies": {f"effnet_worker_{port}": "0"}, "timeout": classroom.LIMIT_S}
        for _ in range(4):
            page = requests.get(f"http://127.0.0.1:{port}/", **cookie)
            assert page.status_code == 200 and "Set-Cookie" not in page.headers
        stream = requests.get(f"http://127.0.0.1:{port}/_stcore/stream", **cookie)
        assert stream.headers["Set-Cookie"].startswith(f"effnet_worker_{port}=1;")
        settled = requests.get(f"http://127.0.0.1:{port}/_stcore/stream", cookies={f"effnet_worker_{port}": "1"})
        assert settled.status_code == 200 and "Set-Cookie" not in settled.headers


@needs_nginx
def test_the_link_of_a_vote_leads_to_the_process_that_holds_it(tmp_path, worker):
    with serving(tmp_path, [NOBODY, worker.server_port, NOBODY]) as port:
        asked = {"timeout": classroom.LIMIT_S, "cookies": {f"effnet_worker_{port}": "0"}}
        vote = requests.get(f"http://127.0.0.1:{port}/vote?c=ABCDEF&w=1", **asked)
        assert vote.status_code == 200 and vote.headers["Set-Cookie"].startswith(f"effnet_worker_{port}=1;")
        other = requests.get(f"http://127.0.0.1:{port}/vote?c=ABCDEF&w=99", **asked)
        assert other.status_code == 200 and "Set-Cookie" not in other.headers


@needs_nginx
def test_where_all_are_gone_the_page_tries_again(tmp_path):
    with serving(tmp_path, [NOBODY]) as port:
        answer = requests.get(f"http://127.0.0.1:{port}/scaling", timeout=classroom.LIMIT_S)
    assert answer.status_code == 503 and 'http-equiv="refresh"' in answer.text and "Set-Cookie" not in answer.headers


@needs_nginx
def test_an_upload_reaches_the_worker_while_it_comes_and_is_not_written_to_disk(tmp_path, worker):
    half = b"x" * 20_000
    with serving(tmp_path, [worker.server_port]) as port, socket.create_connection(("127.0.0.1", port)) as student:
        length = 2 * len(half)
        student.sendall(
            f"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        student.sendall(half)
        eventually(lambda: worker.arrived == len(half))
        assert not [path for path in (tmp_path / "body").rglob("*") if path.is_file()]
        student.sendall(half)
        assert student.recv(100).startswith(b"HTTP/1.1 200")


@needs_nginx
def test_more_than_the_app_takes_is_refused(tmp_path, worker):
    with serving(tmp_path, [worker.server_port]) as port:
        answer = requests.put(f"http://127.0.0.1:{port}/", data=b"x" * 1_100_000, timeout=classroom.LIMIT_S)
    assert answer.status_code == 413 and worker.arrived == 0


def test_nginx_is_found_where_the_path_does_not_lead(tmp_path, monkeypatch):
    """Debian has it in /usr/sbin, which is not in a user's PATH."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(nginx, "OFTEN_NOT_IN_PATH", (str(tmp_path),))
    with pytest.raises(RuntimeError, match="apt-get install nginx-light"):
        nginx.program()
    (tmp_path / "nginx").touch(mode=0o755)
    assert nginx.program() == str(tmp_path / "nginx")
