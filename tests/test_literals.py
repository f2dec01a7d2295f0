"""Slot codes, country codes and ways of contact are data: in Python they stand in their own file, or nowhere.

A marketer may rename a slot, a country is a folder, and a way of contact is a member of one enum. What a
literal would pin is found through the policy's slots (`decide/slots`), a release's tables and `Contact`.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.model import Contact

ROOT = Path(__file__).resolve().parent.parent
SERVICE = ROOT / "service"
POLICY = ROOT / "reference_data" / "policy"


def _codes(name: str, table: str, key: str) -> frozenset[str]:
    rows = tomllib.loads((POLICY / name).read_text(encoding="utf-8"))[table]
    return frozenset(row[key] for row in rows)


SLOTS = _codes("slots.toml", "slot", "code")
COUNTRIES = _codes("company.toml", "market", "country")
WAYS = frozenset(Contact) | {"post", "e_mail"}
WORDS = SLOTS | COUNTRIES | WAYS

# where a word is at home, or means something else: file -> the words it may hold, and why
AT_HOME = {
    "model/lead.py": (WAYS, "the enum's own file; `Channel` says from where a lead came"),
    "decide/slots/agent.py": ({"agent"}, "the name of the kind"),
    "decide/slots/email.py": ({"email"}, "the name of the kind"),
    "decide/agents.py": ({"agent"}, "the table [[agent]] of agents.toml"),
    "config.py": (COUNTRIES, "the default of the setting ENRICH_COUNTRY"),
    "web/schemas/enrich.py": (WAYS, "the example of a request"),
    "web/body.py": ({"email", "phone"}, "names of fields that are refused, for they tell who somebody is"),
    "web/routes/outcomes.py": ({"offer"}, "the example of a request"),
    "web/routes/leads.py": ({"agent"}, "a field of the answer"),
    "web/routes/pauses.py": ({"offer"}, "the example of a request"),
    "cli/lead.py": ({"email", "phone"}, "the options that give a consent"),
    "store/outcomes.py": ({"web", "email"}, "kinds of events, as they are stored"),
    "client/generate.py": ({"post"}, "the method of HTTP"),
    "refdata/addresses/columns.py": ({"post"}, "a column of postcodes"),
}  # fmt: skip
# generated from openapi.yaml
GENERATED = {"client/operations.py", "client/shapes.py"}


def _files() -> list[Path]:
    return sorted(
        p
        for p in (*SERVICE.rglob("*.py"), *SERVICE.rglob("*.html"), *SERVICE.rglob("*.js"))
        if "__pycache__" not in p.parts and p.relative_to(SERVICE).as_posix() not in GENERATED
    )


def _literals(path: Path) -> Iterator[tuple[int, str]]:
    """(line, word) of every literal that is one of the words. Of a page's own words only slot codes count:
    `post` and `web` are words of HTML."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        for number, line in enumerate(text.splitlines(), start=1):
            for word in re.findall(r"""["'](\w+)["']""", line):
                if word in SLOTS:
                    yield number, word
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in WORDS:
            yield node.lineno, node.value


def _allowed(name: str) -> set[str]:
    parts = name.split("/")
    if parts[:2] == ["refdata", "countries"] and len(parts) > 3:
        return {parts[2].upper()}
    return set(AT_HOME[name][0]) if name in AT_HOME else set()


@pytest.mark.parametrize("path", _files(), ids=lambda p: p.relative_to(SERVICE).as_posix())
def test_no_slot_country_or_way_of_contact_is_a_literal_outside_its_own_file(path: Path) -> None:
    name = path.relative_to(SERVICE).as_posix()
    allowed = _allowed(name)
    found = [f"{name}:{line}: '{word}'" for line, word in _literals(path) if word not in allowed]
    assert not found, "\n".join(
        [*found, "find a slot by its kind (decide/slots), a way by Contact, a country in the release"]
    )


def test_no_exception_is_left_that_nothing_needs_any_more() -> None:
    for name, (words, _) in AT_HOME.items():
        assert words & _found(name), f"{name} holds none of its words any more: take it off the list"


def _found(name: str) -> set[str]:
    path = SERVICE / name
    return {word for _, word in _literals(path)} if path.exists() else set()
