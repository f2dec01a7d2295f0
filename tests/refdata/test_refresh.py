"""The whole refresh: nothing is published that did not pass, whatever happens on the way."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.errors import CheckError, ConflictError, SourceError, UnreachableError
from service.refdata.activation import activate_release, list_releases, read_activations
from service.refdata.build import BUILDING
from service.refdata.catalogue import load_catalogue
from service.refdata.diff.compare import compare_releases
from service.refdata.diff.migration import area_flows
from service.refdata.diff.page import diff_page
from service.refdata.diff.text import diff_text
from service.refdata.fetching import Fetcher
from service.refdata.refresh import RefreshResult, fetchable, refresh
from service.segment.definitions import load_definitions
from service.tables import Release, current_release_id

REAL_REFERENCE = Path(__file__).resolve().parents[2] / "reference_data"
DEFINITIONS = load_definitions(REAL_REFERENCE / "policy" / "segments")
TODAY = date(2026, 11, 22)
FIRST, SECOND = "2026-11-21.1", "2026-11-22.1"
TENURES = Path("dk/polling_areas/EjerforholdAntalboliger.csv")
Edit = Callable[[Path, str, str], None]


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A reference-data folder with one active release, and the real policy."""
    copy = Path(shutil.copytree(built, tmp_path / "reference_data"))
    shutil.copytree(REAL_REFERENCE / "policy", copy / "policy")
    activate_release(copy, FIRST, "ann")
    return copy


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

    def show(says: str, number: int, total: int) -> None:
        if says == "check":
            with pytest.raises(ConflictError, match="Another refresh"):
                run(raw, folder)
            stopped.append(ConflictError)

    change_tenures(raw)
    refresh(raw, folder, SECOND, TODAY, DEFINITIONS, None, show, accepted=frozenset({"outliers"}))
    assert stopped


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


# ------------------------------------------------------------------ the command


def command(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {
        "ENRICH_REFERENCE_DATA": str(folder), "ENRICH_DATABASE_URL": f"sqlite:///{folder / 'none.sqlite'}",
        "MPLCONFIGDIR": str(folder / "mpl"),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "service", "refdata", *arguments], env=environment, cwd=REAL_REFERENCE.parent,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(child: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = child.communicate(timeout=240)
    return child.returncode, out, err


def test_the_command_publishes_and_writes_its_reports(raw: Path, folder: Path, tmp_path: Path) -> None:
    change_tenures(raw)
    report = tmp_path / "report"
    code, out, err = finish(command(
        folder, "refresh", "--raw", str(raw), "--offline", "--publish", "--release", SECOND,
        "--accept", "outliers",
        "--who", "bo", "--report", str(report),
    ))  # fmt: skip
    assert code == 0, err
    assert f"Active: {SECOND}" in out
    assert current_release_id(folder) == SECOND
    assert {p.name for p in report.iterdir()} == {
        "check.txt",
        "check.json",
        "diff.txt",
        "diff.json",
        "diff.html",
    }
    page = (report / "diff.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") >= 3
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert json.loads((report / "diff.json").read_text("utf-8"))["new"] == SECOND
    code, out, err = finish(command(folder, "rollback", "--who", "cecilie"))
    assert (code, current_release_id(folder)) == (0, FIRST), err


def test_the_command_names_a_damaged_file_and_exits_with_1(raw: Path, folder: Path, edit: Edit) -> None:
    edit(raw / TENURES, r"\r\n101002,", "\r\n101001,")
    code, _, err = finish(command(folder, "refresh", "--raw", str(raw), "--offline", "--publish"))
    assert code == 1
    assert "EjerforholdAntalboliger.csv: row 3, column 'ValgstedId': rule unique-key" in err
    assert "Traceback" not in err
    assert current_release_id(folder) == FIRST


def test_the_command_exits_with_3_when_the_publisher_cannot_be_reached(raw: Path, folder: Path) -> None:
    with_mirror(folder, "http://127.0.0.1:9")
    code, _, err = finish(command(folder, "refresh", "--raw", str(raw), "--attempts", "1"))
    assert code == 3
    assert "could not be fetched after 1 attempts" in err


MOMENTS = {
    "while it builds": lambda folder: list((folder / "releases").glob(f"{BUILDING}*")),
    "while it checks": lambda folder: (folder / "releases" / SECOND).exists(),
    "while it publishes": lambda folder: (folder / "report" / "diff.html").exists(),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_the_next_run_is_clean(raw: Path, folder: Path, moment: str) -> None:
    change_tenures(raw)
    arguments = ["refresh", "--raw", str(raw), "--offline", "--publish", "--accept", "outliers",
                 "--report", str(folder / "report"), "--release"]  # fmt: skip
    child = command(folder, *arguments, SECOND)
    while not MOMENTS[moment](folder) and child.poll() is None:
        time.sleep(0.002)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert Release.open(folder, verify=True).id in {FIRST, SECOND}
    again = "2026-11-22.2"
    refresh(
        raw, folder, again, TODAY, DEFINITIONS, None, publish=True,
        accepted=frozenset({"outliers"}),
    )  # fmt: skip
    assert not list((folder / "releases").glob(f"{BUILDING}*"))
    assert Release.open(folder, verify=True).id in {SECOND, again}


# ------------------------------------------------------------------ the arithmetic of the matrix


def test_flows_keep_households_and_move_no_more_than_needed() -> None:
    was, now = np.array([[0.5, 0.3, 0.2]]), np.array([[0.4, 0.3, 0.3]])
    flow = area_flows(was, now, np.array([1000.0]))[0]
    assert flow.sum() == pytest.approx(1000)
    assert flow.sum(axis=1) == pytest.approx([500, 300, 200])
    assert flow.sum(axis=0) == pytest.approx([400, 300, 300])
    assert flow[0, 2] == pytest.approx(100)
    assert flow.sum() - flow.trace() == pytest.approx(100)


def test_the_same_release_moves_nobody(folder: Path) -> None:
    release = Release.open(folder)
    diff = compare_releases(release, release, DEFINITIONS, {}, {})
    assert diff.countries[0].moving_households == pytest.approx(0, abs=0.01)
    assert "no variable moved by polling_area" in diff_text(diff)
    assert "no variable moved by polling_area" in diff_page(diff, release)
