"""The difference of two releases as text for a terminal."""

from __future__ import annotations

import numpy as np

from service.refdata.diff.compare import CountryDiff, ReleaseDiff

_LISTED = 8


def diff_text(diff: ReleaseDiff) -> str:
    """For a terminal."""
    lines = [f"{diff.old} -> {diff.new}"]
    lines += [f"  new country: {c}" for c in diff.new_countries]
    lines += [f"  LOST country: {c}" for c in diff.lost_countries]
    for country in diff.countries:
        lines += _country_lines(country)
    return "\n".join(lines)


def _country_lines(diff: CountryDiff) -> list[str]:
    total = float(np.array(diff.households).sum())
    lines = [f"{diff.country}: {total:,.0f} households compared, by {diff.finest}"]
    lines += [f"  rows {path}: {old:,} -> {new:,}" for path, old, new in diff.rows if old != new]
    for word, areas in (("gained", diff.gained), ("lost", diff.lost)):
        for level, codes in areas.items():
            if codes:
                more = " …" if len(codes) > _LISTED else ""
                lines.append(f"  {word} {len(codes)} of {level}: {' '.join(codes[:_LISTED])}{more}")
    for level, compared, moved, most in diff.levels:
        if moved:
            lines.append(f"  {level}: figures of {moved:,} of {compared:,} areas moved, most of all {most}")
    if not diff.variables:
        estimated = diff.moving_households >= 1
        lines.append(
            f"  no variable moved by {diff.finest}" + "; the joint tables were estimated anew" * estimated
        )
    for move in diff.variables:
        lines.append(
            f"  {move.code}: country {_number(move.old)} -> {_number(move.new)}; areas by "
            f"{_number(move.mean_change)} on average ({move.standard:.2f} standard deviations)"
        )
    share = diff.moving_households / total if total else 0.0
    lines.append(
        f"  segments: {diff.moving_households:,.0f} households ({share:.2%}) and {diff.moving_leads:,.1f} of "
        f"{np.array(diff.leads).sum():,.0f} logged leads would change segment"
    )
    for pair, variable in diff.moved_by.items():
        source, target = pair.split(">")
        flow = diff.households[diff.segments.index(source)][diff.segments.index(target)]
        if flow >= 0.0005 * total:
            lines.append(f"    {source} -> {target}: {flow:,.0f} households, moved by {variable}")
    for code, touched in diff.treatments.items():
        if touched and diff.moving_households >= 1:
            lines.append(f"    touches {code}: {', '.join(touched)}")
    return lines


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
