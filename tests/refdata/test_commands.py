"""The smaller commands of `enrich refdata`, in process."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.refdata import refdata
from service.cli.refdata_addresses import addresses
from service.errors import CheckError, ConflictError
from service.refdata.activation import activate_release

REAL_REFERENCE = Path(__file__).resolve().parents[2] / "reference_data"
SERVICE = REAL_REFERENCE.parent / "service"
FIRST = "2026-11-21.1"
Run = Callable[..., Result]


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(built, tmp_path / "reference_data"))
    shutil.copytree(REAL_REFERENCE / "policy", copy / "policy")
    return copy


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ENRICH_REFERENCE_DATA", str(folder))
    monkeypatch.setenv("ENRICH_DATABASE_URL", f"sqlite:///{folder / 'none.sqlite'}")
    monkeypatch.delenv("ENRICH_RAW_DATA", raising=False)
    return lambda *arguments: CliRunner().invoke(refdata, arguments)


def test_list_shows_what_is_active_and_who_did_it(run: Run, folder: Path) -> None:
    assert "active" not in run("list").output
    activate_release(folder, FIRST, "ann")
    output = run("list").output
    assert f"{FIRST}" in output
    assert "MB  active" in output
    assert f"publish {FIRST} (before: -) by ann" in output


def test_sources_shows_licence_and_corrections(run: Run) -> None:
    output = run("sources").output
    assert "cars_exchanged: applied" in output
    assert "ODbL 1.0" in output
    assert "statbank-bol204" in output


def test_publish_verifies_and_checks_first(run: Run, folder: Path) -> None:
    assert f"Active: {FIRST}" in run("publish", FIRST, "--who", "bo").output
    table = folder / "releases" / FIRST / "DK" / "profiles_parish.arrow"
    table.write_bytes(table.read_bytes()[:-1] + b"x")
    assert "damaged" in str(run("publish", FIRST).exception)


def test_check_prints_the_report_and_explains_definitions(run: Run, folder: Path) -> None:
    done = run("check")
    assert "ok    cars_not_exchanged" in done.output
    if done.exception:  # sixteen areas may leave a segment too small: that is a sentence, not a crash
        assert isinstance(done.exception, CheckError)
    assert json.loads(run("check", "--json").output)["release"] == FIRST
    segments = folder / "policy" / "segments" / "segments.toml"
    segments.write_text(
        segments.read_text("utf-8").replace('life_stage = ["18_29"]', 'life_stage = ["30_49"]', 1), "utf-8"
    )
    broken = run("check")
    assert isinstance(broken.exception, CheckError)
    assert any("segments.toml:" in fault for fault in broken.exception.faults)


def test_diff_needs_something_to_compare_with(run: Run, folder: Path, tmp_path: Path) -> None:
    assert isinstance(run("diff", "--report", str(tmp_path / "r")).exception, ConflictError)
    activate_release(folder, FIRST, "ann")
    done = run("diff", "--report", str(tmp_path / "r"))
    assert done.exit_code == 0
    assert "no variable moved by polling_area" in done.output
    assert (tmp_path / "r" / "diff.html").stat().st_size > 20_000


def test_no_raw_folder_is_wrong_use(run: Run) -> None:
    done = run("build")
    assert done.exit_code == 2
    assert "Missing option '--raw'" in done.output


def test_every_command_and_option_that_a_message_names_exists() -> None:
    commands = {**refdata.commands, **addresses.commands}
    options = {o for command in commands.values() for p in command.params for o in p.opts}
    named = 0
    for path in [*(SERVICE / "refdata").rglob("*.py"), SERVICE / "tables.py"]:
        text = path.read_text("utf-8")
        for name in re.findall(r"enrich refdata ([a-z]+)", text):
            assert name in refdata.commands, f"{path.name}: enrich refdata {name}"
            named += 1
        for option in re.findall(r"(?<![-\w])--[a-z][a-z-]+", text):
            assert option in options, f"{path.name}: {option}"
            named += 1
    assert named > 15
