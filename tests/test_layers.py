"""The house rules over the real imports: who may import whom, and a place for every file."""

from __future__ import annotations

import ast
import re
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

# What a door may take from the rooms beside what flows give it: types, words and ways of writing, no work.
# Commands may also use learn/models, for which no flow is needed: a table in, a model out.
FROM_ROOMS = {
    "service.address.lines": "an address on one line",
    "service.address.suggest": "completing is one look-up",
    "service.address.suggestion": "a type",
    "service.decide.agents": "a type",
    "service.decide.slots": "what a kind shows, and which slot is of a kind",
    "service.decide.why": "a type",
    "service.learn.lift.compare": "words of a query",
    "service.learn.lift.rows": "rows as JSON and CSV",
    "service.learn.live.match_quality": "words of a query, a type",
    "service.segment.definition_file": "a type",
    "service.store.desk": "how long an agent is held",
    "service.store.outbox": "words of a request, a type",
    "service.store.outcomes": "words of a request",
    "service.store.patience": "how long a request waits",
    "service.store.pauses": "a type",
    "service.store.privacy": "a setting of the background",
    "service.store.replays": "idempotency is a matter of HTTP",
    "service.store.store": "a type",
    "service.store": "opened by the process of the background",
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


@pytest.mark.parametrize("path", sorted(SERVICE.glob("web/**/*.py")), ids=lambda p: p.name)
def test_a_page_or_route_takes_its_work_from_flows(path: Path) -> None:
    for module in sorted(_modules(path)):
        parts = module.split(".")
        if len(parts) > 1 and parts[0] == "service" and parts[1] in ROOMS:
            known = (
                module in FROM_ROOMS or ".".join(parts[:4]) in FROM_ROOMS or ".".join(parts[:3]) in FROM_ROOMS
            )
            assert known, f"{path.name} takes {module} from a room: call a flow, or say why in FROM_ROOMS"


def test_no_route_imports_a_route() -> None:
    for path in SERVICE.glob("web/routes/*.py"):
        taken = [m for m in _modules(path) if m.startswith("service.web.routes")]
        assert not taken, f"{path.name} imports {taken}"


def test_the_top_of_the_house_is_five_words_and_folders() -> None:
    loose = {path.stem for path in SERVICE.glob("*.py")} - {"__init__", "__main__"}
    assert loose | {"model"} == {"model", "errors", "config", "tables", "wiring"}
    assert len((SERVICE / "wiring.py").read_text(encoding="utf-8").splitlines()) <= 150


def test_a_flow_is_values_in_values_out() -> None:
    for path in SERVICE.glob("flows/*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM) ", text), f"{path.name} holds SQL"
        assert not {"flask", "click", "sqlalchemy"} & {m.split(".")[0] for m in _modules(path)}, path.name


def test_files_can_be_held_in_the_head() -> None:
    generated = {"client/shapes.py", "client/operations.py"}
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (*SERVICE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"))
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
        and path.relative_to(SERVICE.parent / path.relative_to(ROOT).parts[0]).as_posix() not in generated
    }
    assert not long, f"files of more than 300 lines: {long}"


def test_only_tables_are_left_as_they_were_typed() -> None:
    """`# fmt: skip` stands behind a literal table and nowhere else in the service."""
    for path in _files():
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        ends = {n.end_lineno for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Assign | ast.AnnAssign)}
        wrong = [n for n, line in enumerate(lines, 1) if line.endswith("# fmt: skip") and n not in ends]
        assert not wrong, f"{path}: {wrong}"


def test_tests_mirror_the_service() -> None:
    own = {"programs", "golden", "papers"}
    for folder in sorted(
        p for p in (ROOT / "tests").rglob("*") if p.is_dir() and "__pycache__" not in p.parts
    ):
        place = folder.relative_to(ROOT / "tests")
        if place.parts[0] not in own:
            assert (SERVICE / place).is_dir(), f"tests/{place} has no counterpart in service/"


def _modules(path: Path) -> set[str]:
    """The modules that a file imports, for type checking too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


# within learn: fitting a model needs neither the log's lift nor what is live; lift needs no model
WINGS_OF_LEARN = {"models": {"models"}, "lift": {"lift"}, "live": {"live", "lift", "models"}}


def test_the_wings_of_learn_know_each_other_one_way() -> None:
    for path in _files():
        wing = path.relative_to(SERVICE).parts[1] if _room(path) == "learn" else ""
        for name in _imports(path) if wing in WINGS_OF_LEARN else ():
            other = name.removeprefix("service.learn.").partition(".")[0]
            if name.startswith("service.learn.") and other in WINGS_OF_LEARN:
                assert other in WINGS_OF_LEARN[wing], f"learn/{wing} may not import learn/{other} ({path})"


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
