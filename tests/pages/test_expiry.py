"""Sessions that have expired are dropped while nobody connects."""

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage

from ui.session import expiry


@pytest.fixture
def server(monkeypatch):
    """What stands for Streamlit's runtime: its store of closed sessions and its event loop, both the real ones."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    storage = MemorySessionStorage(ttl_seconds=0.05)
    fake = SimpleNamespace(
        _session_mgr=SimpleNamespace(_session_storage=storage), _get_async_objs=lambda: SimpleNamespace(eventloop=loop)
    )
    monkeypatch.setattr(expiry.runtime, "get_instance", lambda: fake)
    yield SimpleNamespace(storage=storage, loop=loop)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


class Closed:
    def __init__(self, gone: threading.Event) -> None:
        self.session, self._gone = SimpleNamespace(id="closed"), gone

    def __del__(self) -> None:
        self._gone.set()


def test_an_expired_session_goes_without_anyone_connecting(server):
    gone = threading.Event()
    server.storage.save(Closed(gone))
    expiry._drop_expired()
    assert not gone.wait(0.01), "it may still come back"
    time.sleep(0.06)
    expiry._drop_expired()
    assert gone.wait(30)


def test_a_server_that_has_ended_meanwhile_is_no_problem(monkeypatch, caplog):
    loop, looks = asyncio.new_event_loop(), iter([True])
    loop.close()
    storage = MemorySessionStorage(ttl_seconds=60)
    ended = SimpleNamespace(
        _session_mgr=SimpleNamespace(_session_storage=storage), _get_async_objs=lambda: SimpleNamespace(eventloop=loop)
    )
    monkeypatch.setattr(expiry, "CHECK_EVERY_S", 0)
    monkeypatch.setattr(expiry.runtime, "exists", lambda: next(looks, False))
    monkeypatch.setattr(expiry.runtime, "get_instance", lambda: ended)
    expiry._check_for_ever()
    assert not caplog.records


def test_streamlits_own_server_has_the_parts_that_are_used():
    from streamlit.runtime.runtime import Runtime
    from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

    manager = WebsocketSessionManager(MemorySessionStorage(), *[None] * 3)
    assert len(manager._session_storage._cache) == len(manager._session_storage._cache._expirations) == 0
    assert callable(Runtime._get_async_objs)
    assert "_session_mgr" in Runtime.__init__.__code__.co_names


def test_a_streamlit_with_other_parts_is_logged_once(monkeypatch, caplog):
    monkeypatch.setattr(expiry, "CHECK_EVERY_S", 0)
    monkeypatch.setattr(expiry.runtime, "exists", lambda: True)
    monkeypatch.setattr(expiry.runtime, "get_instance", object)
    expiry._check_for_ever()
    assert "stay until somebody connects" in caplog.text
