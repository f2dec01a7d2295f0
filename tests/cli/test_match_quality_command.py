"""`enrich match-quality`: the report from the own log, as text, CSV and page."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction
from service.store import open_store
from tests.logged import logged

ROOT = Path(__file__).resolve().parents[2]
MADE = datetime(2026, 11, 18, 12, tzinfo=UTC)
FAILED = AddressMatch(
    "DK", MatchLevel.POSTCODE, MatchCategory.C, NextAction.FIX, reason="unknown_street", pattern="W N, P W"
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


def run(url: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", "match-quality", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={**os.environ, "ENRICH_DATABASE_URL": url},
    )


def test_text_csv_and_page_say_the_same(url: str, tmp_path: Path) -> None:
    assert run(url).stdout == "No address has been matched yet.\n"
    with closing(open_store(url)) as store:
        store.record_decisions([logged(n, made_at=MADE) for n in range(30)])
        store.record_decisions([logged(n, made_at=MADE, address=FAILED) for n in range(30, 40)])
    text = run(url)
    assert text.returncode == 0, text.stderr
    assert "2026-11-16          40" in text.stdout
    assert "75.0%" in text.stdout
    assert "10   25.00%  unknown_street: W N, P W" in text.stdout

    table, page = tmp_path / "quality.csv", tmp_path / "quality.html"
    written = run(url, "--csv", table, "--html", page, "--period", "day")
    assert (written.returncode, written.stdout) == (0, "")
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert {"failure", "category", "level", "named"} == {row["section"] for row in rows}
    (failure,) = (row for row in rows if row["section"] == "failure")
    assert (failure["key"], failure["pattern"], failure["requests"]) == ("unknown_street", "W N, P W", "10")
    drawn = page.read_text(encoding="utf-8")
    assert drawn.startswith("<!doctype html>")
    assert "<code>W N, P W</code>" in drawn
    assert "2026-11-18 C: 25.0% of 40" in drawn


def test_days_and_wrong_use(url: str) -> None:
    with closing(open_store(url)) as store:
        store.record_decision(logged(1, made_at=MADE, address=FAILED))
    assert "No address" in run(url, "--to", "2026-11-17").stdout
    assert (
        "unknown_street" in run(url, "--from", "2026-11-18", "--to", "2026-11-18", "--country", "dk").stdout
    )
    wrong = run(url, "--from", "yesterday")
    assert wrong.returncode == 2
    assert "--from" in wrong.stderr
