"""Who may import whom: app.py -> pages -> ui -> effnet_core, and within the core from top to bottom.

Read from the files' syntax trees, so that an import inside a function counts too. What importing a file
really pulls in is looked at in a process of its own.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = "effnet_core"
LAYERS = ("app", "pages", "ui", CORE)  # each imports those to its right
PURE = (
    *("architecture", "cost", "facts", "claims", "published", "choice", "phi", "budget", "export", "designs"),
    *("structure", "drills", "cards", "quiz", "glossary"),
)
# lowest first: a file of the core imports those before it, and its own part's (figures stands for figures_*.py too).
ORDER = (
    *PURE,
    "lessons",
    "repetition",
    "anki",
    "figures",
    "cheatsheet",
    "images",
    "overlay",
    "classfolders",
    "edits",
    "results",
    "arithmetic",
    "embedding",
    "overview",
    "machine",
    "device",
    "model",
    "amoebanet",
    "comparison",
    "state_names",
    "download",
    "checkpoints",
    "weights",
    "gates",
    "tracing",
    "attribution",
    "methods",
    "faithfulness",
    "bench",
    "naming",
    "engine",
    "gatestats",
    "training",
    "modelcard",
    "studies",
    "serving",
    "cli",
    "__main__",
)
BARE = {"torch", "torchvision", "numpy", "PIL", "safetensors"}  # what explain and train need


def sources() -> list[Path]:
    inside = (path for layer in LAYERS[1:] for path in sorted((ROOT / layer).rglob("*.py")))
    return [path for path in (ROOT / "app.py", *inside) if path.exists()]


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def module_of(path: Path) -> str:
    """effnet_core.engine, ui.state, app; a package is its folder's name."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def core_part(module: str) -> str:
    """Name in ORDER of a module of the core: engine, figures, facts."""
    name = module.split(".")[1]
    return "figures" if name.startswith("figures_") else name


def imports_of(path: Path) -> set[str]:
    """Full names of all that a file imports, anywhere; names that only type checkers read are left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unread = {id(node) for branch in ast.walk(tree) if for_type_checkers(branch) for node in ast.walk(branch)}
    package = module_of(path).split(".") if path.name == "__init__.py" else module_of(path).split(".")[:-1]
    found = set()
    for node in ast.walk(tree):
        if id(node) in unread:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            base = base if node.level else node.module
            found |= {f"{base}.{alias.name}" if is_package(base) else base for alias in node.names}
    return found


def for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def is_package(module: str) -> bool:
    """Of this project: `from package import name` may then import a file."""
    return (ROOT / module.replace(".", "/")).is_dir()


def third_party(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path)} - sys.stdlib_module_names - set(LAYERS)


FILES = pytest.mark.parametrize("path", sources(), ids=module_of)
CORE_FILES = pytest.mark.parametrize("path", [p for p in sources() if layer_of(p) == CORE], ids=module_of)
PURE_FILES = [p for p in sources() if layer_of(p) == CORE and module_of(p) != CORE and core_part(module_of(p)) in PURE]


def test_the_reader_of_imports_sees_all_forms():
    this = imports_of(Path(__file__))
    assert {"ast", "pathlib", "pytest"} <= this
    engine = imports_of(ROOT / CORE / "engine.py")
    assert {"effnet_core.gates", "effnet_core.weights", "torch", "PIL.Image"} <= engine
    assert "effnet_core.weights" in imports_of(ROOT / CORE / "cli" / "looking.py"), (
        "from .. import weights, in a function"
    )


@FILES
def test_layers_import_downwards(path):
    above = LAYERS[: LAYERS.index(layer_of(path))]
    assert not {name for name in imports_of(path) if name.split(".")[0] in above}
    if layer_of(path) == "pages":
        assert not {name for name in imports_of(path) if name.startswith("pages")}, "a page stands alone"


@CORE_FILES
def test_the_core_imports_from_top_to_bottom(path):
    module = module_of(path)
    if module == CORE:
        assert not imports_of(path), "nothing is imported by importing the package"
        return
    part = core_part(module)
    assert part in ORDER, f"{module} is new: give it its place in ORDER"
    below = ORDER[: ORDER.index(part) + 1]
    used = {name for name in imports_of(path) if name.startswith(f"{CORE}.")}
    assert not {name for name in used if core_part(name) not in below}


@CORE_FILES
def test_libraries_of_the_core(path):
    used, part = third_party(path), core_part(module_of(path)) if module_of(path) != CORE else ""
    assert "streamlit" not in used
    assert "ray" not in used or part == "serving"
    assert "plotly" not in used or part == "figures"
    if part in PURE:
        assert not used
    if part == "figures":
        assert used <= {"plotly", "numpy"}
        assert {core_part(name) for name in imports_of(path) if name.startswith(f"{CORE}.")} <= {*PURE, "figures"}


@FILES
def test_pages_and_the_router_leave_torch_to_others(path):
    if layer_of(path) in ("app", "pages"):
        assert not third_party(path) & {"torch", "torchvision", "captum", "ray"}
    if layer_of(path) != CORE:
        assert "ray" not in third_party(path)


def pulled_in(*modules: str) -> set[str]:
    """Top-level names that are loaded after these imports, in a fresh process."""
    code = (
        f"import sys, json, {', '.join(modules)}; print(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_pure_files_need_nothing_but_the_standard_library():
    names = [module_of(path) for path in PURE_FILES]
    assert {"effnet_core.architecture", "effnet_core.cost"} <= set(names)
    assert not pulled_in(*names) & {*BARE, "plotly", "streamlit", "captum"}


def test_figures_and_pictures_come_without_torch():
    names = [
        module_of(p)
        for p in sources()
        if layer_of(p) == CORE and p.stem.startswith(("figures", "images", "overlay", "overview"))
    ]
    assert not pulled_in(*names) & {"torch", "torchvision", "streamlit", "captum"}


def test_ui_comes_without_torch():
    """The scaling page opens at once: torch is imported when a network is asked for."""
    names = [module_of(path) for path in sources() if layer_of(path) == "ui"]
    assert names
    assert "torch" not in pulled_in(*names)


def test_explaining_and_training_need_few_libraries():
    """They run on a bare GPU machine; captum is for its own methods alone."""
    loaded = pulled_in(*(f"{CORE}.{name}" for name in ("engine", "training", "weights", "__main__")))
    assert loaded >= BARE
    assert not loaded & {"captum", "plotly", "streamlit", "skimage", "ray"}


def test_explaining_and_training_work_where_the_others_are_missing():
    """Not only unloaded: importing them would fail here."""
    absent = ("captum", "plotly", "streamlit", "skimage", "scipy", "matplotlib", "ray")
    block = "; ".join(f"sys.modules[{name!r}] = None" for name in absent)
    code = f"import sys; {block}; import {CORE}.engine, {CORE}.training, {CORE}.weights, {CORE}.__main__"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
