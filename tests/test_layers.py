"""The house rules over the real imports: who may import whom, and a place for every file."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SERVICE = ROOT / "service"

# room -> the rooms of service/ that it may import (itself is always allowed)
NOUNS = {"model", "errors"}
ROOMS = {"address", "area", "segment", "decide", "store", "learn"}
ALLOWED = {
    "model": set(),
    "errors": set(),
    "tables": {"errors"},
    "config": {"errors"},
    # the rooms: they know the nouns and nobody else
    "address": NOUNS | {"tables"},
    "area": NOUNS | {"tables"},
    "segment": NOUNS | {"tables"},
    "decide": NOUNS,
    "store": NOUNS,
    "learn": NOUNS | {"tables", "files"},
    "client": {"errors"},
    "files": {"errors"},  # how files of people and publishers are read
    # one file per sentence of the product, over the rooms
    "flows": NOUNS | {"tables", "files"} | ROOMS,
    # chooses implementations
    "wiring": NOUNS | {"tables", "config", "flows"} | ROOMS,
    # the doors
    "web": NOUNS | {"config", "wiring", "flows", "tables"} | ROOMS,
    "cli": NOUNS | {"tables", "config", "wiring", "flows", "files", "refdata", "analyst", "web"} | ROOMS,
    # the building half; it writes the forms that the serving half reads
    "refdata": NOUNS | {"tables", "files", "address", "segment", "area", "analyst"},  # a diff is drawn
    # tables and pictures for people, from releases and customer files
    "analyst": NOUNS | {"tables", "files", "segment", "area"},
    "__main__": {"cli"},
    "__init__": set(),
}

# libraries with a single home
FRAMEWORKS = {
    "flask": {"web"},
    "flask_smorest": {"web"},
    "marshmallow": {"web"},
    "gunicorn": {"web", "cli"},
    "click": {"cli"},
    "geopy": {"address", "wiring"},
    "shapely": {"area", "refdata", "address", "analyst"},
    "lightgbm": {"learn"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "pandas": {"refdata", "analyst", "learn", "cli"},
}
# modules of web that a colleague's page or command needs only when called
HEAVY = ("pandas", "lightgbm", "matplotlib", "sklearn")
# what an import inside a function may keep out of a process until it is needed, and why
LATE = {
    "geopy": "30 MB per worker, for shops that ask other geocoders",
    "scipy": "39 MB, for the worker that is asked to match the whole queue",
    "prometheus_client": "decides at import whether workers share their counts",
}


def _files() -> list[Path]:
    return sorted(p for p in SERVICE.rglob("*.py") if "__pycache__" not in p.parts)


def _room(path: Path) -> str:
    first = path.relative_to(SERVICE).parts[0]
    return first.removesuffix(".py")


def _imports(path: Path) -> set[str]:
    """Absolute module names imported anywhere in the file, but not those for type checking only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            typing_only.update(n for child in node.body for n in ast.walk(child))
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write the full name"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize("path", _files(), ids=lambda p: str(p.relative_to(SERVICE)))
def test_imports_go_one_way(path: Path) -> None:
    room = _room(path)
    assert room in ALLOWED, f"{path.name} has no place in the house: add its room to ALLOWED with a reason"
    for name in _imports(path):
        parts = name.split(".")
        if parts[0] == "service" and len(parts) > 1:
            target = parts[1]
            assert target == room or target in ALLOWED[room], f"{room} may not import {target} ({path})"
        elif parts[0] in FRAMEWORKS:
            assert room in FRAMEWORKS[parts[0]], (
                f"{parts[0]} belongs in {FRAMEWORKS[parts[0]]}, not in {room}"
            )


def _imported_by(nodes: list[ast.stmt] | list[ast.AST]) -> set[str]:
    """What these statements import, each as its full name: `package.module`, or `module.thing` of it."""
    found: set[str] = set()
    for node in (n for outer in nodes for n in ast.walk(outer)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _module_graph() -> dict[str, set[str]]:
    """Module of service/ -> the modules and libraries that it imports anywhere, for type checking too."""
    names = {
        ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in _files()
    }

    def module_of(name: str) -> str:
        return name if name in names or "." not in name else name.rpartition(".")[0]

    return {
        own: {module_of(name) for name in _imported_by([ast.parse(path.read_text(encoding="utf-8"))])}
        for own, path in names.items()
    }


def test_no_circle_among_modules() -> None:
    try:
        TopologicalSorter(_module_graph()).prepare()
    except CycleError as error:
        pytest.fail(f"These import one another: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("path", _files(), ids=lambda p: str(p.relative_to(SERVICE)))
def test_imports_inside_functions_keep_a_library_out(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions: list[ast.AST] = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    graph = _module_graph() if _imported_by(functions) else {}
    for late in _imported_by(functions):
        reached, ahead = set(), {late, late.rpartition(".")[0]}
        while ahead:
            reached |= ahead
            ahead = {name for module in ahead for name in graph.get(module, ())} - reached
        libraries = {name.split(".")[0] for name in reached}
        assert libraries & LATE.keys(), f"{path}: {late} keeps nothing out; import it at the top"


def test_only_wiring_and_the_entry_points_read_config() -> None:
    readers = {_room(p) for p in _files() if any(n.startswith("service.config") for n in _imports(p))}
    assert readers <= {"config", "wiring", "cli", "web"}


def test_no_room_without_a_name_of_its_own() -> None:
    refused = {"utils", "helpers", "common", "misc", "manager", "engine", "handler"}
    assert not [p for p in _files() if p.stem in refused]


def test_serving_imports_no_heavy_library() -> None:
    code = (
        "import sys; import service.wiring, service.web.app; "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[]"
