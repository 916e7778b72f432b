"""Class folders on disk and in zip files: what is taken, what is refused, and that nothing large is unpacked."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from support.pictures import noise, saved

from effnet_core.images import class_folders
from effnet_core.images.class_folders import FoldersRejected, open_folders, open_zip
from effnet_core.images.reading import LIMIT_MB, ImageRejected


def zipped(members: dict[str, bytes], **settings) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **settings) as pack:
        for name, data in members.items():
            pack.writestr(name, data)
    file.seek(0)
    return file


@pytest.fixture(scope="module")
def png() -> bytes:
    return saved(noise(20, 20), "PNG")


def names(folders) -> list[tuple[str, str]]:
    return [(entry.folder, entry.name) for entry in folders.entries]


EXPECTED = [("cat", "cat/1.png"), ("cat", "cat/2.PNG"), ("dog", "dog/1.png")]


def test_folders_on_disk_and_in_a_zip_are_read_alike(tmp_path, png):
    members = {"mine/dog/1.png": png, "mine/cat/2.PNG": png, "mine/cat/1.png": png}
    members |= {"mine/cat/notes.txt": b"x", "mine/cat/.hidden.png": png, "__MACOSX/cat/._1.png": png, "loose.png": png}
    for name, data in members.items():
        file = tmp_path / "disk" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (tmp_path / "mine.zip").write_bytes(zipped(members).getvalue())
    for path in (tmp_path / "disk", tmp_path / "mine.zip"):
        folders = open_folders(path)
        assert names(folders) == EXPECTED and folders.classes == ("cat", "dog")
        assert folders.entries[0].image().tobytes() == noise(20, 20).tobytes()
    assert names(open_zip(zipped(members), "mine.zip")) == EXPECTED


def test_validation_pictures_alone_and_their_titles(tmp_path, png):
    members = {"train/n1/0.png": png, "val/n1/1.png": png, "val/n2/1.png": png}
    members["labels.tsv"] = b"n1\tgoldfish, Carassius auratus\nn2\tcrane\n"
    (tmp_path / "part.zip").write_bytes(zipped(members).getvalue())
    folders = open_folders(tmp_path)
    assert names(folders) == [("n1", "n1/1.png"), ("n2", "n2/1.png")]
    assert folders.titles == {"n1": "goldfish", "n2": "crane"}


def test_classes_that_a_network_lacks_are_left_out_where_folders_have_titles(png):
    folders = open_zip(zipped({"n1/a.png": png, "n2/a.png": png, "n3/a.png": png}), "mine.zip")
    titles = {"n1": "goldfish", "n2": "crane"}
    assert folders.titled(titles, ["goldfish", "tabby"]).classes == ("n1",)
    assert folders.titled(titles, None).classes == ("n1", "n2", "n3")
    assert folders.titled({}, ["goldfish"]).classes == ("n1", "n2", "n3"), "a user's own classes need no label"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"no zip", r"mine\.zip can't be opened as a zip file"),
        (zipped({}).getvalue(), r"mine\.zip has 0 class folders"),
        (zipped({"cat/1.txt": b"x", "1.png": b"x"}).getvalue(), r"mine\.zip has 0 class folders"),
        (zipped({"cat/1.png": b"x"}).getvalue(), r"mine\.zip has 1 class folders .* at least two are needed"),
    ],
)
def test_what_has_no_class_folders_gets_a_sentence(data, sentence):
    with pytest.raises(FoldersRejected, match=sentence):
        open_zip(io.BytesIO(data), "mine.zip")
    with pytest.raises(FoldersRejected, match="is not there"):
        open_folders(Path("nowhere at all"))


def test_too_many_are_refused(png, monkeypatch):
    monkeypatch.setattr(class_folders, "MOST_PICTURES", 3)
    few, many = ({f"{name}/{n}.png": png for name in "ab" for n in range(count)} for count in (1, 2))
    assert len(open_zip(zipped(few), "mine.zip").entries) == 2
    with pytest.raises(FoldersRejected, match="has 4 pictures in 2 classes; allowed are 3 in 200"):
        open_zip(zipped(many), "mine.zip")


def test_a_zip_bomb_is_not_unpacked(monkeypatch, png):
    """By its list it is over the limit; a member over a picture's limit is refused before it is read."""
    large = {"a/1.png": bytes((LIMIT_MB << 20) + 1), "b/1.png": png}
    bomb = zipped(large, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb.getvalue()) < 100_000
    [first, second] = open_zip(bomb, "bomb.zip").entries
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(ImageRejected, match=f"over {LIMIT_MB} MB"):
        first.image()
    monkeypatch.undo()
    assert second.image().size == (20, 20)
    monkeypatch.setattr(class_folders, "MOST_GB", 0.01)
    with pytest.raises(FoldersRejected, match=r"unpacks to 0\.0 GB; allowed are 0\.01 GB"):
        open_zip(bomb, "bomb.zip")


def test_a_member_that_lies_about_its_size_is_a_bad_picture(png):
    """zipfile reads no further than the list says, and then finds that the checksum differs."""
    data = bytearray(zipped({"a/1.png": png, "b/1.png": png}).getvalue())
    at = data.index(b"PK\x01\x02")
    data[at + 20 : at + 28] = (10).to_bytes(4, "little") * 2  # compressed and plain size of the first
    [first, second] = open_zip(io.BytesIO(bytes(data)), "lies.zip").entries
    with pytest.raises(ImageRejected, match=r"a/1\.png can't be read"):
        first.image()
    assert second.image().size == (20, 20)


def test_a_list_of_millions_of_members_is_not_read(monkeypatch, png):
    plain = zipped({"a/1.png": png, "b/1.png": png}).getvalue()
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("its list was read"))
    at = plain.rindex(b"PK\x05\x06")
    long = plain[: at + 12] + (2**28).to_bytes(4, "little") + plain[at + 16 :]
    with pytest.raises(FoldersRejected, match="lists too many files"):
        open_zip(io.BytesIO(long), "mine.zip")
    with pytest.raises(FoldersRejected, match="lists too many files"):  # zip64 tells the length elsewhere
        open_zip(io.BytesIO(plain[:at] + b"PK\x06\x07" + bytes(16) + plain[at:]), "mine.zip")


def test_names_that_lead_elsewhere_lead_nowhere(tmp_path, monkeypatch, png):
    """Members are read where they are: no name of theirs is ever a path on this machine."""
    monkeypatch.chdir(tmp_path)
    members = dict.fromkeys(["../../a/1.png", "/etc/b/1.png", "C:\\c\\1.png", "d/../e/1.png", "f/\u202egnp.png"], png)
    folders = open_zip(zipped(members), "mine.zip")
    assert all(entry.image().size == (20, 20) for entry in folders.entries)
    assert not list(tmp_path.rglob("*"))


def test_a_device_in_a_folder_is_no_picture(tmp_path, png):
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.png").write_bytes(png)
    (tmp_path / "a" / "endless.png").symlink_to("/dev/zero")
    assert names(open_folders(tmp_path)) == [("a", "a/1.png"), ("b", "b/1.png")]


def test_pixels_are_counted_before_one_is_decoded(monkeypatch):
    """Blank pictures of 64 megapixels are a few kB each; thousands of them would take hours."""
    from support.odd_pictures import png as blank

    monkeypatch.setattr(class_folders, "read_image", lambda *_: pytest.fail("a picture was decoded"))
    large, larger = blank(8000, 8000, b"", colour=0), blank(8001, 8000, b"", colour=0)
    most = class_folders.MOST_MEGAPIXELS // 64

    def pack(count: int) -> io.BytesIO:
        members = {f"{'ab'[number % 2]}/{number}.png": large for number in range(count)}
        return zipped(
            members | {"a/too large.png": larger, "b/none.png": b"no picture"}, compression=zipfile.ZIP_DEFLATED
        )

    assert len(open_zip(pack(most), "mine.zip").entries) == most + 2
    with pytest.raises(
        FoldersRejected, match=r"mine.zip has pictures of 4,032 million pixels together; allowed are 4,000"
    ):
        open_zip(pack(most + 1), "mine.zip")
