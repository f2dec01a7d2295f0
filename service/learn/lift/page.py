"""One self-contained HTML page with plots. Imported by commands only: matplotlib draws it."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl

from service.learn.lift.compare import ComplaintAlarm, LiftRow, RatioAlarm
from service.learn.lift.rows import row_text

mpl.use("svg")
from matplotlib.figure import Figure  # the backend has to be chosen first

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;
padding:0 1rem;color:#1c2733}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}svg{max-width:100%;height:auto}
.warn{background:#fff3d6;border-left:4px solid #d98e04;padding:.5rem 1rem}li{margin:.3rem 0}
table{border-collapse:collapse}td,th{border-bottom:1px solid #dde3ea;padding:.3rem .7rem;text-align:left}"""
_GOOD, _UNSURE, _BAD = "#0a7d4f", "#6b7785", "#b3261e"


def page(title: str, parts: Sequence[str]) -> str:
    """A whole HTML document of ready parts."""
    body = "\n".join(parts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>\n{body}\n</body></html>\n"
    )


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


def as_svg(figure: Figure) -> str:
    """Inline SVG without dates or random ids, so that the same figures give the same page."""
    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "doorstep"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return re.sub(r"^.*?(?=<svg)", "", text, flags=re.DOTALL)
