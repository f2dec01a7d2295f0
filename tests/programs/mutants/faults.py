"""The small faults that a room's code can be given: mutmut's operators, less those that are no behaviour.

What is left out, and why:
- words (every string): names and texts are held by golden rows and by the tests that read the repository;
- what `mypy --strict` notices: None for a value or an argument, an argument dropped, a key renamed;
- what only a reader sees: annotations, decorators (`frozen`, `slots`, cache sizes), `__repr__`, `__all__`,
  everything inside `raise`, `assert`, a log call or the making of an error;
- what only the clock sees: how much a cache, chunk or buffer holds (`KEPT_…`, `CHUNK…`, `maxsize=`);
- flags that ask a library to check or copy, not to answer otherwise (`strict=`, `zero_copy_only=`, `copy=`);
- the looks of a drawing: arguments of matplotlib's axes and figures.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

LEFT_OUT = {
    mutators.operator_string,
    mutators.operator_lambda,
    mutators.operator_dict_arguments,
    mutators.operator_arg_removal,
    mutators.operator_assignment,
}
OPERATORS = [(kind, make) for kind, make in mutators.mutation_operators if make not in LEFT_OUT]

HOLDS = re.compile(r"^_?(KEPT|CHUNK|BATCH|BUFFER)")
LOGS = re.compile(r"^_?(log|logger|logging|warnings)$", re.IGNORECASE)
DRAWS = {"axes", "figure", "Figure", "ax", "fig"}
CHECKS = {"strict", "zero_copy_only", "copy", "maxsize"}
UNSEEN_FUNCTIONS = {"__repr__", "__str__"}
UNSEEN_NAMES = {"__all__", "__slots__"}


@dataclass(frozen=True)
class Fault:
    """One changed spot. `before` and `after` are the lines that differ, stripped; `lines` are those of the
    spot's statement, from 1; `source` is the whole changed file.
    """

    path: str  # from the root of the repository
    lines: tuple[int, int]
    where: str  # class and function
    before: str
    after: str
    source: str

    @property
    def line(self) -> int:
        return self.lines[1]

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.path, self.where, self.before, self.after

    def __str__(self) -> str:
        place = f" (in {self.where})" if self.where else ""
        return f"{self.path}:{self.line}{place}\n      {self.before}\n   -> {self.after}"


@dataclass(frozen=True)
class _Spot:
    node: cst.CSTNode
    changed: cst.CSTNode
    where: str
    statement: int  # its first line


class Source:
    """One file of the code, and the faults that it can be given."""

    def __init__(self, root: Path, path: Path) -> None:
        self.path = path.relative_to(root).as_posix()
        wrapper = MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")))
        self._module = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)

    def ranked(self, seed: int) -> list[tuple[str, _Spot]]:
        """One fault per spot with its rank under this seed: a hash, so that an edit elsewhere moves none."""
        seen: Counter[tuple[str, ...]] = Counter()
        ranked = []
        for spots in self._spots(self._module, "", 1):
            ranks = []
            for spot in spots:
                text = (spot.where, self._code(spot.node), self._code(spot.changed))
                seen[text] += 1
                words = "|".join((str(seed), self.path, *text, str(seen[text])))
                ranks.append((hashlib.sha256(words.encode()).hexdigest(), spot))
            ranked.append(min(ranks, key=lambda pair: pair[0]))
        return ranked

    def every(self) -> Iterator[Fault]:
        """Every fault of the file."""
        for spots in self._spots(self._module, "", 1):
            for spot in spots:
                yield self.fault(spot)

    def fault(self, spot: _Spot) -> Fault:
        """The changed file and the lines that differ."""
        old = self._module.code
        new = self._module.deep_replace(spot.node, spot.changed).code
        position = self._position(spot.node)
        olds, news = old.splitlines(), new.splitlines()
        first = next((n for n, (a, b) in enumerate(zip(olds, news, strict=False)) if a != b), 0)
        before, after = olds[first].strip(), news[first].strip()
        lines = (min(spot.statement, position.start.line), first + 1)
        return Fault(self.path, lines, spot.where, before, after, new)

    def _code(self, node: cst.CSTNode) -> str:
        return self._module.code_for_node(node)

    def _position(self, node: cst.CSTNode) -> CodeRange:
        return self._positions[node]

    def _spots(self, node: cst.CSTNode, where: str, statement: int) -> Iterator[list[_Spot]]:
        if _is_unseen(node):
            return
        if isinstance(node, cst.BaseStatement | cst.SimpleStatementLine):
            statement = self._position(node).start.line
        for kind, make in OPERATORS:
            if isinstance(node, kind):
                spots = [_Spot(node, changed, where, statement) for changed in make(node)]
                if spots:
                    yield spots
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            where = f"{where}.{node.name.value}" if where else node.name.value
        for child in node.children:
            yield from self._spots(child, where, statement)


def _is_unseen(node: cst.CSTNode) -> bool:
    """Whether a fault in here would be no behaviour; the rules of the head of this file."""
    match node:
        case (
            cst.Annotation() | cst.Decorator() | cst.Raise() | cst.Assert() | cst.Import() | cst.ImportFrom()
        ):
            return True
        case cst.FunctionDef(name=cst.Name(value=name)):
            return name in UNSEEN_FUNCTIONS
        case cst.If(test=cst.Name(value="TYPE_CHECKING")):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name in UNSEEN_NAMES or bool(HOLDS.match(name))
        case cst.AnnAssign(target=cst.Name(value=name)):
            return bool(HOLDS.match(name))
        case cst.Comparison(comparisons=[cst.ComparisonTarget(comparator=cst.Name(value=name))]):
            return bool(HOLDS.match(name))
        case cst.Arg(keyword=cst.Name(value=name)):
            return name in CHECKS
        case cst.Call(func=cst.Name(value=name)):
            return name.endswith(("Error", "Exception", "Warning")) or name in DRAWS
        case cst.Call(func=cst.Attribute(value=cst.Name(value=owner))):
            return bool(LOGS.match(owner)) or owner in DRAWS
    return False


def room_files(root: Path, room: str) -> list[Path]:
    """The files of a room, or the one file that is named ("segment/thin.py")."""
    named = root / "service" / room
    return [named] if named.is_file() else sorted(named.rglob("*.py"))


def sample(root: Path, room: str, seed: int, size: int) -> list[Fault]:
    """`size` faults of a room, or all that it has; the same for the same seed and code. In file order."""
    ranked = [
        (rank, source, spot)
        for source in (Source(root, path) for path in room_files(root, room))
        for rank, spot in source.ranked(seed)
    ]
    chosen = sorted(ranked, key=lambda entry: entry[0])[:size]
    return sorted((source.fault(spot) for _, source, spot in chosen), key=lambda f: (f.path, f.line, f.after))
