"""Small edits to Python files, by what stands there rather than by line."""

from __future__ import annotations

import ast


def add_to_class(source: str, name: str, line: str) -> str:
    """`line` as the last of the fields of a class."""
    [found] = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ClassDef) and n.name == name]
    fields = [node for node in found.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
    return insert_after(source, fields[-1].end_lineno or 0, f"    {line}")


def add_argument(source: str, function: str, called: str, argument: str) -> str:
    """`argument` as the last of the call of `called` within a function."""
    [inside] = [
        n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef) and n.name == function
    ]
    calls = [n for n in ast.walk(inside) if isinstance(n, ast.Call) and ast.unparse(n.func) == called]
    lines = source.splitlines(keepends=True)
    line, column = (calls[-1].end_lineno or 0) - 1, _characters(lines, calls[-1])
    head = "".join(lines[:line]) + lines[line][: column - 1]
    comma = "" if head.rstrip().endswith((",", "(")) else ", "
    return head + comma + argument + lines[line][column - 1 :] + "".join(lines[line + 1 :])


def add_before_return(source: str, function: str, line: str) -> str:
    """`line` before the last statement of a function."""
    [inside] = [
        n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef) and n.name == function
    ]
    return insert_after(source, inside.body[-1].lineno - 1, f"    {line}")


def add_to_tuple(source: str, name: str, item: str) -> str:
    """`item` as the last of a tuple of the module."""
    [value] = [
        node.value
        for node in ast.parse(source).body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and name in ast.unparse(node).split("=")[0]
    ]
    assert isinstance(value, ast.Tuple)
    last = value.elts[-1]
    lines = source.splitlines(keepends=True)
    line, column = (last.end_lineno or 0) - 1, _characters(lines, last)
    return (
        "".join(lines[:line])
        + lines[line][:column]
        + f", {item}"
        + lines[line][column:]
        + "".join(lines[line + 1 :])
    )


def insert_after(source: str, line: int, text: str) -> str:
    lines = source.splitlines(keepends=True)
    return "".join(lines[:line]) + text + "\n" + "".join(lines[line:])


def _characters(lines: list[str], node: ast.expr) -> int:
    """Where a node ends in its line, in characters (ast counts bytes)."""
    line = lines[(node.end_lineno or 0) - 1].encode()
    return len(line[: node.end_col_offset or 0].decode())
