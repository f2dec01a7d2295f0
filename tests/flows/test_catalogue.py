"""The tables of a release, and how old they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from service.errors import NotFoundError
from service.flows.catalogue import released_tables, segment_by_code
from service.tables import Release
from service.wiring import Services

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("vintage", "age"),
    [
        ("2026-11-01", 20), ("2026-11", 20), ("2026", 324), (2025, 689), ("2026-11-22", -1),
        ("autumn", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_the_age_is_of_the_day_that_the_figures_describe(
    services: Services, vintage: object, age: int | None
) -> None:
    manifest = {"countries": {"DK": {"tables": [{"path": "DK/x.arrow", "vintage": vintage}]}}}
    release: Release = replace(services.assets().release, manifest=manifest)
    (table,) = released_tables(release, "DK", TODAY)
    assert (table.path, table.age_days, table.sources) == ("DK/x.arrow", age, [])
    assert table.vintage == (str(vintage) if vintage else None)


def test_every_table_of_the_shipped_release_says_how_old_it_is(services: Services) -> None:
    release = services.assets().release
    for country in release.countries:
        tables = released_tables(release, country, services.now().date())
        assert all(table.age_days is not None and table.sha256 for table in tables)


def test_a_segment_that_is_not_there_is_not_found(services: Services) -> None:
    assert segment_by_code(services.assets().definitions, "A1").code == "A1"
    with pytest.raises(NotFoundError, match="GET /segments"):
        segment_by_code(services.assets().definitions, "Z9")
