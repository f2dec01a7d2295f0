"""`enrich suppression`: what is imported is what blocks."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from service.flows.policy_memory import PolicyMemory
from service.store import open_store

ROOT = Path(__file__).resolve().parents[2]
TODAY = datetime.now(UTC).date()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


def run(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "service", "suppression", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={**os.environ, "ENRICH_DATABASE_URL": url},
    )


@pytest.mark.parametrize(
    "content",
    [
        "crm-1\n\n crm-2 \n",
        "name;lead_id\nx;crm-1\ny;crm-2\n",
        'lead_id,since\n"crm-1",2020\n"crm-2",2021\n',
        "\ufefflead_id\r\ncrm-1\r\ncrm-2\r\n",
    ],
)
def test_an_imported_list_is_what_a_decision_looks_up(url: str, tmp_path: Path, content: str) -> None:
    (tmp_path / "list.csv").write_text(content, encoding="utf-8", newline="")
    taken = TODAY - timedelta(days=3)
    answer = run(url, "import", "nix_telefon", str(tmp_path / "list.csv"), "--as-of", str(taken))
    assert answer.returncode == 0, answer.stderr
    assert "nix_telefon: 2 entries" in answer.stdout
    with closing(open_store(url)) as store:
        known = PolicyMemory(store)
        for lead_id, listed in (("crm-1", True), ("crm-2", True), ("crm-3", False)):
            check = known.lists(lead_id)["nix_telefon"]
            assert (check.listed, check.as_of) == (listed, taken)
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("store.sqlite*"))
    assert b"crm-1" not in raw  # hashed, not kept


def test_the_ages_are_shown_against_what_the_rules_allow(url: str, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("crm-1\n", encoding="utf-8")
    old = TODAY - timedelta(days=40)
    run(url, "import", "reservasjonsregisteret", str(tmp_path / "list.txt"), "--as-of", str(old))
    answer = run(url, "list")
    assert answer.returncode == 0, answer.stderr
    assert "40 days old, at most 31: too old, blocks  (NO phone, NO letter)" in answer.stdout.replace(
        "(NO letter, NO phone)", "(NO phone, NO letter)"
    )
    assert "never imported: blocks" in answer.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("no_such_list", "{file}", "--as-of", "2026-01-01"), 2, "the rules name"),
        (("nix_telefon", "{file}", "--as-of", str(date(TODAY.year + 1, 1, 1))), 2, "lies ahead"),
        (("nix_telefon", "{file}"), 2, "as-of"),
        (("nix_telefon", "{empty}", "--as-of", "2026-01-01"), 1, "holds no entries"),
        (("nix_telefon", "{latin}", "--as-of", "2026-01-01"), 1, "is not UTF-8"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    url: str, tmp_path: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    (tmp_path / "file").write_text("crm-1\n", encoding="utf-8")
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    (tmp_path / "latin").write_bytes("Sørensen\n".encode("latin-1"))
    files = {name: str(tmp_path / name) for name in ("file", "empty", "latin")}
    answer = run(url, "import", *(word.format(**files) for word in words))
    assert answer.returncode == code
    assert says in answer.stderr
