"""Pictures sorted into classes by their folders: a folder on disk, a zip file, or a folder of zip files.

`<class>/<picture>`, at any depth; where there is a `val/`, its pictures alone. The files are untrusted: sizes are
checked before anything is unpacked, nothing is written, one picture at a time is in memory.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from PIL.Image import Image

from ..files import read_file
from ..foreign_text import shortened
from .reading import LIMIT_MB, SUFFIXES, ImageRejected, pixels_told, read_image

MOST_PICTURES = 5_000  # of a zip file that a user uploads
MOST_CLASSES = 200
MOST_MEGAPIXELS = (
    4_000  # of 10**6, of its pictures together: photographs of 200 MB have half as many, blank ones many more
)
MOST_LIST_MB = 4  # of 2**20 bytes, of what the zip file says of its members
LAST_RECORD = 22 + 2**16 + 20  # bytes from the end where it can begin, with zip64's locator before it
MOST_GB = 4  # of all its members unpacked, as its own list says


class FoldersRejected(ValueError):
    """There are no usable class folders here; the message is a sentence for the user."""


@dataclass(frozen=True)
class Entry:
    """One picture, unread: its class, its name, and how to get its bytes."""

    folder: str
    name: str
    read: Callable[[], bytes]

    def image(self) -> Image:
        """Read the picture. Raises ImageRejected saying why it can't be used."""
        try:
            data = self.read()
        except ImageRejected:
            raise
        except Exception as error:  # damaged or encrypted archives raise whatever they lead to
            raise ImageRejected(f"{shortened(self.name)} can't be read: {shortened(str(error))}") from error
        return read_image(data, self.name)

    @property
    def pixels(self) -> int:
        """What decoding it would give; 0 where it can't be read, which `image` says why."""
        try:
            return pixels_told(self.read())
        except Exception:  # as in `image`
            return 0


@dataclass(frozen=True)
class ClassFolders:
    """Pictures by class, both sorted; `titles` has names for folders that are named by a number (labels.tsv)."""

    entries: tuple[Entry, ...]
    titles: Mapping[str, str]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.folder for entry in self.entries))

    def titled(self, titles: Mapping[str, str], labels: Collection[str] | None) -> ClassFolders:
        """With these titles; if any folder has one, folders whose title is not in `labels` are left out."""
        kept = self.entries
        if labels is not None and any(folder in titles for folder in self.classes):
            kept = tuple(entry for entry in kept if titles.get(entry.folder) in labels)
        return ClassFolders(kept, titles)


def open_folders(path: Path) -> ClassFolders:
    """The pictures of a folder of class folders, of a zip file, or of the zip files in a folder.

    Raises FoldersRejected.
    """
    if not path.exists():
        raise FoldersRejected(f"{path} is not there; name a folder of class folders, or of zip files")
    archives = [path] if path.is_file() else sorted(path.glob("*.zip"))
    if archives:
        return _from_zips(archives, path.name)
    entries = [
        Entry(file.parent.name, f"{file.parent.name}/{file.name}", partial(read_file, file, LIMIT_MB))
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.parent != path and _is_picture(file.relative_to(path))
    ]
    return _checked(entries, {}, path.name)


def open_zip(file: BinaryIO, name: str) -> ClassFolders:
    """The pictures of a zip file that a user uploads, within the limits. Raises FoldersRejected."""
    name = shortened(name)
    _check_list(file, name)
    folders = _from_zips([file], name)
    count, classes = len(folders.entries), len(folders.classes)
    if count > MOST_PICTURES or classes > MOST_CLASSES:
        raise FoldersRejected(
            f"{name} has {count:,} pictures in {classes:,} classes; allowed are {MOST_PICTURES:,} in {MOST_CLASSES:,}"
        )
    megapixels = sum(entry.pixels for entry in folders.entries) / 1e6
    if megapixels > MOST_MEGAPIXELS:
        raise FoldersRejected(
            f"{name} has pictures of {megapixels:,.0f} million pixels together; allowed are {MOST_MEGAPIXELS:,} "
            "million: make them smaller, or take fewer"
        )
    return folders


def _check_list(file: BinaryIO, name: str) -> None:
    """Before it is read: a list of millions of members takes gigabytes in Python, whatever they hold.

    The list's length is told at the end of the file, by the record that begins so; zip64's, of files over 4 GB or
    65,535 members, stands before it.
    """
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - LAST_RECORD))
    end = file.read()
    file.seek(0)
    at = end.rfind(b"PK\x05\x06")
    length = int.from_bytes(end[at + 12 : at + 16], "little") if at >= 0 else 0
    if length > MOST_LIST_MB * 2**20 or b"PK\x06\x07" in end:
        raise FoldersRejected(
            f"{name} lists too many files; allowed are {MOST_PICTURES:,} pictures and a list of {MOST_LIST_MB} MB"
        )


def _from_zips(archives: list[Path] | list[BinaryIO], name: str) -> ClassFolders:
    validation, others, titles, size = [], [], {}, 0
    for pack in (_opened(archive, name) for archive in archives):
        for info in pack.infolist():
            size += info.file_size
            place = PurePosixPath(info.filename)
            if len(place.parts) >= 2 and not info.is_dir() and _is_picture(place):
                kept = validation if place.parts[0] == "val" else others
                kept.append(Entry(place.parts[-2], "/".join(place.parts[-2:]), lambda p=pack, i=info: _member(p, i)))
            if place.name == "labels.tsv" and info.file_size < 2**20:
                with suppress(Exception):  # a damaged list of names should not cost the pictures
                    titles |= _titles(_member(pack, info))
    if size > MOST_GB * 1e9:
        raise FoldersRejected(f"{name} unpacks to {size / 1e9:.1f} GB; allowed are {MOST_GB} GB")
    return _checked(validation or others, titles, name)


def _opened(archive: Path | BinaryIO, name: str) -> zipfile.ZipFile:
    """It stays open: its pictures are read when they are needed."""
    try:
        return zipfile.ZipFile(archive)
    except Exception as error:  # zipfile raises whatever damaged bytes lead to
        raise FoldersRejected(f"{name} can't be opened as a zip file: {shortened(str(error))}") from error


def _member(pack: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member's bytes; zipfile gives no more than `file_size` of them, whatever the member unpacks to."""
    if info.file_size > LIMIT_MB * 2**20:
        raise ImageRejected(f"{shortened(info.filename)} has over {LIMIT_MB} MB; make it smaller and try again")
    return pack.read(info)


def _titles(data: bytes) -> dict[str, str]:
    """Folder -> the first of its names, from lines `folder<tab>name, other name`."""
    rows = (line.split("\t") for line in data.decode("utf-8", errors="replace").splitlines())
    return {row[0]: row[1].split(",")[0].strip() for row in rows if len(row) > 1}


def _is_picture(path: Path | PurePosixPath) -> bool:
    hidden = any(part.startswith((".", "__")) for part in path.parts)
    return not hidden and path.suffix.lower().removeprefix(".") in SUFFIXES


def _checked(entries: list[Entry], titles: dict[str, str], name: str) -> ClassFolders:
    folders = ClassFolders(tuple(sorted(entries, key=lambda entry: (entry.folder, entry.name))), titles)
    if len(folders.classes) < 2:
        raise FoldersRejected(
            f"{name} has {len(folders.classes)} class folders with pictures; at least two are needed, "
            "each named as its class with its pictures inside"
        )
    return folders
