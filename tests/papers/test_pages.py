"""The pages: short enough, linked rightly, with pictures that are there, and saying what is so."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from service.config import load_config
from service.decide.slots.kinds import KINDS
from service.model import Channel, Contact, MatchLevel, NextAction
from service.store.keys import SCOPES
from service.store.outbox import TYPES
from service.store.outcomes import EVENT_KINDS, OUTCOME_KINDS
from service.store.privacy import Retention
from service.web.app import create_app
from service.web.problems import TITLES
from service.wiring import build_services
from tests.papers.truth import ROOT
from tests.programs.pictures import listening
from tests.test_layers import ALLOWED, NOUNS, ROOMS

PAGES = sorted(
    p for p in ROOT.rglob("*.md") if not {".git", ".venv", "var", "releases"} & set(p.relative_to(ROOT).parts)
)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`((?:service|tests|reference_data|docs)/[\w./<>-]*)`")
README = (ROOT / "README.md").read_text(encoding="utf-8")
MOST_BYTES = 150_000


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Names of the headings of a page, as links write them."""
    titles = _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_link_leads_nowhere(page: Path) -> None:
    for target in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://")):
            continue
        place, _, anchor = unquote(target).partition("#")
        linked = (page.parent / place).resolve() if place else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_place_named_in_a_page_is_there(page: Path) -> None:
    for place in _PATH.findall(page.read_text(encoding="utf-8")):
        pattern = re.sub(r"<\w+>", "*", place).rstrip("/")
        assert list(ROOT.glob(pattern)), place


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len(README.splitlines()) <= 100


def test_the_readme_leads_to_every_page_of_docs() -> None:
    linked = {(ROOT / target.partition("#")[0]).resolve() for target in _LINK.findall(README)}
    assert {*(ROOT / "docs").glob("*.md"), ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"} <= linked


def test_pictures_are_there_small_and_shown() -> None:
    shown = {p.resolve() for page in PAGES for p in pictures_of(page)}
    there = set((ROOT / "docs" / "pictures").glob("*.png"))
    assert there == shown
    for picture in there:
        content = picture.read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        width, _ = struct.unpack(">II", content[16:24])
        assert width >= 390
        assert len(content) <= MOST_BYTES, f"{picture.name} has {len(content):,} bytes"


def pictures_of(page: Path) -> Iterator[Path]:
    text = page.read_text(encoding="utf-8")
    return (page.parent / target for target in _LINK.findall(text) if target.endswith(".png"))


# ---------------------------------------------------------------- the call and its answer


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the service answers to the call of the README; the salt leaves this lead out of the holdout."""
    folder = tmp_path_factory.mktemp("readme")
    environ = {"ENRICH_DATABASE_URL": f"sqlite:///{folder}/store.sqlite", "ENRICH_SALT": "handshake"}
    services = build_services(load_config(environ))
    body = re.search(r"-d '(\{.*?\})'", README)
    assert body is not None
    sent = create_app(services).test_client().post(
        "/enrich", json=json.loads(body[1]), headers={"Authorization": "Bearer sk_demo"}
    )  # fmt: skip
    services.store.close()
    assert sent.status_code == 200
    answered: dict[str, Any] = sent.get_json()
    return answered


def test_the_answer_in_the_readme_is_what_the_service_says(answer: dict[str, Any]) -> None:
    shown = re.search(r"^```json\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert differences(json.loads(shown[1]), answer) == []


def differences(shown: Any, said: Any, where: str = "answer") -> list[str]:
    """Where what is shown is not part of what was said. A list may be shortened at its end."""
    if isinstance(shown, dict) and isinstance(said, dict):
        return [
            fault
            for key, value in shown.items()
            for fault in differences(value, said.get(key, "(not there)"), f"{where}.{key}")
        ]
    if isinstance(shown, list) and isinstance(said, list) and len(shown) <= len(said):
        pairs = enumerate(zip(shown, said, strict=False))
        return [fault for i, (a, b) in pairs for fault in differences(a, b, f"{where}[{i}]")]
    return [] if shown == said else [f"{where}: the page says {shown!r}, the service {said!r}"]


def test_an_answer_that_is_not_so_would_be_noticed(answer: dict[str, Any]) -> None:
    assert differences({"segment": {"code": "Z9"}}, answer)
    assert differences({"decisions": {"nothing": {}}}, answer)
    assert differences({"segment": {"evidence": [{"fact": "stars"}]}}, answer)


# ---------------------------------------------------------------- architecture, licence, changelog


def test_the_architecture_says_who_may_import_whom_as_the_layer_test_does() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = page.partition("## Who may import whom")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z, ]+) \| ([a-z, ]+) \|$", table, re.MULTILINE)
    said = {room.strip(): words(may) for rooms, may in rows if rooms != "room" for room in rooms.split(",")}
    meant = {room: may for room, may in ALLOWED.items() if not room.startswith("__")}
    assert said == meant


def words(listed: str) -> set[str]:
    names = {name.strip() for name in listed.split(",")} - {"nothing of ours"}
    return {one for name in names for one in ({"the rooms": ROOMS, "the nouns": NOUNS}.get(name, {name}))}


def test_every_flow_and_every_room_is_in_the_architecture() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    flows = {path.name for path in (ROOT / "service" / "flows").glob("*.py")} - {"__init__.py"}
    assert not sorted(name for name in flows if f"`{name}`" not in page)
    rooms = {path.name for path in (ROOT / "service").iterdir() if (path / "__init__.py").exists()}
    assert not sorted(name for name in rooms - {"flows"} if f"`service/{name}/`" not in page)


def test_the_licence_is_the_one_that_the_package_names() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert licence.startswith("MIT License\n\nCopyright (c) 2026 The Doorstep authors\n")
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_every_version_in_the_changelog_has_its_day_newest_first() -> None:
    page = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d|unreleased)\)$", page, re.MULTILINE)
    assert len(versions) == len(re.findall(r"^## ", page, re.MULTILINE)) >= 1
    numbers = [tuple(int(part) for part in version.split(".")) for version, _ in versions]
    assert numbers == sorted(numbers, reverse=True)
    days = [date.fromisoformat(day) for _, day in versions if day != "unreleased"]
    assert days == sorted(days, reverse=True)
    assert [day for _, day in versions[1:] if day == "unreleased"] == []


# ---------------------------------------------------------------- lists that pages repeat


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("developer", {*SCOPES, *OUTCOME_KINDS, *EVENT_KINDS, *Channel, *MatchLevel, *NextAction}),
        ("developer", {str(status) for status in TITLES}),
        ("call-centre", set(TYPES)),
        ("marketer", {*KINDS, *Contact}),
        ("operator", {f"{days} day" for days in asdict(Retention()).values()}),
        (
            "operator",
            {"doorstep_request_seconds", "doorstep_decisions", "doorstep_matches", "doorstep_failures"},
        ),
    ],
    ids=str,
)
def test_a_list_that_a_page_repeats_is_whole(page: str, names: set[str]) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert names
    assert not sorted(name for name in names if not re.search(rf"(?<![\w.]){re.escape(name)}s?\b", text))


def test_every_key_of_a_treatment_is_on_the_marketers_page() -> None:
    page = (ROOT / "docs" / "marketer.md").read_text(encoding="utf-8")
    read = (ROOT / "service" / "decide" / "treatment_file.py").read_text(encoding="utf-8")
    keys = set(re.findall(r'row\.(?:text|texts|boolean|integer|number|day|table|contacts?)\("(\w+)"', read))
    assert len(keys) > 15
    assert not sorted(key for key in keys if f"`{key}" not in page)


# ---------------------------------------------------------------- code that pages show


def test_the_client_and_the_geocoder_are_used_as_the_developers_page_shows(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "developer.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    environ = {"ENRICH_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite", "ENRICH_SALT": "handshake"}
    services = build_services(load_config(environ))
    with listening(create_app(services)) as base:
        for block in blocks:
            shown = subprocess.run(
                [sys.executable, "-c", block.replace("http://127.0.0.1:8000", base)],
                cwd=ROOT, capture_output=True, text=True, check=False,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
            assert shown.returncode == 0, shown.stderr
            assert shown.stdout.strip()
    services.store.close()
