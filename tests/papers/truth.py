"""What there is: commands, settings, routes and make targets, read from the code that keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import click

from service.cli import cli
from service.config import SETTINGS
from service.web.app import routed_app

ROOT = Path(__file__).resolve().parents[2]
_WORD = re.compile(r"[a-z][a-z-]*")
_DOCUMENTED_TARGET = re.compile(r"^([a-z]+):.*?## ", re.MULTILINE)
_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)


def subcommands(group: click.Command) -> Mapping[str, click.Command]:
    """The commands of a group by name; none for a command that is no group."""
    if not isinstance(group, click.Group):
        return {}
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def all_commands(group: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that does something, as its words after `enrich`."""
    inner = subcommands(group)
    if not inner:
        yield path
    for name, command in inner.items():
        yield from all_commands(command, (*path, name))


def command_fault(words: Sequence[str]) -> str | None:
    """What is wrong with a command as written; None when it exists with all options that are named.

    `a|b` and `a | b` name several commands of one group; a word that is none (`COMMAND`, `…`) ends it.
    """
    group: click.Command = cli
    command: click.Command = cli
    rest = list(words)
    while rest and subcommands(command):
        word = rest[0].strip(".,:")
        if not _WORD.match(word) or word.endswith("…"):
            break
        group = command
        for name in word.split("|"):
            if name not in subcommands(group):
                return f"there is no `enrich {' '.join(words)}`: no {name!r} in {group.name}"
            command = subcommands(group)[name]
        rest = rest[1:]
    for before, word in zip(["", *rest], rest, strict=False):
        name = word.strip(".,:…").partition("=")[0]
        if before == "|" and _WORD.fullmatch(name) and name not in subcommands(group):
            return f"there is no {name!r} in `enrich {group.name}`"
        known = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        if re.fullmatch(r"--[a-z][a-z-]*", name) and name not in {*known, "--help", "--version"}:
            return f"`enrich {' '.join(words)}` names an option {name} that the command has not"
    return None


def commands_named(words: Sequence[str]) -> set[tuple[str, ...]]:
    """The commands that a text names with these words (`a|b` names two)."""
    found: set[tuple[str, ...]] = {()}
    for word in words:
        names = [name for name in word.strip(".,:").split("|") if _WORD.fullmatch(name)]
        longer = {(*path, name) for path in found for name in names if (*path, name) in _PATHS}
        if not longer:
            break
        found = longer
    last = next(iter(found))[:-1]
    beside = {(*last, word) for before, word in pairwise(words) if before == "|"}
    return found | (beside & _PATHS)


def _paths(group: click.Command = cli, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    return {path}.union(*(_paths(command, (*path, name)) for name, command in subcommands(group).items()))


_PATHS = _paths()


def groups() -> set[str]:
    """Commands that hold others, such as `refdata`."""
    return {name for name, command in subcommands(cli).items() if subcommands(command)}


def module_exists(name: str) -> bool:
    """Whether `python -m name` finds something to run in this checkout."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def all_settings() -> set[str]:
    """Those of the service, and those that only commands read."""
    return {setting.name for setting in SETTINGS} | _environment_of(cli)


def _environment_of(command: click.Command) -> set[str]:
    own = {str(p.envvar) for p in command.params if p.envvar}
    return own.union(*(_environment_of(inner) for inner in subcommands(command).values()))


def all_routes() -> set[tuple[str, str]]:
    """(method, path with its parts in braces) of every route."""
    app, _ = routed_app()
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def route_exists(method: str, path: str, routes: set[tuple[str, str]]) -> bool:
    """Whether a route as written (`x` for what is filled in) is one of ours."""
    return any(
        (not method or method == known) and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path)
        for known, pattern in routes
    )


def make_targets(documented: bool = False) -> list[str]:
    """The targets of the Makefile, in its order; only those that `make help` lists if `documented`."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return (_DOCUMENTED_TARGET if documented else _TARGET).findall(text)
