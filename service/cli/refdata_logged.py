"""What the store and the policy add to a comparison of releases: logged leads, and what they get."""

from __future__ import annotations

from pathlib import Path

import click

from service.decide.policy import load_policy
from service.errors import StoreError
from service.store.connect import Database

LeadCounts = dict[tuple[str, str, str, str], int]
_QUERY = """
SELECT country, area_level, area_code, segment, COUNT(DISTINCT decision_id)
FROM decision_facts WHERE area_level <> '' GROUP BY country, area_level, area_code, segment
"""


def logged_leads(database_url: str) -> LeadCounts:
    """(country, level, area code, segment) -> logged decisions.

    Empty where there is no store yet; with a warning where it cannot be read: a refresh of the tables
    does not need the store.
    """
    database = Database(database_url)
    if database.is_sqlite and not Path(database.url.database or "").is_file():
        return {}
    try:
        with database.reading() as connection:
            rows = connection.exec_driver_sql(_QUERY).all()
    except StoreError as error:
        click.echo(f"warning: logged leads are left out of the comparison ({error})", err=True)
        return {}
    finally:
        database.close()
    return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in rows}


def treatments_of_segments(policy: Path, codes: tuple[str, ...]) -> dict[str, list[str]]:
    """Segment -> its treatments as `slot: id`. Raises PolicyError."""
    rules = load_policy(policy, codes).treatments
    return {
        code: [
            f"{slot}: {rule.id}"
            for slot, of_slot in rules.items()
            for rule in of_slot
            if code in rule.segments
        ]
        for code in codes
    }
