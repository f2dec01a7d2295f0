"""Golden rows: what was typed, and what the wash must say of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from service.address.matcher import Matcher
from service.model import AddressQuery

GOLDEN = Path(__file__).parent.parent / "golden" / "addresses.csv"


def golden_rows() -> list[dict[str, str]]:
    lines = [line for line in GOLDEN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter=";"))


@pytest.mark.parametrize("row", golden_rows(), ids=lambda row: row["query"])
def test_golden_row(matcher: Matcher, row: dict[str, str]) -> None:
    match = matcher.match_address(AddressQuery("DK", text=row["query"]))
    found = {column: str(getattr(match, column) or "") for column in row if column != "query"}
    assert found == {column: value for column, value in row.items() if column != "query"}
