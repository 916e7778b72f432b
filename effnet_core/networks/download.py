"""The only file that uses the network: one weights file, hash checked against its name. Standard library only."""

from __future__ import annotations

import glob
import hashlib
import http.client
import queue
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

CONNECT_TIMEOUT_S = 5.0
ABANDONED_S = 600.0  # a part that nobody has written to for so long belongs to nobody
CHUNK = 1 << 18  # bytes between two reports of progress

ByteProgress = Callable[[int, int], bool | None]


class WeightsUnavailable(RuntimeError):
    """These weights can't be had now; the message is a sentence for the user."""


def download(url: str, folder: Path, *, progress: ByteProgress | None = None) -> Path:
    """Download a file whose name has the first digits of its SHA-256, as torchvision's do. Leaves no partial file."""
    name = file_name(url)
    part = folder / f".{name}.{uuid.uuid4().hex}.part"  # not tempfile: its files are for their owner alone
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear_away(folder, name)
        with closing(_body(url, name)) as body, open(part, "xb") as file:
            _receive(body, file, name, progress)
        part.replace(folder / name)
    except OSError as error:
        raise WeightsUnavailable(f"{name} can't be written to {folder}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return folder / name


def _clear_away(folder: Path, name: str) -> None:
    """Parts of this file whose process was killed; a download that goes on writes to its own every few seconds."""
    for part in folder.glob(f".{glob.escape(name)}.*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > ABANDONED_S:
                part.unlink()


def _receive(body: Iterator[tuple[bytes, int]], file: BinaryIO, name: str, progress: ByteProgress | None) -> None:
    """Write the chunks, checking length and hash."""
    digest, done, size = hashlib.sha256(), 0, 0
    for chunk, size in body:
        file.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        if progress and progress(done, size) is False:
            raise WeightsUnavailable(f"the download of {name} was cancelled; nothing was kept")
    if done < size:
        raise WeightsUnavailable(f"the download of {name} broke off after {done:,} of {size:,} bytes; try again")
    if not has_hash(name, digest.hexdigest()):
        raise WeightsUnavailable(
            f"the file received for {name} does not have the hash in its name and was deleted; perhaps the network's "
            "sign-in page answered instead: open any page in the browser, then try again"
        )


def _body(url: str, name: str) -> Iterator[tuple[bytes, int]]:
    """(chunk, length of the whole or 0) of what the server sends."""
    try:
        with _connect(url) as answer:
            size = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(CHUNK):
                yield chunk, size
    except urllib.error.HTTPError as error:
        raise WeightsUnavailable(f"the server refused {name} ({error.code} {error.reason}); try again later") from error
    except (OSError, http.client.HTTPException) as error:
        raise WeightsUnavailable(
            f"{name} can't be downloaded: no connection to its server. The offline model works without a network"
        ) from error


def _connect(url: str) -> http.client.HTTPResponse:
    """The server's answer. Raises TimeoutError after CONNECT_TIMEOUT_S, including the DNS look-up.

    In a thread, since urllib's own timeout excludes the DNS look-up and restarts for each address.
    """
    answers: queue.SimpleQueue[http.client.HTTPResponse | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_S))  # noqa: S310 (torchvision's own address)
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=CONNECT_TIMEOUT_S)
    except queue.Empty:
        raise TimeoutError(f"no answer in {CONNECT_TIMEOUT_S} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def has_hash(name: str, digest: str) -> bool:
    """Whether the file's name carries the first digits of this digest."""
    match = re.search(r"-([0-9a-f]{8,})\.", name)
    return bool(match) and digest.startswith(match[1])


def file_name(url: str) -> str:
    return url.rsplit("/", 1)[-1]
