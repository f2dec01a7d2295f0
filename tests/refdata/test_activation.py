"""Activation: one pointer, swapped whole; killed at any moment, the old release stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.errors import ConflictError, NotFoundError, ReleaseError
from service.refdata.activation import (
    LOG,
    activate_release,
    list_releases,
    next_release_id,
    read_activations,
    roll_back,
)
from service.tables import Release, current_release_id


@pytest.fixture
def two(built: Path, tmp_path: Path) -> Path:
    """A reference-data folder with two releases, none active."""
    folder = Path(shutil.copytree(built, tmp_path / "reference_data"))
    first = folder / "releases" / "2026-11-21.1"
    second = Path(shutil.copytree(first, folder / "releases" / "2026-11-21.2"))
    manifest = json.loads((second / "manifest.json").read_text("utf-8"))
    (second / "manifest.json").write_text(json.dumps(manifest | {"release": "2026-11-21.2"}), "utf-8")
    return folder


def test_no_release_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="enrich refdata build"):
        current_release_id(tmp_path)


def test_publish_then_roll_back_with_a_log(two: Path) -> None:
    activate_release(two, "2026-11-21.1", "ann")
    activate_release(two, "2026-11-21.2", "bo")
    assert Release.open(two).id == "2026-11-21.2"
    back = roll_back(two, "cecilie")
    assert (back.release, back.previous, back.action) == ("2026-11-21.1", "2026-11-21.2", "rollback")
    assert current_release_id(two) == "2026-11-21.1"
    log = read_activations(two)
    assert [(e.who, e.action) for e in log] == [
        ("ann", "publish"),
        ("bo", "publish"),
        ("cecilie", "rollback"),
    ]
    assert all(e.at.endswith("+00:00") for e in log)


def test_the_first_release_has_nothing_before_it(two: Path) -> None:
    activate_release(two, "2026-11-21.1", "ann")
    with pytest.raises(ConflictError, match="none to go back to"):
        roll_back(two)


@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "manifest", "schema"])
def test_a_damaged_release_is_never_activated(two: Path, damage: str) -> None:
    activate_release(two, "2026-11-21.1", "ann")
    folder = two / "releases" / "2026-11-21.2"
    table = folder / "DK" / "profiles_parish.arrow"
    manifest = folder / "manifest.json"
    if damage == "missing":
        table.unlink()
    elif damage == "cut":
        table.write_bytes(table.read_bytes()[:-10])
    elif damage == "changed":
        table.write_bytes(table.read_bytes()[:-1] + b"x")
    elif damage == "manifest":
        manifest.write_text(manifest.read_text("utf-8")[:100], "utf-8")
    else:
        manifest.write_text(
            manifest.read_text("utf-8").replace('"schema_version": 1', '"schema_version": 9'), "utf-8"
        )
    with pytest.raises(ReleaseError, match=r"2026-11-21\.2"):
        activate_release(two, "2026-11-21.2")
    assert current_release_id(two) == "2026-11-21.1"
    assert len(read_activations(two)) == 1


def test_a_log_line_cut_off_by_a_crash_is_passed_over(two: Path) -> None:
    activate_release(two, "2026-11-21.1", "ann")
    log = two / "releases" / LOG
    log.write_bytes(log.read_bytes() + b'{"release": "2026-')
    activate_release(two, "2026-11-21.2", "bo")
    assert [e.who for e in read_activations(two)] == ["ann", "bo"]


def test_ids_count_up_and_sort_by_number(two: Path) -> None:
    shutil.copytree(two / "releases/2026-11-21.2", two / "releases/2026-11-21.10")
    assert list_releases(two) == ["2026-11-21.1", "2026-11-21.2", "2026-11-21.10"]
    assert next_release_id(two, "2026-11-21") == "2026-11-21.11"
    assert next_release_id(two, "2026-11-22") == "2026-11-22.1"


_FLIP = """
import sys
from pathlib import Path
from service.refdata.activation import activate_release
folder, n = Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    n += 1
    activate_release(folder, f"2026-11-21.{1 + n % 2}", "flip")
"""


@pytest.mark.parametrize("wait", [0.0, 0.02, 0.05])
def test_killed_at_any_moment_the_pointer_names_a_whole_release(two: Path, wait: float) -> None:
    activate_release(two, "2026-11-21.1", "ann")
    child = subprocess.Popen([sys.executable, "-c", _FLIP, str(two)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(wait)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
    assert Release.open(two, verify=True).id in {"2026-11-21.1", "2026-11-21.2"}
    activate_release(two, "2026-11-21.2", "after")
    assert current_release_id(two) == "2026-11-21.2"
    assert read_activations(two)[-1].who == "after"


@pytest.mark.parametrize("name", ["{}/", "./{}", "../releases/{}", ""])
def test_what_is_no_name_of_a_release_is_never_the_pointer(two: Path, name: str) -> None:
    activate_release(two, "2026-11-21.1")
    with pytest.raises(NotFoundError, match="There is no release called"):
        activate_release(two, name.format("2026-11-21.2"))
    assert current_release_id(two) == "2026-11-21.1"
