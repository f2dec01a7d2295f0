"""One table of a policy file, read strictly: what is let through, and the sentence for what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from service.decide.toml_table import TomlTable, load_toml
from service.errors import PolicyError
from service.model import Contact

TEXT = """\
word = "yes"
empty = " "
list = ["a", "b"]
twice = ["a", "a"]
mixed = ["a", 3]
blank = ["a", " "]
whole = 3
broken = 2.5
on = true
day = 2027-06-30
moment = 2027-06-30T10:00:00
pair = [0, 30.5]
pairs = [0, true]
way = "sms"
ways = ["web", "e_mail"]
same = ["post", "letter"]
[part]
inner = 1
[[row]]
n = 1
[[row]]
n = 2
"""


@pytest.fixture
def table(tmp_path: Path) -> TomlTable:
    (tmp_path / "x.toml").write_text(TEXT, encoding="utf-8")
    return load_toml(tmp_path, "x.toml")


READ: list[tuple[Callable[[TomlTable], object], object]] = [
    (lambda t: t.text("word"), "yes"),
    (lambda t: t.text("word", allowed=("no", "yes")), "yes"),
    (lambda t: t.text("missing", "default"), "default"),
    (lambda t: t.text("missing", ""), ""),
    (lambda t: t.texts("list"), ("a", "b")),
    (lambda t: t.texts("list", allowed=("b", "a", "c")), ("a", "b")),
    (lambda t: t.texts("missing", ()), ()),
    (lambda t: t.number("whole", low=3, high=3), 3.0),
    (lambda t: t.number("broken", low=2.5, high=9), 2.5),
    (lambda t: t.number("missing", 7.0, low=0, high=9), 7.0),
    (lambda t: t.integer("whole", low=3, high=3), 3),
    (lambda t: t.integer("missing", 0, low=0, high=9), 0),
    (lambda t: t.numbers("pair"), (0.0, 30.5)),
    (lambda t: t.boolean("on"), True),
    (lambda t: t.boolean("missing", False), False),
    (lambda t: t.day("day"), date(2027, 6, 30)),
    (lambda t: t.contact("way", allowed=(Contact.SMS,)), Contact.SMS),
    (lambda t: t.contacts("ways"), (Contact.WEB, Contact.EMAIL)),
    (lambda t: t.table("part").integer("inner", low=0, high=1), 1),
    (lambda t: [row.integer("n", low=0, high=9) for row in t.tables("row")], [1, 2]),
    (lambda t: list(t.tables("missing", required=False)), []),
    (lambda t: (t.has("word"), t.has("missing")), (True, False)),
    (lambda t: t.table("part").names(), ("inner",)),
]


@pytest.mark.parametrize(("read", "value"), READ)
def test_what_is_right_is_read(table: TomlTable, read: Callable[[TomlTable], object], value: object) -> None:
    found = read(table)
    assert found == value
    assert type(found) is type(value)


REFUSED: list[tuple[Callable[[TomlTable], object], int, str]] = [
    (lambda t: t.text("missing"), 1, "'missing' is missing; it must be text in quotes"),
    (lambda t: t.text("empty"), 2, "'empty' is empty"),
    (lambda t: t.text("whole"), 7, "'whole' is 3; it must be text in quotes"),
    (lambda t: t.text("word", allowed=("no", "maybe")), 1, "'word' is 'yes'; it must be one of no, maybe"),
    (lambda t: t.texts("word"), 1, "it must be a list such as"),
    (lambda t: t.texts("twice"), 4, "names the same thing twice"),
    (lambda t: t.texts("mixed"), 5, "texts in quotes only, not 3"),
    (lambda t: t.texts("blank"), 6, "texts in quotes only, not ' '"),
    (lambda t: t.texts("list", allowed=("a",)), 3, "'list' names 'b'; known are a"),
    (lambda t: t.number("whole", low=3.5, high=9), 7, "must lie from 3.5 to 9"),
    (lambda t: t.number("whole", low=0, high=2.5), 7, "must lie from 0 to 2.5"),
    (lambda t: t.number("on", low=0, high=1), 9, "must be a number"),
    (lambda t: t.integer("broken", low=0, high=9), 8, "must be a whole number"),
    (lambda t: t.integer("whole", low=4, high=9), 7, "must lie from 4 to 9"),
    (lambda t: t.integer("whole", low=0, high=2), 7, "must lie from 0 to 2"),
    (lambda t: t.integer("on", low=0, high=9), 9, "must be a whole number"),
    (lambda t: t.numbers("pairs"), 13, "must hold numbers only, not True"),
    (lambda t: t.numbers("list"), 3, "must hold numbers only, not 'a'"),
    (lambda t: t.boolean("whole"), 7, "must be true or false"),
    (lambda t: t.day("word"), 1, "a date such as 2027-06-30"),
    (lambda t: t.day("moment"), 11, "write a date without a time"),
    (lambda t: t.contact("word", allowed=tuple(Contact)), 1, "a way of contact is one of email, phone, sms"),
    (
        lambda t: t.contact("way", allowed=(Contact.EMAIL,)),
        14,
        "'way' is 'sms'; a way of contact is one of email",
    ),
    (lambda t: t.contacts("list"), 3, "'list' is 'a'; a way of contact"),
    (lambda t: t.contacts("same"), 16, "names the same thing twice"),
    (lambda t: t.table("word"), 1, "must be a table: [word]"),
    (lambda t: list(t.tables("part")), 17, "one or more tables: [[part]]"),
    (lambda t: list(t.tables("list")), 3, "'list' must be tables: [[list]]"),
    (lambda t: list(t.tables("missing")), 1, "'missing' is missing"),
]


@pytest.mark.parametrize(("read", "line", "says"), REFUSED)
def test_what_is_wrong_is_refused_with_its_line(
    table: TomlTable, read: Callable[[TomlTable], object], line: int, says: str
) -> None:
    with pytest.raises(PolicyError) as caught:
        read(table)
    assert str(caught.value).startswith(f"x.toml:{line}: ")
    assert says in str(caught.value)


def test_a_key_that_nothing_read_is_refused_when_the_table_is_closed(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("b = 1\na = 2\n\nc = 3\n", encoding="utf-8")
    table = load_toml(tmp_path, "x.toml")
    table.integer("b", low=0, high=9)
    table.integer("missing", 4, low=0, high=9)
    table.has("c")
    with pytest.raises(PolicyError, match=r"x\.toml:2: unknown key 'a'; known here are b, missing\."):
        table.close()
    table.integer("a", low=0, high=9)
    with pytest.raises(PolicyError, match=r"x\.toml:4: unknown key 'c'"):
        table.close()
    table.integer("c", low=0, high=9)
    table.close()


def test_what_has_no_line_of_its_own_goes_by_the_line_of_what_holds_it(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("\n\npart = { inner = 1 }\n", encoding="utf-8")
    table = load_toml(tmp_path, "x.toml")
    assert table.table("part").origin("inner").line == 3
    assert table.origin().line == 1
    assert str(table.origin("part").fault("no")) == "x.toml:3: no"
