"""CONTRIBUTING.md: the eight changes, each in a few lines, and every place that it names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.papers.truth import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_PLACE = re.compile(r"`((?:service|tests|reference_data|docs)/[\w./-]+|openapi\.yaml)`")
_SYMBOLS = re.compile(r"((?:`\w+`(?:, and |, | and )?)+)\s+in\s+`(service/[\w/]+\.py)`")
MOST_LINES = 10
CHANGES = {
    title: text.strip()
    for title, text in re.findall(
        r"^### (.+?)\n(.*?)(?=^##)", PAGE.partition("## Eight changes")[2], re.MULTILINE | re.DOTALL
    )
}
TITLES = (
    "A variable from a StatBank table",
    "A country",
    "A slot",
    "A declared fact",
    "An outcome kind",
    "An analyst route",
    "A segment definition",
    "A program",
)


def test_the_page_has_the_eight_changes() -> None:
    assert tuple(CHANGES) == TITLES


@pytest.mark.parametrize("title", TITLES)
def test_a_change_is_told_in_a_few_lines(title: str) -> None:
    assert len(CHANGES[title].splitlines()) <= MOST_LINES


@pytest.mark.parametrize("title", TITLES)
def test_every_place_of_a_change_exists(title: str) -> None:
    places = _PLACE.findall(CHANGES[title])
    assert places, "a change says where"
    assert [place for place in places if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("title", TITLES)
def test_every_name_that_a_change_says_is_in_a_file_is_in_it(title: str) -> None:
    missing = [
        f"{name} in {path}"
        for names, path in _SYMBOLS.findall(CHANGES[title])
        for name in re.findall(r"`(\w+)`", names)
        if name not in defined_in(ROOT / path)
    ]
    assert missing == []


def defined_in(path: Path) -> set[str]:
    """Functions, classes and constants of a module."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_a_name_that_is_in_no_file_would_be_noticed() -> None:
    text = "Words in `OUTCOME_KINDS` and `EVENT_KIND` in\n   `service/store/outcomes.py`."
    [(names, path)] = _SYMBOLS.findall(text)
    assert set(re.findall(r"`(\w+)`", names)) - defined_in(ROOT / path) == {"EVENT_KIND"}


def test_every_country_has_the_files_that_the_page_names() -> None:
    names = set(re.findall(r"`(\w+\.py)`", CHANGES["A country"]))
    countries = ROOT / "service" / "refdata" / "countries"
    folders = [folder for folder in countries.iterdir() if (folder / "__init__.py").exists()]
    assert len(names) >= 5
    assert len(folders) >= 2
    assert not [folder / name for folder in folders for name in names if not (folder / name).exists()]


def test_what_is_said_not_to_be_there_yet_is_not_there() -> None:
    """When programs come, the page has to say where they are."""
    assert "Not there yet" in CHANGES["A program"]
    assert not (ROOT / "service" / "flows" / "programs.py").exists()
    assert not (ROOT / "reference_data" / "policy" / "programs").exists()
