"""`enrich refdata refresh` as a process: its reports, its exit codes, and killed at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.refdata.build import BUILDING
from service.refdata.refresh import refresh
from service.tables import Release, current_release_id
from tests.refdata.conftest import REAL_REFERENCE
from tests.refdata.test_refresh import DEFINITIONS, FIRST, SECOND, TENURES, TODAY, change_tenures, with_mirror

Edit = Callable[[Path, str, str], None]


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
