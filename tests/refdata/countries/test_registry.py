"""A country is a folder: the same files in each, found without a list, and named nowhere else in code."""

from __future__ import annotations

import ast
import shutil
import sys
from pathlib import Path

import pytest

from service.address.index import AddressIndex
from service.address.rules import known_countries as written_countries
from service.refdata import countries
from service.refdata.build import build_release
from service.refdata.countries import registry
from service.refdata.countries.registry import buildable_countries
from service.tables import Release
from tests.refdata.conftest import REAL_REFERENCE

SERVICE = Path(registry.__file__).resolve().parents[2]
FOLDERS = {code: Path(registry.__file__).parent / code.lower() for code in buildable_countries()}
FILES = {"areas.py", "margins.py", "joint.py", "addresses.py", "build.py", "seed.toml"}
# The setting ENRICH_COUNTRY has to have some default; it is the one place that names a country.
DEFAULT = SERVICE / "config.py"


def test_countries_are_the_folders_beside_the_registry() -> None:
    found = {p.name.upper() for p in Path(registry.__file__).parent.iterdir() if (p / "build.py").is_file()}
    assert set(buildable_countries()) == found >= {"DK", "FI"}


@pytest.mark.parametrize("country", FOLDERS)
def test_every_country_has_the_same_files(country: str) -> None:
    assert {p.name for p in FOLDERS[country].iterdir()} >= FILES


@pytest.mark.parametrize("country", FOLDERS)
def test_levels_go_from_the_finest_to_the_country(country: str) -> None:
    levels = buildable_countries()[country].levels
    assert levels[-1] == "country"
    assert "municipality" in levels
    assert len(set(levels)) == len(levels)


def test_no_code_names_a_country_outside_its_folder() -> None:
    codes = set(written_countries()) | set(buildable_countries())
    named = []
    for path in sorted(SERVICE.rglob("*.py")):
        if path == DEFAULT or any(folder in path.parents for folder in FOLDERS.values()):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in codes:
                named.append(f"{path.relative_to(SERVICE)}:{node.lineno}: {node.value!r}")
    assert named == []


@pytest.mark.raw
def test_a_folder_is_all_that_a_new_country_needs(
    open_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Finnish folder under another name and code: found, built, and served from the same tables."""
    copy = tmp_path / "countries" / "no"
    shutil.copytree(FOLDERS["FI"], copy)
    for path in copy.glob("*.py"):
        renamed = path.read_text("utf-8").replace("countries.fi", "countries.no").replace('"FI"', '"NO"')
        path.write_text(renamed, "utf-8")
    reference = tmp_path / "reference_data"
    for name in ("sources", "variables"):
        shutil.copytree(REAL_REFERENCE / name, reference / name)
    (reference / "variables" / "FI.toml").rename(reference / "variables" / "NO.toml")
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "fi").symlink_to(open_data / "fi")
    known = set(sys.modules)
    monkeypatch.setattr(countries, "__path__", [str(tmp_path / "countries")])
    buildable_countries.cache_clear()
    try:
        build_release(raw, reference, "2026-11-21.1")
    finally:
        buildable_countries.cache_clear()
        for module in set(sys.modules) - known:
            if module.startswith(f"{countries.__name__}.no"):
                del sys.modules[module]
    release = Release.open(reference, "2026-11-21.1")
    assert release.countries == ("NO",)
    assert release.levels("NO") == ("postcode", "municipality", "country")
    assert release.table("NO", "profiles_country").column("persons").to_pylist() == [5_432_778]
    assert AddressIndex.open(release.path("NO", "addresses")).country == "NO"
