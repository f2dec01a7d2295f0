"""The lift report as rows, sentences and parts of a page."""

from __future__ import annotations

import csv
import io
import math

import pytest

from service.learn.lift import page as lift_page
from service.learn.lift.compare import ComplaintAlarm, LiftRow, RatioAlarm, Side
from service.learn.lift.page import forest, lift_parts
from service.learn.lift.rows import COLUMNS, row_json, row_text, rows_csv
from service.learn.lift.sequential import Watched


def row(**changes: object) -> LiftRow:
    made = LiftRow(
        {"slot": "offer", "segment": ""}, Side(900, 90), Side(100, 5), 0.1, 0.05,
        Watched(0.05, 0.01, 0.09, 0.02), Watched(4.0, 1.0, 7.0, 0.03), True,
        (3600.0, 900.0, 6300.0), (2.0, -0.25, 4.25), ["look out", "again"],
    )  # fmt: skip
    for name, value in changes.items():
        setattr(made, name, value)
    return made


SAID = {
    "slot": "offer", "segment": "", "treated": 900, "holdout": 100, "treated_rate": 0.1, "holdout_rate": 0.05,
    "difference": 0.05, "low": 0.01, "high": 0.09, "p": 0.02, "stands": True,
    "value_difference": 4.0, "value_low": 1.0, "value_high": 7.0,
    "incremental_value": 3600.0, "incremental_low": 900.0, "incremental_high": 6300.0,
    "romi": 2.0, "romi_low": -0.25, "romi_high": 4.25, "warnings": ["look out", "again"],
}  # fmt: skip


def test_a_row_is_flat_with_every_bound() -> None:
    assert row_json(row()) == SAID
    silent = row_json(row(rate=None, value=None, incremental_value=None, romi=None))
    unsaid = {name for name, value in silent.items() if value is None}
    assert unsaid == set(SAID) - {
        "slot", "segment", "treated", "holdout", "treated_rate", "holdout_rate", "stands", "warnings",
    }  # fmt: skip
    unbounded = row_json(row(rate=Watched(0.05, -math.inf, math.inf, 1.0)))
    assert (unbounded["difference"], unbounded["low"], unbounded["high"], unbounded["p"]) == (
        None,
        None,
        None,
        1.0,
    )


def test_rows_are_a_csv_with_a_header_even_without_any() -> None:
    assert rows_csv([], ("slot",)) == ",".join(["slot", *COLUMNS]) + "\n"
    (read,) = csv.DictReader(io.StringIO(rows_csv([row()], ("slot", "segment"))))
    assert read == {k: str(v) for k, v in SAID.items()} | {"warnings": "look out; again"}


def test_a_row_is_a_sentence() -> None:
    assert row_text(row()) == (
        "offer · (none): 10.00% treated against 5.00% holdout, difference +5.00% [+1.00%, +9.00%] *; "
        "incremental value 3,600 [900, 6,300] (look out; again)"
    )
    plain = row(stands=False, incremental_value=None, warnings=[], group={})
    assert row_text(plain) == "all: 10.00% treated against 5.00% holdout, difference +5.00% [+1.00%, +9.00%]"
    assert row_text(row(rate=None)) == "offer · (none): look out; again"


def test_alarms_come_first_on_the_page() -> None:
    ratios = [RatioAlarm("offer", 1500, 500.0, 1e-9), RatioAlarm("agent", 50, 50.0, 0.9)]
    complaints = [
        ComplaintAlarm("offer", "bike <", 0.05, 0.03, True),
        ComplaintAlarm("offer", "book", 0.05, 0.01, False),
    ]
    parts = lift_parts([row(), row(rate=None)], ratios, complaints)
    assert "Sample-ratio mismatch in offer.</b> 1,500 in the holdout, 500 planned (p 1e-09)" in parts[0]
    assert "Pause bike &lt;.</b> Complaints 5.00%, at least 3.00% for certain." in parts[1]
    assert parts[2].startswith("<svg")
    assert [part.startswith("<li>") for part in parts].count(True) == 2
    assert len(parts) == 8
    assert not any(part.startswith("<svg") for part in lift_parts([row(rate=None)], [], []))


def test_differences_are_drawn_in_per_cent_with_the_first_on_top(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes

    drawn = []
    monkeypatch.setattr(Axes, "plot", lambda self, x, y, *a, color, **_: drawn.append((x, y, color)))
    bad = row(rate=Watched(-0.05, -0.09, -0.01, 0.02))
    unsure = row(rate=Watched(0.01, -0.02, 0.04, 0.5))
    assert forest([row(), unsure, bad]).startswith("<svg")
    ends = [pytest.approx(x) for x in ([-9.0, -1.0], [-5.0], [-2.0, 4.0], [1.0], [1.0, 9.0], [5.0])]
    assert [x for x, _, _ in drawn] == ends
    assert [y[0] for _, y, _ in drawn] == [0, 0, 1, 1, 2, 2]
    colours = [colour for _, _, colour in drawn[::2]]
    assert colours == [lift_page._BAD, lift_page._UNSURE, lift_page._GOOD]
