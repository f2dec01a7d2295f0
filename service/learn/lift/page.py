"""The lift report as parts of a page. Imported by commands only: matplotlib draws it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from service.learn.lift.compare import ComplaintAlarm, LiftRow, RatioAlarm
from service.learn.lift.rows import row_text
from service.learn.page import as_svg

_GOOD, _UNSURE, _BAD = "#0a7d4f", "#6b7785", "#b3261e"


def lift_parts(
    rows: Sequence[LiftRow], ratios: Sequence[RatioAlarm], complaints: Sequence[ComplaintAlarm]
) -> list[str]:
    """Alarms first, then the plot, then every comparison in words."""
    parts = []
    for ratio in ratios:
        if ratio.alarm:
            parts.append(
                f'<p class="warn"><b>Sample-ratio mismatch in {html.escape(ratio.slot)}.</b> '
                f"{ratio.holdout:,} in the holdout, {ratio.expected:,.0f} planned (p {ratio.p:.2g}). "
                "Trust no lift below before the cause is found.</p>"
            )
    for complaint in complaints:
        if complaint.pause:
            parts.append(
                f'<p class="warn"><b>Pause {html.escape(complaint.treatment)}.</b> '
                f"Complaints {complaint.rate:.2%}, at least {complaint.low:.2%} for certain.</p>"
            )
    shown = [row for row in rows if row.rate is not None]
    if shown:
        parts.append(forest(shown))
    parts.append(
        "<p>Intervals stay valid however often this page is looked at. "
        "* stands after control of false discoveries.</p>"
    )
    return [*parts, "<ul>", *(f"<li>{html.escape(row_text(row))}</li>" for row in rows), "</ul>"]


def forest(rows: Sequence[LiftRow]) -> str:
    """Difference and interval of every comparison, as inline SVG."""
    figure = Figure(figsize=(9, 1.2 + 0.36 * len(rows)), layout="constrained")
    axes: Any = figure.subplots()
    for y, row in enumerate(reversed(rows)):
        seen = row.rate
        if seen is None:
            continue
        colour = _UNSURE if seen.low <= 0 <= seen.high else (_GOOD if seen.value > 0 else _BAD)
        axes.plot([100 * seen.low, 100 * seen.high], [y, y], color=colour, linewidth=2)
        axes.plot([100 * seen.value], [y], "o", color=colour)
    axes.axvline(0, color="#1c2733", linewidth=0.8)
    axes.set_yticks(
        range(len(rows)), [" · ".join(v or "(none)" for v in r.group.values()) for r in reversed(rows)]
    )
    axes.set_xlabel("percentage points, treated minus holdout")
    return as_svg(figure)
