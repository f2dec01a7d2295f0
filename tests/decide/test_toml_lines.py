"""The line of every key, held against the standard reader on generated and hand-made documents."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decide.toml_lines import locate_lines
from service.decide.toml_table import load_toml
from service.errors import PolicyError

POLICY = Path(__file__).resolve().parents[2] / "reference_data" / "policy"

TRICKY = '''# a comment with [brackets] and "quotes
title = "a # no comment"
dotted.key = 1
"quoted.key" = 2
'single' = 3
long = """
[not.a.table]
key = "inside"
"""
literal = \'\'\'one ' two '' three\'\'\'
list = [
  "a", # comment ]
  "b]",
]
inline = { x = 1, y = [1, 2] }

[table]
key = "v" # end
  [table.sub]
  deep = true
[[row]]
id = "first"
  [row.da]
  title = "x"
[[row]]
id = "second"
  [[row.part]]
  n = 1
  [[row.part]]
  n = 2
[last]
quote = "he said \\"] = [\\""
end = 1'''

EXPECTED = {
    ("title",): 2,
    ("dotted", "key"): 3,
    ("quoted.key",): 4,
    ("single",): 5,
    ("long",): 6,
    ("literal",): 10,
    ("list",): 11,
    ("inline",): 15,
    ("table",): 17,
    ("table", "key"): 18,
    ("table", "sub"): 19,
    ("table", "sub", "deep"): 20,
    ("row", 0): 21,
    ("row", 0, "id"): 22,
    ("row", 0, "da", "title"): 24,
    ("row", 1): 25,
    ("row", 1, "part", 0, "n"): 28,
    ("row", 1, "part", 1): 29,
    ("row", 1, "part", 1, "n"): 30,
    ("last", "quote"): 32,
    ("last", "end"): 33,
}


def test_lines_of_a_tricky_document() -> None:
    tomllib.loads(TRICKY)
    found = locate_lines(TRICKY)
    assert {path: found.get(path) for path in EXPECTED} == EXPECTED
    assert ("not", "a", "table") not in found
    assert ("key",) not in found


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every table, array of tables and key that has a line of its own in the policy's style."""
    found = []
    for key, inner in value.items():
        here = (*path, key)
        if isinstance(inner, dict):
            found += _paths(inner, here)
        elif isinstance(inner, list) and inner and all(isinstance(row, dict) for row in inner):
            for number, row in enumerate(inner):
                found += [(*here, number), *_paths(row, (*here, number))]
        else:
            found.append(here)
    return found


@pytest.mark.parametrize("path", sorted(POLICY.rglob("*.toml")), ids=lambda p: p.name)
def test_every_key_of_the_shipped_files_stands_on_its_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found = locate_lines(text)
    for key in _paths(tomllib.loads(text)):
        if key not in found:  # inside an inline table: reported where that begins
            assert any(key[:depth] in found for depth in range(1, len(key)))
            continue
        line = lines[found[key] - 1]
        assert str(key[-1]) in line or "[[" in line, (key, line)


_keys = st.text("abc", min_size=1, max_size=3)
_texts = st.text(st.characters(codec="utf-8", exclude_characters="'\r", exclude_categories=("Cc", "Cs")))


@given(st.dictionaries(_keys, _texts, min_size=1), st.integers(0, 3))
def test_generated_keys_are_found_where_they_were_written(values: dict[str, str], gap: int) -> None:
    lines: list[str] = []
    expected = {}
    for key, value in values.items():
        lines += ["# [comment"] * gap
        lines.append(f"{key} = '{value}'")
        expected[(key,)] = len(lines)
    text = "\n".join(lines)
    tomllib.loads(text)
    found = locate_lines(text)
    assert {path: found[path] for path in expected} == expected


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a = 1\nb = \n", "x.toml:2: not valid TOML"),
        (b"a = 1\na = 2\n", "x.toml:2: not valid TOML"),
        (b'a = "\xff"', "x.toml:1: the file is not UTF-8"),
        (b'a = """never closed', "x.toml:1: not valid TOML"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(PolicyError) as caught:
        load_toml(tmp_path, "x.toml")
    assert str(caught.value).startswith(says)


def test_windows_line_ends_and_a_missing_end_count_alike(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"a = 1\r\n\r\nb = 2")
    table = load_toml(tmp_path, "x.toml")
    assert table.origin("b").line == 3
