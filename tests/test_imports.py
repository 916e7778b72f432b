"""Who may import whom: the rooms of the house from top to bottom, and which libraries each room may use.

Read from the files' syntax trees, so that an import inside a function counts too. What importing a file
really loads is looked at in a process of its own.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest
from support.paths import ROOT

# A room imports those on floors below its own, and its own files; rooms of one floor do not know each other.
FLOORS = (
    ("app",),
    ("pages",),
    (
        "ui/overview",
        "ui/scaling",
        "ui/budgets",
        "ui/experiments",
        "ui/evidence",
        "ui/classify",
        "ui/mbconv",
        "ui/se_gates",
        "ui/interview",
        "ui/build_it",
        "ui/lessons",
    ),
    ("ui/shared",),
    ("ui/components",),
    ("ui/session",),
    ("effnet_core/__main__",),
    ("effnet_core/cli",),
    ("effnet_core/classroom", "effnet_core/serving"),
    ("effnet_core/lessons",),
    ("effnet_core/interview",),
    ("effnet_core/exercises",),
    ("effnet_core/training", "effnet_core/machine"),
    ("effnet_core/explain",),
    ("effnet_core/networks", "effnet_core/figures"),
    ("effnet_core/scaling",),
    ("effnet_core/published", "effnet_core/images"),
    ("effnet_core/cost",),
    (
        "effnet_core/architecture",
        "effnet_core/units",
        "effnet_core/palette",
        "effnet_core/progress",
        "effnet_core/foreign_text",
        "effnet_core/files",
    ),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
TORCH = {"torch", "torchvision", "numpy", "safetensors"}
LIBRARIES = {  # of the core's rooms; those not named use the standard library alone
    "effnet_core/figures": {"plotly", "numpy"},
    "effnet_core/images": {"PIL", "numpy"},
    "effnet_core/networks": TORCH,
    "effnet_core/explain": {*TORCH, "PIL", "captum", "pyarrow"},
    "effnet_core/training": {*TORCH, "PIL", "yaml"},
    "effnet_core/machine": {*TORCH, "psutil"},
    "effnet_core/classroom": {"psutil"},
    "effnet_core/serving": {"fastapi", "pydantic", "starlette", "uvicorn", "ray", "numpy", "PIL"},
    "effnet_core/interview": {"fsrs", "genanki", "fpdf", "matplotlib"},
    "effnet_core/exercises": TORCH,
    "effnet_core/lessons": {"yaml"},
    "effnet_core/cli": TORCH,
}
FACE = "effnet_core"  # its __init__ offers names of all rooms, loaded when they are used
BARE = {"torch", "torchvision", "numpy", "PIL", "safetensors"}  # what explaining and training need


def files() -> list[str]:
    """Every Python file of the app, relative to the project, with slashes."""
    inside = (path for top in ("pages", "ui", "effnet_core") for path in sorted((ROOT / top).rglob("*.py")))
    return [path.relative_to(ROOT).as_posix() for path in (ROOT / "app.py", *inside)]


def module_of(file: str) -> str:
    """effnet_core.explain.engine, ui.session.engines, app; a package is its folder's name."""
    return file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def room_of(module: str) -> str:
    """The folder that a module stands in, or the file itself at the top of the core."""
    top, *inside = module.split(".")
    return top if top in ("app", "pages") or not inside else f"{top}/{inside[0]}"


def imports_of(file: str) -> set[str]:
    """Full names of all that a file imports, anywhere; what only type checkers read is left out."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    unread = {id(node) for branch in ast.walk(tree) if for_type_checkers(branch) for node in ast.walk(branch)}
    package = module_of(file).split(".") if file.endswith("__init__.py") else module_of(file).split(".")[:-1]
    names = set()
    for node in ast.walk(tree):
        if id(node) in unread:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            base = base if node.level else node.module
            names |= {
                f"{base}.{alias.name}" if (ROOT / base.replace(".", "/")).is_dir() else base for alias in node.names
            }
    return names


def for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def third_party(file: str) -> set[str]:
    ours = {"app", "pages", "ui", "effnet_core"}
    return {name.split(".")[0] for name in imports_of(file)} - sys.stdlib_module_names - ours


EACH_FILE = pytest.mark.parametrize("file", files())


def test_the_reader_of_imports_sees_all_forms():
    engine = imports_of("effnet_core/explain/engine.py")
    assert {"effnet_core.explain.gates", "effnet_core.networks.weights", "torch", "PIL.Image"} <= engine
    assert "effnet_core.explain.engine" in imports_of("effnet_core/cli/explain.py"), "an import in a function"


def test_every_room_is_on_a_floor_and_every_floor_has_its_rooms():
    assert {room_of(module_of(file)) for file in files()} - {FACE, "ui"} == set(FLOOR)


@EACH_FILE
def test_imports_point_down(file):
    module = module_of(file)
    if module == FACE:
        assert not imports_of(file) - sys.stdlib_module_names - {"__future__"}, "importing the package loads no room"
        return
    mine = room_of(module)
    ours = {room_of(name) for name in imports_of(file) if name.split(".")[0] in ("app", "pages", "ui", FACE)}
    if mine == "pages":
        assert "pages" not in ours, "a page stands alone"
    assert not {room for room in ours - {mine} if FLOOR.get(room, -1) <= FLOOR[mine]}


@EACH_FILE
def test_each_room_uses_its_own_libraries(file):
    used = third_party(file)
    room = room_of(module_of(file))
    if room.startswith(FACE):
        assert used <= LIBRARIES.get(room, set())
    else:
        assert "ray" not in used
    if room in ("app", "pages"):
        assert not used & {"torch", "torchvision", "captum"}


def loaded_by(*modules: str) -> set[str]:
    """Top-level names that are loaded after these imports, in a fresh process."""
    code = (
        f"import sys, json, {', '.join(modules)}; print(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def modules_in(*rooms: str) -> list[str]:
    return [module_of(file) for file in files() if room_of(module_of(file)) in rooms]


def test_pure_rooms_load_nothing_but_the_standard_library():
    pure = [room for room in FLOOR if room.startswith("effnet_core/") and room not in LIBRARIES]
    names = [name for name in modules_in(*pure) if not name.endswith("__main__")]
    assert {"effnet_core.architecture", "effnet_core.scaling.rounding", "effnet_core.published.claims"} <= set(names)
    assert not loaded_by(*names) & {*BARE, "plotly", "streamlit", "captum"}


def test_figures_pictures_and_the_stored_example_come_without_torch():
    names = modules_in("effnet_core/figures", "effnet_core/images")
    assert not loaded_by(*names, "effnet_core.explain.stored_example") & {"torch", "torchvision", "streamlit", "captum"}


def test_practice_comes_without_torch_and_plotly():
    names = modules_in("effnet_core/interview", "effnet_core/lessons")
    names += [f"effnet_core.exercises.{file}" for file in ("notebook", "progress", "running")] + [
        "effnet_core.cli.exercise"
    ]
    assert not loaded_by(*names) & {"torch", "plotly", "streamlit"}


def test_ui_comes_without_torch():
    """A page opens at once: torch is imported when a network is needed."""
    names = [module_of(file) for file in files() if file.startswith("ui/")]
    assert "torch" not in loaded_by(*names)


def test_an_engine_elsewhere_is_asked_without_torch():
    names = [f"effnet_core.serving.{file}" for file in ("wire", "remote")]
    names += [f"effnet_core.explain.{file}" for file in ("results", "methods", "faithfulness", "request_queue")]
    assert not loaded_by(*names) & {"torch", "torchvision", "fastapi", "streamlit"}


def test_explaining_and_training_need_few_libraries():
    """They run on a bare GPU machine; captum is for its own methods alone."""
    loaded = loaded_by(*modules_in("effnet_core/explain", "effnet_core/training", "effnet_core/__main__"))
    assert loaded >= BARE
    assert not loaded & {"captum", "plotly", "streamlit", "skimage", "ray"}


def test_explaining_and_training_work_where_the_others_are_missing():
    """Not only unloaded: importing them would fail here."""
    absent = ("captum", "plotly", "streamlit", "skimage", "scipy", "matplotlib", "ray", "fastapi", "uvicorn")
    block = "; ".join(f"sys.modules[{name!r}] = None" for name in absent)
    names = modules_in("effnet_core/explain", "effnet_core/training", "effnet_core/__main__")
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {block}; import {', '.join(names)}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
