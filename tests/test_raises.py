"""A public function that raises one of ours says so: its docstring, or that of its class, names the error
after "Raises".

Read from the source: what a function raises itself, and what the private functions of its module raise that
it calls. What it catches it does not raise. Commands and routes are left out: their docstring is the help
that people read, and their errors are exit codes and statuses of one table each.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from service import errors

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(p for p in (ROOT / "service").rglob("*.py") if "__pycache__" not in p.parts)
FAMILY = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.DoorstepError)
}
DOORS = ("command", "group", "route")  # decorators of what people call
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Found:
    """What one function raises and which functions of its module it calls, each with the line."""

    raised: dict[str, int] = field(default_factory=dict)
    called: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # name, what is caught around it


def _names(node: ast.expr | None) -> list[str]:
    """The names of classes in an `except` clause."""
    if node is None:
        return ["BaseException"]
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return [ast.unparse(part).rpartition(".")[2] for part in parts]


def _is_caught(error: str, caught: Sequence[str]) -> bool:
    return any(base.__name__ in caught for base in FAMILY[error].__mro__)


def _read(nodes: Sequence[ast.AST], caught: tuple[str, ...], found: Found, makes: Mapping[str, str]) -> None:
    for node in nodes:
        if isinstance(node, ast.Try):
            handled = tuple(name for handler in node.handlers for name in _names(handler.type))
            _read(node.body, (*caught, *handled), found, makes)
            _read([*node.handlers, *node.orelse, *node.finalbody], caught, found, makes)
            continue
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            error = ast.unparse(node.exc.func).rpartition(".")[2]
            error = makes.get(error, error)  # `raise _fault(…)`
            if error in FAMILY and not _is_caught(error, caught):
                found.raised.setdefault(error, node.lineno)
        if isinstance(node, ast.Call):
            owner, _, name = ast.unparse(node.func).rpartition(".")
            if owner in ("", "self", "cls") and name.startswith("_"):
                found.called.append((name, caught))
        _read(list(ast.iter_child_nodes(node)), caught, found, makes)


def _functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """The functions of a module and of its classes, as `name` or `Class.name`."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from (
                (f"{node.name}.{inner.name}", inner) for inner in node.body if isinstance(inner, Function)
            )


def _raised(name: str, all_found: Mapping[str, Found], seen: frozenset[str] = frozenset()) -> dict[str, int]:
    """Error -> line, for a function and the private ones that it calls."""
    owner = name.rpartition(".")[0]
    raised = dict(all_found[name].raised)
    for called, caught in all_found[name].called:
        for inner in (f"{owner}.{called}", called):
            if inner in all_found and inner not in seen:
                for error, line in _raised(inner, all_found, seen | {name}).items():
                    if not _is_caught(error, caught):
                        raised.setdefault(error, line)
    return raised


def _is_public(name: str, node: Function) -> bool:
    """Whether others may call it, other than through a door."""
    is_door = any(word in ast.unparse(mark) for mark in node.decorator_list for word in DOORS)
    return not is_door and all(not part.startswith("_") or part == "__init__" for part in name.split("."))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT / "service")))
def test_what_is_raised_is_said(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = dict(_functions(tree))
    all_found: dict[str, Found] = {}
    makes = {node.name: ast.unparse(node.returns) for node in functions.values() if node.returns is not None}
    for name, node in functions.items():
        all_found[name] = Found()
        _read(node.body, (), all_found[name], makes)
    classes = {
        node.name: ast.get_docstring(node) or "" for node in tree.body if isinstance(node, ast.ClassDef)
    }
    missing = []
    for name, node in functions.items():
        if not _is_public(name, node):
            continue
        said = (ast.get_docstring(node) or "") + classes.get(name.rpartition(".")[0], "")
        said = said[re.search("[Rr]aises|$", said).start() :]
        missing += [
            f"{path.relative_to(ROOT)}:{node.lineno} {name} raises {error} (line {line})"
            for error, line in _raised(name, all_found).items()
            if error not in said
        ]
    assert not missing, "not said in the docstring:\n" + "\n".join(missing)
