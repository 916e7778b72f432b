"""A process that reads untrusted files one by one, each in a fork of its own, and says what came of it.

    python -m support.reading_process pictures|checkpoints [FOLDER]

Without FOLDER, it reads one file's path from each line of standard input. One line of JSON a file: {"name", "outcome":
"read"|"refused"|"failed", "said", "seconds", "megabytes"}; seconds of the processor, megabytes beyond what a fork takes
that reads nothing.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path


def readers() -> dict[str, Callable[[], tuple[Callable[[bytes], object], type[ValueError]]]]:
    return {"pictures": _pictures, "checkpoints": _checkpoints}


def _pictures() -> tuple[Callable[[bytes], object], type[ValueError]]:
    from effnet_core.images.preparation import Preparation
    from effnet_core.images.reading import ImageRejected, read_image

    preparation = Preparation(resize=256, crop=224)
    return lambda data: preparation.tensor(read_image(data, "mine.png")), ImageRejected


def _checkpoints() -> tuple[Callable[[bytes], object], type[ValueError]]:
    import io

    from effnet_core.networks import unpickling, unpickling_child
    from effnet_core.networks.state_dict_names import CheckpointRejected
    from effnet_core.networks.weights import load_checkpoint

    def as_safetensors(data: bytes) -> bytes:
        """What the child process does, in this fork."""
        unpickling_child.limit(len(data))
        answer = io.BytesIO()
        unpickling_child.convert(data, answer)
        return answer.getvalue()

    unpickling.as_safetensors = as_safetensors
    return lambda data: load_checkpoint(data, "mine.pth"), CheckpointRejected


def read_in_fork(read: Callable[[bytes], object], refusal: type[ValueError], path: Path, before: float) -> dict:
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(send, json.dumps(_outcome(read, refusal, path)).encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        said = pipe.read()
    _, status, used = os.wait4(child, 0)
    ended = "refused" if refusal.__name__ == "CheckpointRejected" else "failed"  # as networks/unpickling.py sees it
    row = json.loads(said) if said else {"outcome": ended, "said": f"mine.pth ended its process, status {status}"}
    peak = used.ru_maxrss / 1024
    return {"name": path.name, "seconds": used.ru_utime + used.ru_stime, "megabytes": peak - before, **row}


def _outcome(read: Callable[[bytes], object], refusal: type[ValueError], path: Path) -> dict:
    try:
        read(path.read_bytes())
    except refusal as problem:
        return {"outcome": "refused", "said": str(problem)[:2000]}
    except BaseException as problem:
        return {"outcome": "failed", "said": f"{type(problem).__name__}: {problem}"[:500]}
    return {"outcome": "read", "said": ""}


def main() -> None:
    kind, *folder = sys.argv[1:]
    warnings.simplefilter("ignore")
    read, refusal = readers()[kind]()
    before = read_in_fork(lambda data: None, refusal, Path(__file__), 0)["megabytes"]
    for path in sorted(Path(folder[0]).iterdir()) if folder else (Path(line.rstrip("\n")) for line in sys.stdin):
        print(json.dumps(read_in_fork(read, refusal, path, before)), flush=True)


if __name__ == "__main__":
    main()
