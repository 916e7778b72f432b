"""Sessions of the app without a browser: what a tab sends and receives, over Streamlit's own websocket protocol.

The benchmarks of a class share it. A session opens a page, learns its widgets from the elements that the server sends,
and asks for reruns with their values; a widget inside a fragment reruns that fragment alone. As in a browser, large
elements that the session has kept are not sent again, pictures are fetched over HTTP once, and files are uploaded with
the token against forged requests. What the browser computes by itself (components, drawing) is left out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import requests
import websockets
from requests.adapters import HTTPAdapter
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.Exception_pb2 import Exception as Failure
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Image_pb2 import ImageList
from streamlit.proto.PlotlyChart_pb2 import PlotlyChart
from streamlit.proto.WidgetStates_pb2 import WidgetState
from urllib3.util import Retry

LIMIT_S = 90.0  # for one answer
KEPT_RUNS = 2  # a large element is kept for so many reruns that did not show it, as in a browser
pictures: dict[str, bytes] = {}  # of all sessions, by their address: Streamlit makes it of the content
_requests = ThreadPoolExecutor(64, "requests")  # each waits for the server, none computes


@dataclass(frozen=True)
class Answer:
    """The page after one request; `problems` are errors shown on it or a reason why there is no answer."""

    seconds: float
    in_fragment: bool
    texts: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass
class Session:
    """One tab. Use it through `opened`, from one task."""

    address: str
    socket: websockets.ClientConnection
    http: requests.Session
    state: ClientState = field(default_factory=ClientState)
    id: str = ""
    elements: dict[tuple[int, ...], Delta] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)  # a page's hash by its place in the address
    values: dict[str, WidgetState] = field(default_factory=dict)
    fetched: set[str] = field(default_factory=set)  # addresses of pictures
    _kept: dict[str, tuple[ForwardMsg, int]] = field(default_factory=dict)  # by hash, with the number of the last run
    _runs: int = 0

    # Requests ---------------------------------------------------------------------------------------------------------

    async def open(self, page: str = "", query: str = "") -> Answer:
        """The first request of a tab for the page of this name; the empty name is the first page."""
        self.state.page_name, self.state.query_string = page, query
        self.state.context_info.url = f"{self.address}/{page}"
        self.state.context_info.timezone = "UTC"
        return await self.ask()

    async def turn_to(self, page: str) -> Answer:
        """Another page, by the navigation: the session goes on."""
        self.state.page_script_hash, self.state.page_name, self.state.query_string = self.pages[page], "", ""
        self.state.context_info.url = f"{self.address}/{page}"
        self.values.clear()
        return await self.ask()

    async def move(self, key: str, value: object) -> Answer:
        """Set the widget of this key. KeyError names the widgets of the page if it has none of this key."""
        delta = self.widget(key)
        state = _state(delta.new_element, value)
        self.values[state.id] = state
        try:
            return await self.ask(delta.fragment_id)
        finally:
            if state.HasField("trigger_value"):  # a button is pressed once
                del self.values[state.id]

    async def upload(self, key: str, files: dict[str, bytes]) -> Answer:
        """Give files (name, content) to the uploader of this key, in place of those that it held."""
        start, delta = time.perf_counter(), self.widget(key)
        asked = BackMsg()
        asked.file_urls_request.request_id = f"{self._runs}"
        asked.file_urls_request.session_id = self.id
        asked.file_urls_request.file_names.extend(files)
        await self.socket.send(asked.SerializeToString())
        async with asyncio.timeout(LIMIT_S):
            while (got := ForwardMsg.FromString(await self.socket.recv())).WhichOneof("type") != "file_urls_response":
                pass
        state = WidgetState(id=_inner(delta.new_element).id)
        for urls, (name, data) in zip(got.file_urls_response.file_urls, files.items(), strict=True):
            await _in_thread(self._put, urls.upload_url, name, data)
            state.file_uploader_state_value.uploaded_file_info.add(
                name=name, size=len(data), file_id=urls.file_id, file_urls=urls
            )
        self.values[state.id] = state
        return await self.ask(delta.fragment_id, since=start)

    async def ask(self, fragment: str = "", *, since: float | None = None) -> Answer:
        """Rerun the page, or one fragment of it; the answer is complete when its new pictures have arrived."""
        start = since or time.perf_counter()
        message = BackMsg(rerun_script=self.state)
        message.rerun_script.fragment_id = fragment
        message.rerun_script.widget_states.widgets.extend(self.values.values())
        message.rerun_script.cached_message_hashes.extend(self._kept)
        problem = ()
        try:
            async with asyncio.timeout(LIMIT_S):
                await self.socket.send(message.SerializeToString())
                problem = await self._receive(fragment)
                await asyncio.gather(*(_in_thread(self._fetch, url) for url in set(self._images()) - self.fetched))
        except (TimeoutError, requests.RequestException, websockets.ConnectionClosed) as error:
            problem = (f"{type(error).__name__} {error}",)
        return self._answer(time.perf_counter() - start, bool(fragment), problem)

    # What the server sends --------------------------------------------------------------------------------------------

    async def _receive(self, fragment: str) -> tuple[str, ...]:
        """Take messages until the script has ended; what went wrong with it as a whole."""
        while True:
            message = ForwardMsg.FromString(await self.socket.recv())
            if message.WhichOneof("type") == "ref_hash":
                path, message = message.metadata.delta_path, self._kept[message.ref_hash][0]
                message.metadata.delta_path[:] = path
            if message.metadata.cacheable:
                self._kept[message.hash] = message, self._runs
            kind = message.WhichOneof("type")
            if kind == "delta":
                self._place(tuple(message.metadata.delta_path), message.delta)
            elif kind == "new_session":
                self._begin(message, fragment)
            elif kind == "navigation":
                self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
                self.state.page_script_hash = message.navigation.page_script_hash
            elif kind == "page_info_changed":
                self.state.query_string = message.page_info_changed.query_string
            elif kind == "page_not_found":
                return (f"page not found: {message.page_not_found.page_name}",)
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self._runs += 1
                self._kept = {k: kept for k, kept in self._kept.items() if self._runs - kept[1] <= KEPT_RUNS}
                failed = message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR
                return ("the script can't be compiled",) * failed

    def _begin(self, message: ForwardMsg, fragment: str) -> None:
        self.id = message.new_session.initialize.session_id or self.id
        # what this run does not send again is no longer on the page
        self.elements = {path: one for path, one in self.elements.items() if fragment and one.fragment_id != fragment}

    def _place(self, path: tuple[int, ...], delta: Delta) -> None:
        if delta.WhichOneof("type") == "new_element":
            self.elements[path] = delta

    # The page ---------------------------------------------------------------------------------------------------------

    def widget(self, key: str) -> Delta:
        """The element with the widget of this key. KeyError names the keys that there are."""
        keys = {_key(delta.new_element): delta for delta in self.elements.values()}
        if key not in keys:
            raise KeyError(f"no widget {key} on this page, but {', '.join(filter(None, keys))}")
        return keys[key]

    def _images(self) -> Iterator[str]:
        for _, delta in sorted(self.elements.items()):
            yield from (image.url for image in delta.new_element.imgs.imgs if not image.url.startswith("data:"))

    def _answer(self, seconds: float, in_fragment: bool, problems: tuple[str, ...]) -> Answer:
        shown = [_inner(delta.new_element) for _, delta in sorted(self.elements.items())]
        images = [image for one in shown if isinstance(one, ImageList) for image in one.imgs]
        texts = [getattr(one, name, "") for one in (*shown, *images) for name in ("body", "alt", "caption")]
        alerts = [one.body for one in shown if isinstance(one, Alert) and one.format == Alert.ERROR]
        failures = [one.message for one in shown if isinstance(one, Failure)]
        return Answer(
            seconds,
            in_fragment,
            tuple(text for text in texts if isinstance(text, str) and text),
            tuple(one.spec if isinstance(one, PlotlyChart) else one.json for one in shown if _draws_numbers(one)),
            tuple(image.url for image in images),
            (*problems, *alerts, *failures),
        )

    def _fetch(self, url: str) -> None:
        got = self.http.get(self.address + url, timeout=LIMIT_S)
        got.raise_for_status()
        self.fetched.add(url)
        pictures.setdefault(url, got.content)

    def _put(self, url: str, name: str, data: bytes) -> None:
        token = {"X-Xsrftoken": self.http.cookies.get("_streamlit_xsrf", "")}
        self.http.put(self.address + url, files={name: (name, data)}, headers=token, timeout=LIMIT_S).raise_for_status()


def _draws_numbers(element: object) -> bool:
    """A chart, or a component that draws arrays, such as heat maps."""
    return isinstance(element, PlotlyChart) or (isinstance(element, BidiComponent) and '"base64"' in element.json)


async def _in_thread(work, *given) -> None:
    await asyncio.get_running_loop().run_in_executor(_requests, work, *given)


def _inner(element: Element) -> object:
    """An element's own message, such as its Slider."""
    return getattr(element, element.WhichOneof("type") or "empty")


def _key(element: Element) -> str:
    """The key that the app gave a widget: Streamlit's identity ends in it, after a hash."""
    identity = getattr(_inner(element), "id", "")
    return identity.split("-", 2)[-1] if identity.startswith("$$ID-") else ""


def _state(element: Element, value: object) -> WidgetState:
    """A widget's value in the form in which a browser sends it."""
    kind, state = element.WhichOneof("type"), WidgetState(id=_inner(element).id)
    if kind == "slider":
        state.double_array_value.data.append(value)
    elif kind == "button_group":
        state.string_array_value.data.append(value)
    elif kind == "bidi_component":
        state.json_value = value
    elif kind == "button":
        state.trigger_value = value
    else:
        setattr(state, {"number_input": "double_value", "checkbox": "bool_value"}.get(kind, "string_value"), value)
    return state


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[Session]:
    """A new session on this server, which has not asked for a page yet."""
    http = requests.Session()
    http.mount("http://", HTTPAdapter(max_retries=Retry(2)))  # an idle connection may just have been closed
    # sets the cookies of the token and, behind nginx, of the worker
    await _in_thread(lambda: http.get(f"{address}/_stcore/health", timeout=LIMIT_S))
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in http.cookies.items())}
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    settings = {"additional_headers": cookies, "max_size": None, "open_timeout": LIMIT_S}
    async with websockets.connect(stream, subprotocols=["streamlit"], **settings) as connection:
        yield Session(address, connection, http)
