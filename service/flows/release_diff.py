"""What a comparison of releases touches: the leads that were logged, and what their segments get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.decide.policy import load_policy
from service.errors import StoreError
from service.store.connect import Database
from service.store.facts import Facts


@dataclass(frozen=True, slots=True)
class Touched:
    """`leads`: (country, level, area code, segment) -> logged decisions; `treatments`: segment -> what it
    gets, as `slot: id`. `warning` says why leads are left out, where the store cannot be read.
    """

    leads: Mapping[tuple[str, str, str, str], int]
    treatments: Mapping[str, Sequence[str]]
    warning: str = ""


def find_touched(database_url: str, policy: Path, segments: tuple[str, ...]) -> Touched:
    """Leads and treatments of the segments; no leads where there is no store, which nobody needs for tables.

    Raises PolicyError.
    """
    rules = load_policy(policy, segments).treatments
    treatments = {
        segment: [
            f"{slot}: {rule.id}" for slot, of in rules.items() for rule in of if segment in rule.segments
        ]
        for segment in segments
    }
    database = Database(database_url)
    if database.is_sqlite and not Path(database.url.database or "").is_file():
        return Touched({}, treatments)
    try:
        return Touched(Facts(database).leads_by_area(), treatments)
    except StoreError as error:
        return Touched({}, treatments, f"logged leads are left out of the comparison ({error})")
    finally:
        database.close()
