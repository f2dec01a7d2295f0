"""What a text names: commands, settings, routes, make targets, paths. As people write them, found by form."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path

# Where a command is told: in backticks, at the head of a line, or after a word that leads to one.
# "beside enrich traffic" is none.
_LED = r"(?:^[ \t]*|[`:;&$#(] ?|\b(?:[Rr]un|[Tt]ry|[Cc]all|[Uu]se|with|by|or) |\bexec \w+ |bin/)"
_COMMAND = re.compile(_LED + r"(?:enrich|python -m service)[ \t]+((?!-m)[^\n`#;\"'()]*)", re.MULTILINE)
_SETTING = re.compile(r"\bENRICH_[A-Z]+(?:_[A-Z]+)*\b")
_ROUTE = re.compile(r"(?:\b(GET|POST|PUT|PATCH|DELETE) |(?<![\w<>/.:~*\"'=+…)}-]))(/[a-z][\w{}<>/.…-]+)")
_ADDRESSED = re.compile(
    r"(?:http://(?:127\.0\.0\.1|localhost):\d+|https://doorstep\.example)(/[a-z][\w./{}-]*)"
)
_LINKED = re.compile(r"[\"'`](/[a-z][^\"'`\s]*)[\"'`]")
_TARGET = re.compile(r"(?<![\w.-])make(?: --[\w-]+)* ([a-z]+)\b")
_MODULE = re.compile(r"python3? -m ((?:service|tests)[\w.]*)")
_SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PLACEHOLDER = re.compile(r"\$?\{\{?[^{}]*\}?\}|<[^<>]*>|…")


def messages(path: Path) -> Iterator[str]:
    """Every text in a Python file; what an f-string fills in stands as `…`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
            yield "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.value


def code_of(markdown: str) -> list[str]:
    """What stands as code in a page: spans in backticks, and whole lines of fenced blocks."""
    lines = [
        line
        for _, block in _FENCE.findall(markdown)
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip()
    ]
    prose = _FENCE.sub("", markdown)
    return [f"`{span}`".replace("\n", " ") for span in _SPAN.findall(prose)] + lines


def named_commands(text: str, groups: Collection[str] = ()) -> list[list[str]]:
    """The words after `enrich`, up to where the command ends; `groups`: also `group word …` in backticks."""
    short = [span for span in _SPAN.findall(text) if span.split(" ")[0] in groups and " " in span]
    return [words for found in (*_COMMAND.findall(text), *short) if (words := found.split())]


def named_settings(text: str) -> set[str]:
    """ENRICH_… names. HOST and PORT are common words; the settings' table has them."""
    return set(_SETTING.findall(text))


def named_routes(text: str) -> set[tuple[str, str]]:
    """(method, path); the method is empty where none is said. What is filled in stands as `x`."""
    found = {(method, _plain(path)) for method, path in _ROUTE.findall(text)}
    return found | {("", _plain(path)) for path in _ADDRESSED.findall(text)}


def linked_routes(page: str) -> set[tuple[str, str]]:
    """Paths in quotes in a page or script."""
    return {("", _plain(path)) for path in _LINKED.findall(page)}


def named_targets(text: str) -> set[str]:
    return set(_TARGET.findall(text))


def named_modules(text: str) -> list[str]:
    """Modules of ours that `python -m` is to run."""
    return [name.rstrip(".") for name in _MODULE.findall(text)]


def _plain(path: str) -> str:
    filled = _PLACEHOLDER.sub("x", path.partition("?")[0].partition("#")[0])
    return filled.rstrip(".,;:)").rstrip("/") or "/"
