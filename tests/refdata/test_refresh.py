"""The whole refresh: nothing is published that did not pass, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.errors import CheckError, ConflictError, SourceError, UnreachableError
from service.refdata.activation import list_releases, read_activations
from service.refdata.catalogue import load_catalogue
from service.refdata.fetching import Fetcher
from service.refdata.refresh import RefreshResult, fetchable, refresh
from service.segment.definitions import load_definitions
from service.tables import current_release_id
from tests.refdata.conftest import REAL_REFERENCE

DEFINITIONS = load_definitions(REAL_REFERENCE / "policy" / "segments")
TODAY = date(2026, 11, 22)
FIRST, SECOND = "2026-11-21.1", "2026-11-22.1"
TENURES = Path("dk/polling_areas/EjerforholdAntalboliger.csv")
Edit = Callable[[Path, str, str], None]


def run(raw: Path, folder: Path, fetcher: Fetcher | None = None, **options: Any) -> RefreshResult:
    return refresh(raw, folder, SECOND, TODAY, DEFINITIONS, fetcher, **options)


def change_tenures(raw: Path) -> None:
    """A quarter of the owner-occupied homes of two areas are let now: a small, real change."""
    lines = (raw / TENURES).read_text("utf-8").splitlines()
    for n, line in enumerate(lines):
        cells = line.split(",")
        if cells[0] in ("101001", "400002"):
            moved = int(cells[1]) // 12
            cells[1], cells[3] = str(int(cells[1]) - moved), str(int(cells[3]) + moved)
            lines[n] = ",".join(cells)
    (raw / TENURES).write_text("\r\n".join(lines) + "\r\n", "utf-8", newline="")


def test_nothing_new_leaves_nothing_behind(raw: Path, folder: Path) -> None:
    result = run(raw, folder, publish=True)
    assert (result.release, result.active, result.published) == (None, FIRST, False)
    assert list_releases(folder) == [FIRST]


def test_a_small_change_is_built_checked_compared_and_published(raw: Path, folder: Path) -> None:
    change_tenures(raw)
    kept: list[RefreshResult] = []
    leads = {("DK", "polling_area", "101001", code): 10 for code in DEFINITIONS.codes}
    result = run(
        raw, folder, publish=True, who="bo", leads=leads, treatments={"B1": ["offer: x"]},
        accepted=frozenset({"outliers"}), keep_report=kept.append,
    )  # fmt: skip
    assert result.published
    assert current_release_id(folder) == SECOND
    assert read_activations(folder)[-1].who == "bo"
    assert read_activations(folder)[-1].accepted == ["outliers"]
    assert kept == [result]
    assert result.diff is not None
    (denmark,) = result.diff.countries
    moved = {m.code for m in denmark.variables}
    assert {"owner_share", "social_rent_share"} <= moved
    assert moved <= {"owner_share", "social_rent_share"}
    assert 0 < denmark.moving_households < 0.2 * sum(map(sum, denmark.households))
    assert ("polling_area", 16, 2) in {row[:3] for row in denmark.levels}
    assert {a.code for a in denmark.areas} >= {"101001", "400002"}
    assert set(denmark.moved_by.values()) <= moved
    assert sum(map(sum, denmark.leads)) == pytest.approx(10 * len(DEFINITIONS.codes), abs=0.05)
    assert denmark.moving_leads > 0
    assert "offer: x" in denmark.treatments.get("B1", ())


def test_without_publish_the_active_release_stays(raw: Path, folder: Path) -> None:
    change_tenures(raw)
    result = run(raw, folder, accepted=frozenset({"outliers"}))
    assert (result.release, result.published) == (SECOND, False)
    assert current_release_id(folder) == FIRST


def test_a_change_that_nobody_accepted_stops(raw: Path, folder: Path, edit: Edit) -> None:
    cars = raw / "dk/polling_areas/Husstande_efter_bilrdighed.csv"
    text = cars.read_text("utf-8").replace("\r\n", "\n")
    rows = [line.split(",") for line in text.splitlines()]
    body = [",".join([r[0], r[1], r[3], r[2]]) for r in rows[1:]]  # the publisher exchanged them back
    cars.write_text("\r\n".join([",".join(rows[0]), *body]) + "\r\n", "utf-8", newline="")
    kept: list[RefreshResult] = []
    with pytest.raises(CheckError) as stop:
        run(raw, folder, publish=True, keep_report=kept.append)
    assert any("cars_not_exchanged" in fault for fault in stop.value.faults)
    assert kept[0].report is not None  # the report is there to be read
    assert current_release_id(folder) == FIRST


def test_a_damaged_file_stops_before_anything_is_built(raw: Path, folder: Path, edit: Edit) -> None:
    edit(raw / TENURES, r"\r\n(101001),(\d+),", r"\r\n\1,-4,")
    with pytest.raises(SourceError, match="rule not-negative"):
        run(raw, folder, publish=True)
    assert list_releases(folder) == [FIRST]
    assert current_release_id(folder) == FIRST


def test_two_refreshes_do_not_meet(raw: Path, folder: Path) -> None:
    stopped: list[type[Exception]] = []
    shown: list[tuple[int, int]] = []

    def show(says: str, number: int, total: int) -> None:
        shown.append((number, total))
        if says == "check":
            with pytest.raises(ConflictError, match="Another refresh"):
                run(raw, folder)
            stopped.append(ConflictError)

    change_tenures(raw)
    refresh(raw, folder, SECOND, TODAY, DEFINITIONS, None, show, accepted=frozenset({"outliers"}))
    assert stopped
    assert shown == [(number, len(shown)) for number in range(1, len(shown) + 1)]  # check and diff among them


# ------------------------------------------------------------------ fetching first


def with_mirror(folder: Path, base: str) -> None:
    """The statistics come from a mirror that serves them under their own names; nothing else is fetched."""
    for path in (folder / "sources").glob("*.toml"):
        text = path.read_text("utf-8")
        if path.name == "dst-valgdatabase.toml":
            text = text.replace("[tables.areas]", f'[fetch]\nbase = "{base}"\n\n[tables.areas]', 1)
        else:
            text = "\n".join(line for line in text.splitlines() if not line.startswith("base = ")) + "\n"
        path.write_text(text, "utf-8")


def mirror(publisher: Any, raw: Path) -> None:
    for path in (raw / "dk/polling_areas").glob("*.csv"):
        body = path.read_bytes()
        publisher.says(f"/{path.name}", lambda p, asked, sent, body=body: (200, {"ETag": '"1"'}, body))


def test_from_the_publisher_to_the_active_release(
    raw: Path, folder: Path, publisher: Any, tmp_path: Path
) -> None:
    with_mirror(folder, publisher.base)
    mirror(publisher, raw)
    (raw / TENURES).unlink()
    assert [n for n, s in load_catalogue(folder / "sources").items() if fetchable(s)] == ["dst-valgdatabase"]
    result = run(raw, folder, Fetcher(first_wait_s=0.01), publish=True)
    assert result.release is None  # the same as what is active
    assert sum(f.changed for f in result.fetched["dst-valgdatabase"]) == 1
    assert "postnumre" in result.by_hand


def test_a_wrong_answer_is_in_the_report_and_stops_publishing(
    raw: Path, folder: Path, publisher: Any
) -> None:
    with_mirror(folder, publisher.base)
    mirror(publisher, raw)
    publisher.says("/EjerforholdAntalboliger.csv", lambda p, asked, sent: (200, {}, b"<!DOCTYPE html><html>"))
    before = (raw / TENURES).read_bytes()
    with pytest.raises(CheckError) as stop:
        run(raw, folder, Fetcher(first_wait_s=0.01), publish=True)
    assert any("EjerforholdAntalboliger.csv: row 1: rule not-a-web-page" in f for f in stop.value.faults)
    assert (raw / TENURES).read_bytes() == before
    assert current_release_id(folder) == FIRST


def test_a_publisher_that_is_down_stops_the_refresh(raw: Path, folder: Path, publisher: Any) -> None:
    with_mirror(folder, publisher.base)
    mirror(publisher, raw)
    publisher.says("/EjerforholdAntalboliger.csv", lambda p, asked, sent: (503, {}, b"down"))
    with pytest.raises(UnreachableError):
        run(raw, folder, Fetcher(attempts=2, first_wait_s=0.01), publish=True)
    assert list_releases(folder) == [FIRST]


def test_an_address_of_a_form_that_nothing_fetches_is_named_with_its_line(raw: Path, folder: Path) -> None:
    path = folder / "sources" / "geonames.toml"
    path.write_text(path.read_text("utf-8") + '\n[fetch]\nbase = "https://example.org"\n', "utf-8")
    line = path.read_text("utf-8").splitlines().index('form = "csv"') + 1
    with pytest.raises(SourceError, match=rf"geonames\.toml:{line}: sources of form 'csv' cannot be fetched"):
        run(raw, folder, Fetcher(attempts=1))
    with pytest.raises(SourceError, match="'nobody' is no source"):
        run(raw, folder, Fetcher(attempts=1), only=["nobody"])
