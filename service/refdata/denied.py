"""The deny-list: sensitive columns are refused by name when a file is read, and again when one is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from service.errors import SourceError
from service.refdata.catalogue import DEFAULT_SOURCES


@dataclass(frozen=True, slots=True)
class DenyList:
    """`words`: (word, topic) pairs; `folds`: file -> (attribute summed away, table it may become)."""

    words: tuple[tuple[str, str], ...]
    folds: dict[str, tuple[str, str]]

    def match(self, name: str) -> tuple[str, str] | None:
        """The first (word, topic) that a file or column name contains."""
        folded = name.casefold()
        return next((pair for pair in self.words if pair[0] in folded), None)

    def refuse(self, file: str, columns: Iterable[str], folds: str = "", into: str = "") -> None:
        """Raises SourceError if the file's or a column's name is denied.

        The one way past it is a fold that `denied.toml` lists: the same file, attribute and table.
        """
        if folds and self.folds.get(file) == (folds, into):
            return
        for what, name in [("its name", file), *((f"column {c!r}", c) for c in columns)]:
            hit = self.match(name)
            if hit:
                raise SourceError(
                    f"{file}: {what} is denied ({hit[1]}, word {hit[0]!r}); sensitive figures are never "
                    "loaded. Take it out of the source's tables."
                )


@cache
def load_denied(folder: Path = DEFAULT_SOURCES) -> DenyList:
    """Reads `denied.toml`. Raises SourceError when it is missing or empty: no list, no load."""
    path = folder / "denied.toml"
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
        words = tuple((w.casefold(), entry["topic"]) for entry in body["denied"] for w in entry["words"])
        folds = {entry["file"]: (entry["over"], entry["to"]) for entry in body.get("folds", ())}
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise SourceError(f"{path.name}: the deny-list cannot be read ({error!r}); restore it.") from error
    if not words:
        raise SourceError(f"{path.name}: the deny-list is empty; restore it.")
    return DenyList(words, folds)
