"""Hostile and damaged checkpoints: opened in a process of their own, checked before they are read, refused in words."""

from __future__ import annotations

import io
import pickle
import struct
import subprocess
import sys
import threading
import time

import pytest
import torch
from safetensors.torch import save as save_safetensors
from support import bombs
from support.bombs import PICKLES, as_archive, row, safetensors
from support.saved_networks import State, pth, rejection

from effnet_core.architecture import tiny
from effnet_core.networks import tensor_file, unpickling, unpickling_child
from effnet_core.networks.builder import build
from effnet_core.networks.state_dict_names import CheckpointRejected
from effnet_core.networks.tensor_file import MOST_HEADER, MOST_TENSORS, read_header
from effnet_core.networks.weights import load_checkpoint


@pytest.fixture(scope="module")
def small() -> State:
    """The offline model's shapes with three classes."""
    return dict(build(tiny(classes=3)).state_dict())


@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}], ids=["archive", "old format"])
def test_a_sound_checkpoint_comes_back_as_it_was(small, options):
    model = load_checkpoint(pth({"epoch": 3, "model": small}, **options), "mine.pth")
    state = model.module.state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in small.items() if tensor.is_floating_point())
    assert "'model'" in model.notes[0]


@pytest.mark.parametrize("name", PICKLES)
def test_pickles_that_ask_for_too_much_are_refused(name):
    data, reason = PICKLES[name]
    assert len(data) < 1_100_000
    assert reason in rejection(data)


def test_others_are_served_meanwhile():
    """The child's interpreter is held by the hash, not this one's."""
    thread = threading.Thread(target=rejection, args=PICKLES["a key that is hashed for hours"][:1])
    thread.start()
    waits = []
    while thread.is_alive():
        before = time.monotonic()
        time.sleep(0.001)
        waits.append(time.monotonic() - before)
    assert len(waits) > 100 and sorted(waits)[len(waits) * 9 // 10] < 0.2


CODE = {
    "a call by name": bombs.called("os.system", "true"),
    "the same in an archive": as_archive(bombs.called("os.system", "true")),
    "a blocked module": as_archive(bombs.called("posix.system", "true")),
    "a call of eval": as_archive(bombs.called("builtins.eval", "1")),
    "a class of protocol 4": pickle.dumps({"trainer": threading.Thread}, 4),
    "the same in an archive of protocol 4": as_archive(pickle.dumps({"trainer": threading.Thread}, 4)),
    "an instruction of protocol 0": b"(S'true'\nios\nsystem\n.",
    "saved with torch.save, protocol 4": pth({"trainer": threading.Thread}, pickle_protocol=4),
    "the old format of torch": pth({"trainer": threading.Thread}, _use_new_zipfile_serialization=False),
}


@pytest.mark.usefixtures("opened_here")
@pytest.mark.filterwarnings("ignore:Detected pickle protocol 4")
@pytest.mark.parametrize("name", CODE)
def test_code_is_called_code(name):
    assert "holds Python objects or code" in rejection(CODE[name])


@pytest.mark.usefixtures("opened_here")
@pytest.mark.parametrize("text", [b"in the beginning\nwas the word\n", b"(important)\nread me first\n", b"\x00" * 99])
def test_what_holds_no_code_is_not_called_so(text):
    assert "can't be opened" in rejection(text)


def test_code_is_not_run_in_the_child_either(tmp_path):
    trace = tmp_path / "trace"
    assert "code" in rejection(as_archive(bombs.called("os.mkdir", str(trace))))
    assert not trace.exists()


def test_the_child_may_not_write_files(tmp_path):
    """Whatever a flaw of torch's reader would let a pickle do: its process has no bytes for files."""
    pytest.importorskip("resource", reason="Windows has no such limits")
    code = (
        "from effnet_core.networks.unpickling_child import limit; limit(10); "
        f"file = open({str(tmp_path / 'written')!r}, 'w'); file.write('x'); file.close()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=unpickling.ROOT, capture_output=True)
    assert done.returncode
    assert not (tmp_path / "written").read_bytes()


def test_a_child_that_does_not_answer_is_ended(monkeypatch, small):
    monkeypatch.setattr(unpickling, "PATIENCE_S", 0.01)
    assert "takes too long" in rejection(pth(small))


def test_a_child_that_can_not_start_is_a_refusal(monkeypatch, small):
    monkeypatch.setattr(unpickling.sys, "executable", "/bin/false")
    assert "can't be opened" in rejection(pth(small))


@pytest.mark.usefixtures("opened_here")
@pytest.mark.parametrize("save", [pth, save_safetensors])
@pytest.mark.parametrize(
    "name", ["x" * 10**6, "a\nb", "a\u202eb", "\x00", "a" * (tensor_file.LONGEST_NAME + 1)], ids=range(5)
)
def test_odd_names_of_tensors(small, save, name):
    sentence = rejection(save(small | {name: torch.ones(1)}))
    assert "has a tensor named" in sentence and f"{tensor_file.LONGEST_NAME} printable characters" in sentence
    assert sentence.isprintable()


@pytest.mark.usefixtures("opened_here")
@pytest.mark.parametrize("name", ["<b>x</b>", "![](//host/x.png)", "../../etc/passwd", "ключ", "名前"])
@pytest.mark.parametrize("save", [pth, save_safetensors])
def test_other_names_are_one_more_tensor(small, save, name):
    assert f"has also {name}" in rejection(save(small | {name: torch.ones(1)}))


@pytest.mark.usefixtures("opened_here")
def test_the_sentence_is_short_however_long_the_files_name(small):
    sentence = rejection(pth({}), "\u202e" + "x" * 500 + ".pth")
    assert sentence.isprintable() and "…" in sentence


@pytest.mark.usefixtures("opened_here")
def test_an_archive_of_version_99_is_read_or_refused(small):
    try:
        assert load_checkpoint(bombs.version_99(pth(small)), "mine.pth").name == "tiny"
    except CheckpointRejected as refusal:
        assert "can't be opened" in str(refusal)


ODD_KINDS = ["F4", "F6_E2M3", "F8_E4M3", "C64", "I64", "U8", "BOOL", "E8M0", "", "x" * 10**5]


@pytest.mark.parametrize("kind", ODD_KINDS, ids=range(len(ODD_KINDS)))
def test_kinds_of_numbers_that_are_not_read(small, kind):
    """In place of one tensor of the network; what the kind means is never asked."""
    data = save_safetensors(small)
    length = struct.unpack("<Q", data[:8])[0]
    rows = tensor_file.json.loads(data[8 : 8 + length])
    rows["classifier.1.bias"]["dtype"] = kind
    sentence = rejection(safetensors(rows, data[8 + length :]), "mine.safetensors")
    assert "classifier.1.bias is stored as" in sentence and "float32" in sentence


LIES = {
    "a billion classes": {"classifier.1.weight": row(shape=(10**9, 1280))},
    "a length that is not the shape's": {"a": row(shape=(2,))},
    "behind the end": {"a": row(offsets=(4, 8))},
    "longer than the file": {"a": row(shape=(10**6,), offsets=(0, 4 * 10**6))},
    "an overlap": {"a": row(), "b": row()},
    "a gap": {"a": row(), "b": row(offsets=(8, 12))},
    "backwards": {"a": row(shape=(0,), offsets=(4, 0))},
    "negative": {"a": row(shape=(-1,), offsets=(0, -4))},
    "fractions": {"a": row(shape=(1.0,))},
    "no counts": {"a": row(shape=("1",))},
    "true": {"a": row(shape=(True,))},
    "beyond 64 bits": {"a": row(shape=(2**64,), offsets=(0, 2**66))},
    "a product beyond 64 bits": {"a": row(shape=(2**32, 2**32), offsets=(0, 0))},
    "hundreds of dimensions": {"a": row(shape=(1,) * 300)},
    "three offsets": {"a": row(offsets=(0, 4, 8))},
    "no row": {"a": 3},
    "a list": {"a": [1, 2]},
    "no kind": {"a": {"shape": [1], "data_offsets": [0, 4]}},
    "a kind that is no word": {"a": row() | {"dtype": ["F32"]}},
    "unused bytes": {},
}


@pytest.mark.parametrize("name", LIES)
def test_headers_that_lie(name):
    assert "can't be opened" in rejection(safetensors(LIES[name], bytes(4)), "mine.safetensors")


@pytest.mark.parametrize(
    "text", [b"{" * 10**5, b'{"a":' * 10**5, b"{}x", b"{\xff}", b'{"a": ' + b"9" * 10**5 + b"}", b"[]"]
)
def test_headers_that_are_no_json(text):
    data = struct.pack("<Q", len(text)) + (b"{" + text[1:])
    assert "can't be opened" in rejection(data, "mine.safetensors")


def test_headers_without_end_are_not_read():
    text = b'{"__metadata__": {"x": "' + b"y" * MOST_HEADER + b'"}}'
    assert "can't be opened" in rejection(struct.pack("<Q", len(text)) + text, "mine.safetensors")


def test_too_many_tensors():
    rows = {f"a{number}": row(shape=(0,), offsets=(0, 0)) for number in range(MOST_TENSORS + 1)}
    assert f"over the limit of {MOST_TENSORS:,}" in rejection(safetensors(rows), "mine.safetensors")


def test_a_files_metadata_is_not_believed(small):
    data = save_safetensors(small, {"refused": "you have won", "entries": "x"})
    assert load_checkpoint(data, "mine.safetensors").name == "tiny"


def test_headers_are_read_as_the_library_writes_them(small):
    data = save_safetensors(small, {"format": "pt"})
    tensors, metadata = read_header(data, "mine.safetensors")
    assert metadata == {"format": "pt"}
    for name, tensor in small.items():
        stored = tensors[name]
        assert stored.shape == tuple(tensor.shape)
        assert data[stored.start : stored.end] == tensor.numpy().tobytes()


def test_other_kinds_scalars_and_views_are_written_whole():
    state = {"a": torch.tensor(3.5), "b": torch.tensor([1.5, -2.0]).bfloat16(), "c": torch.rand(4, 3).t()}
    answer = io.BytesIO()
    unpickling_child.convert(pth(state), answer)
    tensors, _ = read_header(answer.getvalue(), "x")
    for name, tensor in state.items():
        stored = tensors[name]
        raw = bytearray(answer.getvalue()[stored.start : stored.end])
        found = torch.frombuffer(raw, dtype=tensor.dtype).reshape(stored.shape)
        assert torch.equal(found, tensor)
