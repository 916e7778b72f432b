"""A class's processes: who answers whom, what is told of them, and that none outlives the launcher."""

from __future__ import annotations

import os
import re
import signal

import psutil
import pytest
import requests
from requests.adapters import HTTPAdapter
from support import classroom, fake_worker
from support.classroom import eventually, needs_nginx

from effnet_core.classroom import worker

pytestmark = needs_nginx


@pytest.fixture
def started(tmp_path):
    with classroom.running(tmp_path) as started:
        eventually(lambda: started.get("/readyz").text.startswith("2 of 2"))
        yield started


def test_a_student_stays_with_one_worker_and_a_new_one_gets_the_next(started):
    first, second = started.get(), started.get()
    [cookie] = re.findall(r"effnet_worker_\d+=(\d); Path=/; HttpOnly; SameSite=Lax", first.headers["Set-Cookie"])
    assert {first.text.split()[0], second.text.split()[0]} == {str(port) for _, port in started.workers()}
    again = [started.get(f"/{number}", worker=cookie) for number in range(5)]
    assert {answer.text for answer in again} == {first.text} and "Set-Cookie" not in again[0].headers
    assert "Set-Cookie" in started.get(worker=99).headers, "a cookie from before the class was started with fewer"


def test_the_app_is_told_the_name_that_the_browser_asked_for(started):
    answer = requests.get(started.address, headers={"Host": "lab.school.example:9000"}, timeout=classroom.LIMIT_S)
    assert answer.text.endswith(" lab.school.example:9000")


def test_a_killed_worker_is_started_again_and_its_students_come_back_to_it(started):
    [[pid, port], _] = started.workers()
    os.kill(pid, signal.SIGKILL)
    assert started.get(worker=0).status_code == 200, "the other one, or it again"
    back = eventually(lambda: (text := started.get(worker=0).text).startswith(f"{port} ") and text)
    assert int(back.split()[1]) != pid
    assert 'effnet_worker_restarts_total{worker="0"} 1\n' in started.get("/metrics").text
    started.process.terminate()
    _, log = started.process.communicate(timeout=classroom.LIMIT_S)
    assert "Worker 0 has ended by SIGKILL and is started again." in log


def test_workers_that_end_at_once_are_given_up(tmp_path):
    with classroom.running(tmp_path, run="fail") as started:
        _, log = started.process.communicate(timeout=classroom.LIMIT_S)
    assert started.process.returncode == 1 and log.endswith("No worker is left.\n")
    assert log.count("Worker 1 has ended with exit code 3 and is started again.") == worker.MOST_RESTARTS


def test_the_front_lives_before_a_worker_is_ready(tmp_path):
    ready = tmp_path / "ready"
    with classroom.running(tmp_path, **{fake_worker.READY_FILE: str(ready)}) as started:
        assert eventually(lambda: started.get("/healthz").text) == "ok\n"
        assert started.get("/readyz").status_code == 503
        ready.touch()
        eventually(lambda: started.get("/readyz").status_code == 200)


def test_metrics_are_of_all_workers_and_processes(started):
    answer = started.get("/metrics")
    told = answer.text
    ports = [port for _, port in started.workers()]
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert told.count("# TYPE active_sessions gauge\n") == 1 and told.endswith("\n# EOF\n")
    for number, port in enumerate(ports):
        assert f'active_sessions{{worker="{number}"}} {port}\n' in told
        assert f'cache_lookups_total{{worker="{number}",cache="a {{b}}",result="hit"}} 7\n' in told
        assert f'effnet_worker_ready{{worker="{number}"}} 1\n' in told
    memory = dict(re.findall(r"effnet_process_resident_memory_bytes\{(.+)\} (\d+)", told))
    assert set(memory) == {'worker="0"', 'worker="1"', 'process="nginx"', 'process="launcher"'}
    assert all(int(held) > 1e6 for held in memory.values())


@pytest.mark.parametrize("path", ["/metrics", "/_stcore/metrics"])
def test_metrics_are_for_this_computer_alone(started, path):
    from_elsewhere = requests.Session()
    from_elsewhere.mount("http://", Adapter())
    assert from_elsewhere.get(started.address + "/readyz", timeout=classroom.LIMIT_S).status_code == 200
    assert from_elsewhere.get(started.address + path, timeout=classroom.LIMIT_S).status_code == 403
    assert started.get(path).status_code == 200


class Adapter(HTTPAdapter):
    """Connects from another address than 127.0.0.1."""

    def init_poolmanager(self, *given, **settings) -> None:
        super().init_poolmanager(*given, source_address=("127.0.0.2", 0), **settings)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stopping_leaves_no_process_and_no_folder(started, by):
    family = started.family()
    assert len(family) >= 6 and list(started.folder.iterdir())
    os.kill(started.process.pid, by)
    _, log = started.process.communicate(timeout=classroom.LIMIT_S)
    assert (started.process.returncode, log) == (0, "")
    _, alive = psutil.wait_procs(family, timeout=classroom.LIMIT_S)
    assert not alive and not list(started.folder.iterdir())
