"""The sums behind lift: kept per group, so that ten million decisions answer like a thousand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, func, select

from service.store.statements import insert_for
from service.store.tables import area_cells, lift_cells

DIMENSIONS = ("slot", "treatment", "arm", "day", "segment", "channel", "country")
AREA_DIMENSIONS = ("slot", "treatment", "arm", "country", "area_level", "area_code")
DECIDED = ""  # the `outcome` of a row that counts decisions


@dataclass(frozen=True, slots=True)
class LiftCell:
    """Sums over decisions that agree in `group`.

    `decisions` of them, `with_outcome` of which had at least one such outcome; `value` and
    `value_squared` are sums of the value per decision; `propensity` sums the logged propensities.
    """

    group: Mapping[str, str]
    outcome: str
    decisions: int
    with_outcome: int
    value: float
    value_squared: float
    propensity: float


_by_day, _by_area = itemgetter(*DIMENSIONS), itemgetter(*AREA_DIMENSIONS)
Addition = tuple[Mapping[str, Any], str, int, float, float, float]


def add_to_sums(connection: Connection, additions: Sequence[Addition]) -> None:
    """Adds (fact, outcome, n, value, squared, propensity) to the sums by day and by area."""
    by_day: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0, 0.0, 0.0, 0.0])
    by_area: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    for fact, outcome, *amounts in additions:
        of_day, of_area = by_day[(*_by_day(fact), outcome)], by_area[(*_by_area(fact), outcome)]
        for i, amount in enumerate(amounts):
            of_day[i] += amount
        for i, amount in enumerate(amounts[:3]):
            of_area[i] += amount
    for table, names, sums, cells in (
        (lift_cells, DIMENSIONS, ("n", "value", "value_squared", "propensity"), by_day),
        (area_cells, AREA_DIMENSIONS, ("n", "value", "value_squared"), by_area),
    ):
        if cells:
            keys = (*names, "outcome")
            rows = [
                dict(zip((*keys, *sums), (*key, *total), strict=True)) for key, total in sorted(cells.items())
            ]
            connection.execute(adding(connection.dialect.name, table, keys, sums), rows)


@cache
def adding(dialect: str, table: Table, keys: tuple[str, ...], sums: tuple[str, ...]) -> Any:
    """The INSERT that adds to a row's `sums` when its `keys` are there already.

    Built once: building it took longer than running it, while the requests of SQLite's writer waited.
    """
    insert = insert_for(dialect, table)
    added = {name: table.c[name] + insert.excluded[name] for name in sums}
    return insert.on_conflict_do_update(index_elements=list(keys), set_=added)


def read_lift(
    connection: Connection, by: Sequence[str], outcome: str, days: tuple[str, str], only: Mapping[str, str]
) -> list[LiftCell]:
    """Sums per group of `by`; one query per kind of row, which each read one stretch of the table."""
    columns = [lift_cells.c[name] for name in by]

    def sums(kind: str) -> dict[tuple[str, ...], Any]:
        query = (
            select(
                *columns,
                func.sum(lift_cells.c.n).label("n"),
                func.sum(lift_cells.c.value).label("value"),
                func.sum(lift_cells.c.value_squared).label("squared"),
                func.sum(lift_cells.c.propensity).label("propensity"),
            )
            .where(lift_cells.c.outcome == kind, lift_cells.c.day.between(*days))
            .where(*[lift_cells.c[name] == value for name, value in only.items()])
            .group_by(*columns)
        )
        return {tuple(row[: len(by)]): row for row in connection.execute(query)}

    return _cells(by, outcome, sums(DECIDED), sums(outcome) if outcome != DECIDED else {})


def read_lift_by_area(connection: Connection, outcome: str, only: Mapping[str, str]) -> list[LiftCell]:
    """The same per slot, treatment, arm and small area."""
    columns = [area_cells.c[name] for name in AREA_DIMENSIONS]

    def sums(kind: str) -> dict[tuple[str, ...], Any]:
        squared = area_cells.c.value_squared.label("squared")
        query = select(*columns, area_cells.c.n, area_cells.c.value, squared)
        query = query.where(area_cells.c.outcome == kind)
        query = query.where(*[area_cells.c[name] == value for name, value in only.items()])
        return {tuple(row[: len(columns)]): row for row in connection.execute(query)}

    return _cells(AREA_DIMENSIONS, outcome, sums(DECIDED), sums(outcome) if outcome != DECIDED else {})


def read_outcome_kinds(connection: Connection) -> list[str]:
    """The kinds of outcome that have been counted so far."""
    query = select(lift_cells.c.outcome).where(lift_cells.c.outcome != DECIDED).distinct()
    return sorted(connection.execute(query).scalars())


def _cells(
    by: Sequence[str],
    outcome: str,
    decided: Mapping[tuple[str, ...], Any],
    happened: Mapping[tuple[str, ...], Any],
) -> list[LiftCell]:
    """Joins the sums of the decisions with those of the outcome."""
    width = len(by)
    cells = []
    for key, counted in sorted(decided.items()):
        n, _, _, *propensity = counted[width:]  # by place: a day's cells are tens of thousands
        had_n, value, squared = happened[key][width : width + 3] if key in happened else (0, 0.0, 0.0)
        cells.append(
            LiftCell(
                dict(zip(by, key, strict=True)),
                outcome,
                int(n),
                int(had_n),
                float(value),
                float(squared),
                float(propensity[0]) if propensity else 0.0,
            )
        )
    return cells
