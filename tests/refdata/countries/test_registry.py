"""A country is a folder: the same files in each, found without a list, and named nowhere else in code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from service.address.rules import known_countries as written_countries
from service.refdata.countries import registry
from service.refdata.countries.registry import known_countries

SERVICE = Path(registry.__file__).resolve().parents[2]
FOLDERS = {code: Path(registry.__file__).parent / code.lower() for code in known_countries()}
FILES = {"areas.py", "margins.py", "joint.py", "addresses.py", "build.py", "seed.toml"}
# The setting ENRICH_COUNTRY has to have some default; it is the one place that names a country.
DEFAULT = SERVICE / "config.py"


def test_countries_are_the_folders_beside_the_registry() -> None:
    found = {p.name.upper() for p in Path(registry.__file__).parent.iterdir() if (p / "build.py").is_file()}
    assert set(known_countries()) == found >= {"DK", "FI"}


@pytest.mark.parametrize("country", FOLDERS)
def test_every_country_has_the_same_files(country: str) -> None:
    assert {p.name for p in FOLDERS[country].iterdir()} >= FILES


@pytest.mark.parametrize("country", FOLDERS)
def test_levels_go_from_the_finest_to_the_country(country: str) -> None:
    levels = known_countries()[country].levels
    assert levels[-1] == "country"
    assert "municipality" in levels
    assert len(set(levels)) == len(levels)


def test_no_code_names_a_country_outside_its_folder() -> None:
    codes = set(written_countries()) | set(known_countries())
    named = []
    for path in sorted(SERVICE.rglob("*.py")):
        if path == DEFAULT or any(folder in path.parents for folder in FOLDERS.values()):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in codes:
                named.append(f"{path.relative_to(SERVICE)}:{node.lineno}: {node.value!r}")
    assert named == []
