"""Where each key of a TOML file stands, so that a fault can name its line.

The standard reader (`tomllib`) gives values without positions. This one looks only for positions: it
walks the lines, keeps track of table headers, and skips over strings and brackets that span lines.
Keys inside an inline table or array are reported at the line where the outer key starts.
"""

from __future__ import annotations

TomlPath = tuple[str | int, ...]

_CLOSERS = {"[": "]", "{": "}"}


def locate_lines(text: str) -> dict[TomlPath, int]:
    """Maps the path of every table, array element of tables and key to its 1-based line.

    `text` must already have been accepted by `tomllib`. A path is the keys from the root, with the
    position (from 0) after the name of an array of tables: `("treatment", 2, "valid_until")`.
    """
    found: dict[TomlPath, int] = {(): 1}
    elements: dict[TomlPath, int] = {}
    table: TomlPath = ()
    line_number = 1
    position = 0
    while position < len(text):
        end_of_line = text.find("\n", position)
        end_of_line = len(text) if end_of_line < 0 else end_of_line
        line = text[position:end_of_line].strip()
        if not line or line.startswith("#"):
            position, line_number = end_of_line + 1, line_number + 1
            continue
        if line.startswith("["):
            is_array = line.startswith("[[")
            keys, _ = _read_keys(line, 2 if is_array else 1)
            table = _resolve(keys, elements, is_array)
            found.setdefault(table, line_number)
            position, line_number = end_of_line + 1, line_number + 1
            continue
        keys, after = _read_keys(text, position)
        for depth in range(1, len(keys) + 1):
            found.setdefault((*table, *keys[:depth]), line_number)
        end = _skip_value(text, after)
        line_number += text.count("\n", position, end)
        position = end
        if position < len(text):
            position, line_number = position + 1, line_number + 1
    return found


def _resolve(keys: tuple[str, ...], elements: dict[TomlPath, int], is_array: bool) -> TomlPath:
    """The path that a table header means: `[a.b]` below `[[a]]` is the table b of the last a."""
    path: TomlPath = ()
    for depth, key in enumerate(keys, start=1):
        path = (*path, key)
        if depth == len(keys) and is_array:
            elements[path] = elements.get(path, -1) + 1
        if path in elements:
            path = (*path, elements[path])
    return path


def _read_keys(text: str, position: int) -> tuple[tuple[str, ...], int]:
    """The dotted key that starts at `position`, and the position after its closing `=` or `]`."""
    keys: list[str] = []
    current = ""
    while True:
        letter = text[position]
        if letter in "\"'":
            end = _skip_string(text, position)
            current += text[position + 1 : end - 1]
            position = end
            continue
        if letter in ".=]":
            keys.append(current)
            current = ""
            if letter != ".":
                return tuple(keys), position + 1
        elif not letter.isspace():
            current += letter
        position += 1


def _skip_value(text: str, position: int) -> int:
    """The position of the line end (or text end) after the value that starts at `position`."""
    waiting: list[str] = []
    while position < len(text):
        letter = text[position]
        if letter in "\"'":
            position = _skip_string(text, position)
            continue
        if letter == "#":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
            continue
        if letter in _CLOSERS:
            waiting.append(_CLOSERS[letter])
        elif waiting and letter == waiting[-1]:
            waiting.pop()
        elif letter == "\n" and not waiting:
            return position
        position += 1
    return position


def _skip_string(text: str, position: int) -> int:
    """The position after the string that starts at `position`: one of the four kinds of TOML."""
    quote = text[position]
    long = text.startswith(quote * 3, position)
    closer = quote * 3 if long else quote
    position += len(closer)
    while position < len(text) and not text.startswith(closer, position):
        position += 2 if text[position] == "\\" and quote == '"' else 1
    position += len(closer)
    while long and text.startswith(quote, position):  # up to two quotes may stand before the closer
        position += 1
    return position
