"""Two releases compared, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.refdata.diff.compare import compare_releases
from service.refdata.diff.report import write_diff
from service.refdata.diff.text import diff_text
from service.segment.definitions import load_definitions
from service.tables import Release
from tests.refdata.conftest import REAL_REFERENCE


def test_the_same_release_moves_nobody(built: Path, tmp_path: Path) -> None:
    release = Release.open(built, "2026-11-21.1")
    definitions = load_definitions(REAL_REFERENCE / "policy" / "segments")
    diff = compare_releases(release, release, definitions, {}, {})
    assert diff.countries[0].moving_households == pytest.approx(0, abs=0.01)
    write_diff(diff, release, tmp_path)
    for file in ("diff.txt", "diff.html"):
        assert "no variable moved by polling_area" in (tmp_path / file).read_text("utf-8")
    assert (tmp_path / "diff.txt").read_text("utf-8") == diff_text(diff) + "\n"
    assert json.loads((tmp_path / "diff.json").read_text("utf-8"))["new"] == release.id
