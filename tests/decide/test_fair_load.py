"""Is the work shared fairly: hand-worked shares of hours and capacity."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from service.decide.agents import Agent
from service.decide.fair_load import LoadReport, report_load, weekly_seats


def make_agent(code: str, hours: int, capacity: int = 1, **more: tuple[str, ...]) -> Agent:
    """`hours` on Mondays only."""
    values = {"languages": ("da",), "countries": ("DK",), **more}
    shifts = ((8 * 60, (8 + hours) * 60) if hours else None, *((None,) * 6))
    return Agent(
        code, code, values["languages"], values["countries"], (), (), ZoneInfo("UTC"), shifts, capacity
    )


ANN, BO = make_agent("ann", 6, 2), make_agent("bo", 4)  # 12 and 4 seats: three leads in four are Ann's


def report(**taken: int) -> LoadReport:
    (found,) = report_load([ANN, BO], {(code, "DK", "da"): count for code, count in taken.items()})
    return found


def test_a_week_has_hours_times_leads_at_a_time_seats() -> None:
    assert (weekly_seats(ANN), weekly_seats(BO), weekly_seats(make_agent("cy", 0))) == (12.0, 4.0, 0.0)


def test_what_is_expected_follows_from_the_seats() -> None:
    found = report(ann=60, bo=20)
    assert (found.country, found.language, found.taken) == ("DK", "da", 80)
    assert [(row.agent_id, row.taken, row.expected, row.index) for row in found.rows] == [
        ("ann", 60, 60.0, 100),
        ("bo", 20, 20.0, 100),
    ]
    assert [(row.expected, row.index) for row in report(ann=45, bo=36).rows] == [(60.8, 74), (20.2, 178)]


@pytest.mark.parametrize(("ann", "uneven"), [(71, False), (72, True), (49, False), (48, True)])
def test_uneven_is_what_is_three_standard_errors_off(ann: int, uneven: bool) -> None:
    """Of 80 leads 60 are expected; the standard error is sqrt(80 x 3/4 x 1/4) = 3.87."""
    assert [row.uneven for row in report(ann=ann, bo=80 - ann).rows] == [uneven, uneven]


def test_an_agent_who_took_none_is_told_too() -> None:
    assert [(row.agent_id, row.taken, row.index) for row in report(ann=8).rows] == [
        ("ann", 8, 133),
        ("bo", 0, 0),
    ]


def test_each_country_and_language_is_a_group_of_those_who_can_serve_it() -> None:
    agents = [ANN, make_agent("cy", 8, languages=("da", "sv"), countries=("DK", "SE"))]
    taken = {("cy", "SE", "sv"): 5, ("ann", "DK", "da"): 3, ("gone", "DK", "da"): 9}
    groups = report_load(agents, taken)
    assert [(g.country, g.language, g.taken) for g in groups] == [("DK", "da", 3), ("SE", "sv", 5)]
    assert [[row.agent_id for row in g.rows] for g in groups] == [["ann", "cy"], ["cy"]]
    (alone,) = groups[1].rows
    assert (alone.expected, alone.index, alone.uneven) == (5.0, 100, False)


def test_nothing_is_expected_of_who_is_never_on_shift() -> None:
    off = make_agent("off", 0)
    (group,) = report_load([off], {("off", "DK", "da"): 4})
    (row,) = group.rows
    assert (row.expected, row.index, row.uneven) == (0.0, None, False)
    assert report_load([ANN], {}) == ()
