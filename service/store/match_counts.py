"""Counts of how addresses were matched: level, category, reason; of failures the shape of what was typed.

Anybody can type anything, so the shapes of a day are bounded: when there are twice `MOST_PATTERNS` of them
the rarest are merged into `OTHER`. A frequent shape outlives that, one that comes and goes is counted too
low; the number of failures is always whole. The idea is that of counting heavy hitters in bounded space
(J. Misra and D. Gries, 1982).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from service.store.bodies import Logged
from service.store.sums import adding
from service.store.tables import match_cells

MOST_PATTERNS = 100  # per day and country, after merging
OTHER = "other"

_KEY = ("day", "country", "level", "category", "reason", "pattern")


@dataclass(frozen=True, slots=True)
class MatchCell:
    """`count` decisions of one day whose address was matched like this. `pattern` is "" or a shape."""

    day: str
    country: str
    level: str
    category: str
    reason: str
    pattern: str
    count: int


def add_matches(connection: Connection, made: Sequence[tuple[str, Logged]]) -> None:
    """Adds the matches of (day, decision)s; those that looked nothing up are left out."""
    cells: Counter[tuple[str, ...]] = Counter()
    for day, logged in made:
        match = logged.match
        if match is not None:
            cells[day, logged.country, match.level, match.category, match.reason, match.pattern] += 1
    _add(connection, cells)
    for day, country in sorted({key[:2] for key in cells if key[-1]}):
        _merge_rare(connection, day, country)


def read_matches(connection: Connection, days: tuple[str, str], country: str | None) -> list[MatchCell]:
    """The counts of days [first, last] by day, of one country or of all."""
    query = select(match_cells).where(match_cells.c.day.between(*days))
    if country is not None:
        query = query.where(match_cells.c.country == country)
    return [MatchCell(*row) for row in connection.execute(query.order_by(*match_cells.primary_key.columns))]


def _add(connection: Connection, cells: Mapping[tuple[str, ...], int]) -> None:
    if not cells:
        return
    rows = [dict(zip(_KEY, key, strict=True)) | {"n": n} for key, n in sorted(cells.items())]
    connection.execute(adding(connection.dialect.name, match_cells, _KEY, ("n",)), rows)


def _merge_rare(connection: Connection, day: str, country: str) -> None:
    here = (match_cells.c.day == day, match_cells.c.country == country)
    shaped = (*here, match_cells.c.pattern.not_in(("", OTHER)))
    number = select(func.count(match_cells.c.pattern.distinct())).where(*shaped)
    if connection.execute(number).scalar_one() <= 2 * MOST_PATTERNS:
        return
    pattern = match_cells.c.pattern
    by_size = (
        select(pattern).where(*shaped).group_by(pattern).order_by(func.sum(match_cells.c.n).desc(), pattern)
    )
    rare = list(connection.execute(by_size).scalars())[MOST_PATTERNS:]
    merged: Counter[tuple[str, ...]] = Counter()
    # deleted and read in one statement: what another adds meanwhile is in it, or stays
    for row in connection.execute(delete(match_cells).where(*here, pattern.in_(rare)).returning(match_cells)):
        merged[row.day, row.country, row.level, row.category, row.reason, OTHER] += row.n
    _add(connection, merged)
