"""The analysts' page says what there is: every source, correction, command and licence."""

from __future__ import annotations

from pathlib import Path

from service.cli.refdata import refdata
from service.refdata.catalogue import load_catalogue

FOLDER = Path(__file__).resolve().parents[2] / "reference_data"
PAGE = (FOLDER / "README.md").read_text("utf-8")


def test_every_source_and_correction_is_on_the_page() -> None:
    for source in load_catalogue(FOLDER / "sources").values():
        assert f"| `{source.id}` |" in PAGE
        for correction in source.corrections:
            row = f"| `{source.id}`: `{correction.name}` | {correction.status} | {correction.reason} |"
            assert row in PAGE, correction.name


def test_every_command_is_on_the_page() -> None:
    for name in refdata.commands:
        assert name in PAGE, name


def test_the_page_names_what_is_denied_and_what_is_odbl() -> None:
    assert "denied.toml" in PAGE
    assert "ODbL" in PAGE
