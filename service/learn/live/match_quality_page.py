"""The `match-quality` report as pictures: HTML with inline SVG, no script, no request."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from service.learn.live.match_quality import CATEGORIES, LEVELS, FrequentFailure, MatchQuality, PeriodQuality

# Colour-blind safe (P. Tol, "bright" scheme), told apart in grey too by their order.
_COLOURS = {
    "A": "#228833",
    "B": "#ccbb44",
    "C": "#ee6677",
    "unit": "#114477",
    "house": "#4477aa",
    "street": "#66ccee",
    "postcode": "#ccbb44",
    "municipality": "#ee6677",
    "none": "#bbbbbb",
}
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 230, 44, 10, 30
_DATE_WIDTH = 74  # of a date below the bars
_MOST_BARS = 60
_STYLE = """:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
figure{margin:2rem 0}figcaption span{margin-left:.8rem}table{border-collapse:collapse}caption{text-align:left}
td,th{border-bottom:1px solid #8886;padding:.3rem .7rem;text-align:left}.number{text-align:right}"""


def quality_html(report: MatchQuality) -> str:
    """A fragment for a report page: two stacked bar charts over time and the failures as bars."""
    if report.total is None:
        return "<section><h2>Match quality</h2><p>No address has been matched yet.</p></section>"
    low, high = report.total.interval
    return "\n".join(
        (
            "<section>",
            "<h2>Match quality</h2>",
            f"<p>{report.total.requests:,} addresses. Between {low:.1%} and {high:.1%} of them named one "
            "address (category A or B, 95 % confidence).</p>",
            _stacked("Category", report.periods, CATEGORIES, [row.categories for row in report.periods]),
            _stacked("Level", report.periods, LEVELS, [row.levels for row in report.periods]),
            _failures(report.failures, report.failures_not_shown),
            "</section>",
        )
    )


def quality_page(report: MatchQuality) -> str:
    """The whole HTML document, readable by light and in the dark."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Match quality</title>'
        f"<style>{_STYLE}</style></head><body>\n{quality_html(report)}\n</body></html>\n"
    )


def _stacked(
    title: str, periods: Sequence[PeriodQuality], keys: Sequence[str], shares: Sequence[Mapping[str, float]]
) -> str:
    periods, shares = periods[-_MOST_BARS:], shares[-_MOST_BARS:]
    step = (_WIDTH - _LEFT) / len(periods)
    tall = _HEIGHT - _TOP - _BOTTOM
    apart = max(1, math.ceil(_DATE_WIDTH / step))
    marks = []
    for at, (period, share) in enumerate(zip(periods, shares, strict=True)):
        bottom = float(_TOP + tall)
        for key in keys:
            height = share[key] * tall
            bottom -= height
            if height > 0:
                marks.append(
                    f'<rect x="{_LEFT + at * step:.1f}" y="{bottom:.1f}" width="{max(step - 2, 1):.1f}" '
                    f'height="{height:.1f}" fill="{_COLOURS[key]}"><title>{period.start} {escape(key)}: '
                    f"{share[key]:.1%} of {period.requests:,}</title></rect>"
                )
        if at % apart == 0 and _LEFT + at * step + _DATE_WIDTH <= _WIDTH + 8:
            marks.append(
                f'<text x="{_LEFT + at * step:.1f}" y="{_HEIGHT - 10}" font-size="11" fill="currentColor">'
                f"{period.start}</text>"
            )
    axis = "".join(
        f'<text x="{_LEFT - 6}" y="{_TOP + tall * (1 - part) + 4:.1f}" font-size="11" fill="currentColor" '
        f'text-anchor="end">{part:.0%}</text>'
        for part in (0.0, 0.5, 1.0)
    )
    legend = " ".join(
        f'<span><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" '
        f'fill="{_COLOURS[key]}"/></svg> {escape(key)}</span>'
        for key in keys
    )
    spoken = ", ".join(f"{key} {shares[-1][key]:.1%}" for key in keys)
    return (
        f"<figure><figcaption>{title} {legend}</figcaption>"
        f'<svg role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" '
        f'aria-label="{title} over time; last period: {spoken}">{axis}{"".join(marks)}</svg></figure>'
    )


def _failures(failures: Sequence[FrequentFailure], not_shown: int) -> str:
    if not failures:
        return "<p>No failures.</p>"
    most = failures[0].count
    rows = "".join(
        f"<tr><td>{escape(failure.reason)}</td><td><code>{escape(failure.pattern or '-')}</code></td>"
        f'<td class="number">{failure.count:,}</td><td class="number">{failure.share:.2%}</td>'
        f'<td><svg width="200" height="12" aria-hidden="true"><rect height="12" '
        f'width="{200 * failure.count / most:.1f}" fill="{_COLOURS["C"]}"/></svg></td></tr>'
        for failure in failures
    )
    rest = f"<p>{not_shown:,} other failures.</p>" if not_shown else ""
    return (
        "<table><caption>Most frequent failures (category C). W word, N number, P postcode, L letter, "
        "F floor or door, D other number, … more; other: rare shapes together</caption>"
        "<thead><tr><th>Reason</th><th>Shape</th><th>Count</th><th>Of all</th>"
        f"<th></th></tr></thead><tbody>{rows}</tbody></table>{rest}"
    )
