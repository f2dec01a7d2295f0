"""Reading a policy file strictly: every value typed, every key known, every fault with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from service.decide.toml_lines import TomlPath, locate_lines
from service.errors import PolicyError
from service.model import Contact


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in the policy folder something was written."""

    file: str
    line: int

    def fault(self, message: str) -> PolicyError:
        return PolicyError(f"{self.file}:{self.line}: {message}")


class TomlTable:
    """One table of a policy file. Reading marks a key as known; `close` refuses those never read.

    Every reader raises PolicyError for what is missing or of another kind.
    """

    def __init__(self, values: dict[str, Any], file: str, lines: dict[TomlPath, int], path: TomlPath) -> None:
        self._values = values
        self._file = file
        self._lines = lines
        self._path = path
        self._read: set[str] = set()

    # ------------------------------------------------------------ where

    def origin(self, key: str | None = None) -> Origin:
        """The place of `key`, or of the nearest table around it that has a line of its own."""
        path = self._path if key is None else (*self._path, key)
        while path not in self._lines:
            path = path[:-1]
        return Origin(self._file, self._lines[path])

    def fault(self, message: str, key: str | None = None) -> PolicyError:
        return self.origin(key).fault(message)

    # ------------------------------------------------------------ values

    def has(self, key: str) -> bool:
        return key in self._values

    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def text(self, key: str, default: str | None = None, *, allowed: Sequence[str] = ()) -> str:
        value = self._typed(key, str, "text in quotes", default)
        if not value.strip() and default is None:
            raise self.fault(f"'{key}' is empty; write what it should say.", key)
        if allowed and value not in allowed:
            raise self.fault(f"'{key}' is '{value}'; it must be one of {', '.join(allowed)}.", key)
        return str(value)

    def texts(
        self, key: str, default: Sequence[str] | None = None, *, allowed: Sequence[str] = ()
    ) -> tuple[str, ...]:
        values = self._typed(
            key, list, 'a list such as ["a", "b"]', None if default is None else list(default)
        )
        for value in values:
            if not isinstance(value, str) or not value.strip():
                raise self.fault(f"'{key}' must hold texts in quotes only, not {value!r}.", key)
            if allowed and value not in allowed:
                raise self.fault(f"'{key}' names '{value}'; known are {', '.join(allowed)}.", key)
        self._once(key, values)
        return tuple(values)

    def contact(self, key: str, *, allowed: Sequence[Contact]) -> Contact:
        """One way of contact; an old word for it is understood."""
        return self._way(key, self.text(key), allowed)

    def contacts(self, key: str) -> tuple[Contact, ...]:
        """Ways of contact in their order, each once."""
        ways = [self._way(key, word, tuple(Contact)) for word in self.texts(key)]
        self._once(key, ways)
        return tuple(ways)

    def number(self, key: str, default: float | None = None, *, low: float, high: float) -> float:
        value = self._typed(key, (int, float), "a number", default)
        if not low <= value <= high:
            raise self.fault(f"'{key}' is {value}; it must lie from {low:g} to {high:g}.", key)
        return float(value)

    def numbers(self, key: str) -> tuple[float, ...]:
        values = self._typed(key, list, "a list of numbers such as [0, 30]", None)
        for value in values:
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise self.fault(f"'{key}' must hold numbers only, not {value!r}.", key)
        return tuple(float(value) for value in values)

    def integer(self, key: str, default: int | None = None, *, low: int, high: int) -> int:
        value = self._typed(key, int, "a whole number", default)
        if not low <= value <= high:
            raise self.fault(f"'{key}' is {value}; it must lie from {low} to {high}.", key)
        return int(value)

    def boolean(self, key: str, default: bool | None = None) -> bool:
        return bool(self._typed(key, bool, "true or false", default))

    def day(self, key: str) -> date:
        value = self._typed(key, date, "a date such as 2027-06-30 (without quotes)", None)
        if type(value) is not date:
            raise self.fault(f"'{key}' is {value}; write a date without a time, such as 2027-06-30.", key)
        return value

    def table(self, key: str) -> TomlTable:
        value = self._typed(key, dict, f"a table: [{key}]", None)
        return TomlTable(value, self._file, self._lines, (*self._path, key))

    def tables(self, key: str, *, required: bool = True) -> Iterator[TomlTable]:
        if not required and key not in self._values:
            return
        rows = self._typed(key, list, f"one or more tables: [[{key}]]", None)
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                raise self.fault(f"'{key}' must be tables: [[{key}]].", key)
            yield TomlTable(row, self._file, self._lines, (*self._path, key, number))

    def close(self) -> None:
        """Raises PolicyError for the first key that nothing has read: a typing mistake, most often."""
        for key in self._values:
            if key not in self._read:
                known = ", ".join(sorted(self._read))
                raise self.fault(f"unknown key '{key}'; known here are {known}.", key)

    def _way(self, key: str, word: str, allowed: Sequence[Contact]) -> Contact:
        try:
            way = Contact(word)
        except ValueError:
            way = None
        if way is None or way not in allowed:
            raise self.fault(f"'{key}' is '{word}'; a way of contact is one of {', '.join(allowed)}.", key)
        return way

    def _once(self, key: str, values: Sequence[str]) -> None:
        if len(set(values)) != len(values):
            raise self.fault(f"'{key}' names the same thing twice.", key)

    def _typed(self, key: str, kind: type | tuple[type, ...], wanted: str, default: Any) -> Any:
        self._read.add(key)
        if key not in self._values:
            if default is None:
                raise self.fault(f"'{key}' is missing; it must be {wanted}.")
            return default
        value = self._values[key]
        # bool is a kind of int in Python, but never in a policy.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.fault(f"'{key}' is {value!r}; it must be {wanted}.", key)
        return value


def load_toml(folder: Path, name: str) -> TomlTable:
    """Reads `folder/name`. Raises PolicyError `name:line: …` when it is missing or not TOML."""
    try:
        text = (folder / name).read_bytes().decode("utf-8").replace("\r\n", "\n")
        values = tomllib.loads(text)
    except FileNotFoundError:
        raise PolicyError(f"{name}:1: the file is missing from {folder}; restore it.") from None
    except UnicodeDecodeError as error:
        raise PolicyError(f"{name}:1: the file is not UTF-8 ({error.reason}); save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        number = int(line.group(1)) if line else text.count("\n") + 1
        raise PolicyError(f"{name}:{number}: not valid TOML: {error}.") from None
    return TomlTable(values, name, locate_lines(text), ())
