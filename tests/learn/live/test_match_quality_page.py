"""The pictures of the report, measured."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from service.learn.live.match_quality import match_quality
from service.learn.live.match_quality_page import quality_html, quality_page
from tests.learn.live.test_match_quality import COUNTS, count

LEFT, TOP, WIDE, TALL = 44, 10, 676, 190


def pictures(counts: list, period: str = "week") -> list[ElementTree.Element]:
    page = ElementTree.fromstring(quality_html(match_quality(counts, period)))
    return [svg for svg in page.iter("svg") if svg.get("role") == "img"]


def bars(svg: ElementTree.Element) -> dict[str, tuple[float, float, float, float]]:
    """Title -> x, y, width, height of every bar."""
    return {
        bar.findtext("title", ""): tuple(float(bar.get(name, "0")) for name in ("x", "y", "width", "height"))
        for bar in svg.iter("rect")
    }


def test_shares_are_stacked_from_the_ground_side_by_side() -> None:
    category, level = pictures(COUNTS)
    wide = WIDE / 2 - 2
    assert bars(category) == {
        "2026-11-16 A: 90.0% of 100": pytest.approx((LEFT, TOP + 0.1 * TALL, wide, 0.9 * TALL)),
        "2026-11-16 B: 5.0% of 100": pytest.approx((LEFT, TOP + 0.05 * TALL, wide, 0.05 * TALL)),
        "2026-11-16 C: 5.0% of 100": pytest.approx((LEFT, TOP, wide, 0.05 * TALL)),
        "2026-11-23 A: 50.0% of 100": pytest.approx((LEFT + WIDE / 2, TOP + 0.5 * TALL, wide, 0.5 * TALL)),
        "2026-11-23 C: 50.0% of 100": pytest.approx((LEFT + WIDE / 2, TOP, wide, 0.5 * TALL)),
    }
    assert level.get("aria-label", "").startswith("Level over time; last period: unit 0.0%, house 50.0%")
    assert level.get("viewBox") == "0 0 720 230"


def test_the_axis_has_none_half_and_all_and_dates_stand_below() -> None:
    category, _ = pictures(COUNTS)
    texts = [(t.text, float(t.get("x", "0")), float(t.get("y", "0"))) for t in category.iter("text")]
    assert texts == [
        ("0%", LEFT - 6, TOP + TALL + 4), ("50%", LEFT - 6, TOP + TALL / 2 + 4), ("100%", LEFT - 6, TOP + 4),
        ("2026-11-16", LEFT, 220), ("2026-11-23", LEFT + WIDE / 2, 220),
    ]  # fmt: skip


def test_of_many_periods_the_last_sixty_are_drawn_with_every_so_many_dates() -> None:
    category, _ = pictures([count(day, "house", "A", 1) for day in range(70)], "day")
    drawn = bars(category)
    assert len(drawn) == 60
    assert next(iter(drawn)) == "2026-11-26 A: 100.0% of 1"
    dates = [t for t in category.iter("text") if t.get("y") == "220"]
    apart = WIDE / 60 * 7  # the seventh bar is the first whose date does not run into the one before
    assert [float(d.get("x", "0")) for d in dates] == pytest.approx(
        [LEFT + n * apart for n in range(8)], abs=0.06
    )
    narrow = pictures([count(day, "house", "A", 1) for day in range(60)], "day")[0]
    assert next(iter(bars(narrow).values()))[2] == pytest.approx(WIDE / 60 - 2, abs=0.06)


def test_failures_are_bars_against_the_most_frequent() -> None:
    html = quality_html(match_quality(COUNTS, top=2))
    page = ElementTree.fromstring(html)
    widths = [float(svg[0].get("width", "0")) for svg in page.iter("svg") if svg.get("width") == "200"]
    assert widths == pytest.approx([200.0, 200 * 3 / 50])
    assert "<td>unknown_number</td><td><code>W N, P W</code></td>" in html
    assert '<td class="number">50</td><td class="number">25.00%</td>' in html
    assert "<p>2 other failures.</p>" in html
    assert "other failures" not in quality_html(match_quality(COUNTS))
    assert "<p>No failures.</p>" in quality_html(match_quality([count(0, "house", "A", 1)]))
    assert "<code>-</code>" in quality_html(match_quality([count(0, "none", "C", 1, "x")]))


def test_the_page_is_whole_and_needs_nothing_from_outside() -> None:
    page = quality_page(match_quality(COUNTS))
    assert page.startswith('<!doctype html><html lang="en">')
    assert quality_html(match_quality(COUNTS)) in page
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")
