"""The match-quality report, and the shapes that stand in it instead of addresses."""

from __future__ import annotations

import csv
import io
import random
import re
import string
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from service.address.pattern import address_pattern
from service.address.rules import load_rules
from service.errors import InvalidInputError
from service.learn.live.match_quality import (
    match_quality,
    quality_csv,
    quality_text,
)
from service.learn.live.match_quality_page import quality_html
from service.model import AddressQuery
from service.store.match_counts import MatchCell

MONDAY = date(2026, 11, 16)


def count(day: int, level: str, category: str, n: int, reason: str = "", pattern: str = "") -> MatchCell:
    made = (MONDAY + timedelta(days=day)).isoformat()
    return MatchCell(made, "DK", level, category, reason, pattern, n)


COUNTS = [
    count(0, "house", "A", 80),
    count(1, "unit", "A", 10),
    count(2, "house", "B", 5, "street_corrected"),
    count(2, "street", "C", 3, "unknown_number", "W N, P W"),
    count(6, "postcode", "C", 2, "unknown_street", "W W N, P W"),
    count(7, "house", "A", 50),
    count(8, "none", "C", 50, "nothing_recognised", "W"),
]


def test_shares_by_period_level_and_category() -> None:
    report = match_quality(COUNTS)
    first, second = report.periods
    assert (first.start, first.requests, second.start) == (MONDAY, 100, MONDAY + timedelta(days=7))
    assert first.categories == {"A": 0.9, "B": 0.05, "C": 0.05}
    assert first.levels["unit"] == 0.1
    assert first.levels["none"] == 0.0
    assert report.total is not None
    assert (report.total.requests, report.total.categories["C"]) == (200, 55 / 200)
    assert sum(second.levels.values()) == pytest.approx(1)
    assert [period.requests for period in match_quality(COUNTS, "day").periods] == [80, 10, 8, 2, 50, 50]
    (month,) = match_quality(COUNTS, "month").periods
    assert (month.start, month.requests) == (date(2026, 11, 1), 200)


def test_failures_are_ranked_by_count_with_their_share_of_all() -> None:
    report = match_quality(COUNTS, top=2)
    assert [(f.reason, f.pattern, f.count, f.share) for f in report.failures] == [
        ("nothing_recognised", "W", 50, 0.25),
        ("unknown_number", "W N, P W", 3, 0.015),
    ]
    assert report.failures_not_shown == 2


def test_nothing_counted_is_said_so() -> None:
    for counts in ([], [count(0, "house", "A", 0)]):
        report = match_quality(counts)
        assert report.total is None
        assert "No address" in quality_text(report)
        assert "No address" in quality_html(report)
        assert quality_csv(report).count("\n") == 1


@pytest.mark.parametrize(
    "bad", [count(0, "roof", "A", 1), count(0, "house", "D", 1), count(0, "house", "A", -1)]
)
def test_what_is_no_outcome_is_refused(bad: MatchCell) -> None:
    with pytest.raises(InvalidInputError):
        match_quality([bad])
    with pytest.raises(InvalidInputError, match="day, week or month"):
        match_quality([], "year")  # type: ignore[arg-type]


def test_text_csv_and_picture_say_the_same() -> None:
    report = match_quality(COUNTS)
    text = quality_text(report)
    assert "unknown_street: W W N, P W" in text
    assert re.search(r"2026-11-16 +100 +90\.0%", text)
    rows = list(csv.DictReader(io.StringIO(quality_csv(report))))
    assert {(row["section"], row["key"], row["share"]) for row in rows if row["period"] == "2026-11-16"} >= {
        ("category", "A", "0.900000"),
        ("level", "house", "0.850000"),
    }
    assert next(row["pattern"] for row in rows if row["section"] == "failure") == "W"
    page = ElementTree.fromstring(quality_html(report))
    bars = [bar for bar in page.iter("rect") if bar.find("title") is not None]
    titles = [bar.find("title").text for bar in bars]  # type: ignore[union-attr]
    assert "2026-11-16 A: 90.0% of 100" in titles
    by_height = {t: float(b.get("height", "0")) for t, b in zip(titles, bars, strict=True)}
    assert by_height["2026-11-16 A: 90.0% of 100"] == pytest.approx(0.9 * 190)
    assert "Category over time; last period: A 50.0%, B 0.0%, C 50.0%" in quality_html(report)


def test_markup_in_a_reason_is_escaped() -> None:
    report = match_quality([count(0, "none", "C", 1, "<script>", "W & W")])
    assert "<script>" not in quality_html(report)
    assert "W &amp; W" in quality_html(report)


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize(
    ("country", "text", "shape"),
    [
        ("DK", "Nørrebrogade 52C, 2. th, 2200 København N", "W N, N F, P W L"),
        ("DK", "nørrebrogade 52 c 2200", "W N L P"),
        ("DK", "H. C. Andersens Boulevard 12-14", "L L W W N N"),
        ("DK", "ring 70123456", "W D"),
        ("DK", "Vej 1\nBy", "W N, W"),
        ("SE", "Kungsgatan 4, 753 20 Uppsala", "W N, P W"),
        ("FI", "Kaivokatu 7 A 12, 00100 Helsinki", "W N L N, P W"),
        ("DK", "!!! ???", ""),
        ("DK", "a b c d e f g h i j k l m n o", "L L L L L L L L L L L L …"),
    ],
)
def test_a_shape_says_how_and_not_what_was_typed(country: str, text: str, shape: str) -> None:
    assert address_pattern(AddressQuery(country, text), load_rules(country)) == shape


def test_a_forms_parts_have_a_shape_too() -> None:
    query = AddressQuery("DK", street="Store Torv", house_number="3", postcode="3700", city="Rønne")
    assert address_pattern(query, load_rules("DK")) == "W W N, P W"


@given(st.text(max_size=400))
def test_no_text_leaks_into_its_shape_or_breaks_it(text: str) -> None:
    shape = address_pattern(AddressQuery("DK", text or " "), load_rules("DK"))
    assert set(shape) <= set("WLNPDF, …")
    assert len(shape) <= 40


def test_all_addresses_of_one_form_have_one_shape() -> None:
    rng = random.Random(3)
    shapes = set()
    for _ in range(200):
        street = "".join(rng.choices(string.ascii_lowercase, k=rng.randint(6, 14)))
        town = "".join(rng.choices("bdfghjkmnprstv", k=7))
        shapes.add(
            address_pattern(
                AddressQuery("DK", f"{street} {rng.randint(1, 199)}, {rng.randint(1000, 9990)} {town}"),
                load_rules("DK"),
            )
        )
    assert shapes == {"W N, P W"}


def test_failures_come_by_count_then_by_name_and_the_rest_is_summed() -> None:
    counts = [
        count(0, "none", "C", 5, "b", "W"), count(1, "none", "C", 5, "a", "W"), count(0, "none", "C", 9),
        count(0, "street", "C", 2, "c", "N"), count(3, "street", "C", 1, "c", "N"),
        count(0, "none", "C", 0, "d"), count(0, "house", "A", 8),
    ]  # fmt: skip
    report = match_quality(counts, top=2)
    assert [(f.reason, f.pattern, f.count, f.share) for f in report.failures] == [
        ("unknown", "", 9, 9 / 30),
        ("a", "W", 5, 5 / 30),
    ]
    assert report.failures_not_shown == 8
    everything = match_quality(counts)
    assert [f.reason for f in everything.failures] == ["unknown", "a", "b", "c"]
    assert everything.failures_not_shown == 0


def test_the_text_is_a_table_with_its_interval() -> None:
    lines = quality_text(match_quality(COUNTS, top=1)).splitlines()
    assert lines[0].split() == [
        "requests",
        "A",
        "B",
        "C",
        "unit",
        "house",
        "street",
        "postcode",
        "municipality",
        "none",
    ]
    assert lines[1].split()[:5] == ["2026-11-16", "100", "90.0%", "5.0%", "5.0%"]
    assert lines[3].split()[:2] == ["all", "200"]
    known = binomtest(145, 200).proportion_ci(method="wilson")
    assert lines[4] == (
        f"Named one address (A or B): between {known.low:.1%} and {known.high:.1%} with 95 % confidence."
    )
    assert lines[6].split() == ["failures", "of", "all", "reason", "and", "shape"]
    assert lines[7].split() == ["50", "25.00%", "nothing_recognised:", "W"]
    assert lines[8].split() == ["5", "other", "failures"]


def test_the_csv_is_one_flat_table() -> None:
    rows = list(csv.reader(io.StringIO(quality_csv(match_quality(COUNTS)))))
    assert rows[0] == ["section", "period", "key", "pattern", "requests", "share", "low", "high"]
    known = binomtest(95, 100).proportion_ci(method="wilson")
    assert rows[1] == ["named", "2026-11-16", "A+B", "", "100", "", f"{known.low:.6f}", f"{known.high:.6f}"]
    assert rows[2] == ["category", "2026-11-16", "A", "", "100", "0.900000", "", ""]
    assert rows[-1] == ["failure", "", "unknown_street", "W W N, P W", "2", "0.010000", "", ""]
    assert len(rows) == 1 + 2 * 10 + 3


@pytest.mark.parametrize(
    ("period", "starts"),
    [
        ("day", ["2026-11-16", "2026-11-22", "2026-12-01"]),
        ("week", ["2026-11-16", "2026-11-30"]),
        ("month", ["2026-11-01", "2026-12-01"]),
    ],
)
def test_a_period_begins_on_its_day_its_monday_or_the_first(period: str, starts: list[str]) -> None:
    report = match_quality([count(day, "house", "A", 1) for day in (0, 6, 15)], period)  # type: ignore[arg-type]
    assert [one.start.isoformat() for one in report.periods] == starts
    assert report.total is not None
    assert report.total.start.isoformat() == starts[0]
