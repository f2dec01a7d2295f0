"""Many leads at once: the rows of a customer file, each answered as `POST /enrich` would answer it.

No decision is logged: these leads have not been greeted. Objections on file are respected where the rows
name their leads.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from service.decide.slots.content import offer_slot
from service.errors import InvalidInputError
from service.files.words import find_headings
from service.flows.active import Assets
from service.flows.enrich import Enricher
from service.flows.leads import lead_of
from service.flows.policy_memory import LeadHistory
from service.model import Channel, Lead

PARTS = ("street", "house_number", "floor", "door", "postcode", "city")
ADDED: tuple[tuple[str, pa.DataType], ...] = (
    ("doorstep_status", pa.string()),
    ("doorstep_reason", pa.string()),
    ("doorstep_match_level", pa.string()),
    ("doorstep_category", pa.string()),
    ("doorstep_street", pa.string()),
    ("doorstep_house_number", pa.string()),
    ("doorstep_floor", pa.string()),
    ("doorstep_door", pa.string()),
    ("doorstep_postcode", pa.string()),
    ("doorstep_city", pa.string()),
    ("doorstep_lat", pa.float64()),
    ("doorstep_lon", pa.float64()),
    ("doorstep_area_level", pa.string()),
    ("doorstep_area", pa.string()),
    ("doorstep_municipality", pa.string()),
    ("doorstep_segment", pa.string()),
    ("doorstep_segment_probability", pa.float64()),
    ("doorstep_thin_evidence", pa.bool_()),
    ("doorstep_offer", pa.string()),
    ("doorstep_arm", pa.string()),
    ("doorstep_release", pa.string()),
)


@dataclass(frozen=True, slots=True)
class RowReader:
    """Turns a row into a lead. `columns` maps a part of the address to its column."""

    columns: Mapping[str, int]
    lead_column: int | None
    birth_column: int | None
    country: str
    language: str

    def lead(self, row: Sequence[Any]) -> Lead:
        """The lead of one row; without a column of ids its `lead_id` is empty."""
        typed: dict[str, str | None] = {name: _text(row[i]) for name, i in self.columns.items()}
        year = _text(row[self.birth_column])[:4] if self.birth_column is not None else ""
        lead_id = _text(row[self.lead_column]) if self.lead_column is not None else ""
        sent = {
            "address": typed.get("address", typed),
            "channel": Channel.IMPORT.value,
            "declared": {"birth_year": int(year) if year.isascii() and year.isdigit() else None},
        }
        return replace(lead_of(sent, self.country, lambda _: self.language), lead_id=lead_id)


@contextmanager
def tables_left_alone() -> Iterator[None]:
    """Keeps the collector from looking through all tables again and again: a fifth of the run."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def choose_columns(headings: Sequence[str], address: str, mapping: str, source: Path) -> dict[str, int]:
    """Which column is which part; from the options, else from well-known headings.

    Raises InvalidInputError.
    """
    if address:
        return {"address": _index(headings, address, source)}
    if mapping:
        pairs = dict(part.split("=", 1) for part in mapping.split(",") if "=" in part)
        if not pairs or not set(pairs) <= set(PARTS):
            raise InvalidInputError(
                f"--columns {mapping!r} is not understood; write part=heading; parts: {', '.join(PARTS)}."
            )
        return {part: _index(headings, heading, source) for part, heading in pairs.items()}
    own = find_headings(headings, ("address", *PARTS))
    found = {part: list(headings).index(heading) for part, heading in own.items()}
    if "address" in found:
        return {"address": found["address"]}
    if "street" in found and ("postcode" in found or "city" in found):
        return found
    raise InvalidInputError(
        f"{source}: no address column recognised among {', '.join(headings)}. "
        "Name it with --address COLUMN or --columns street=…,house_number=…,postcode=…."
    )


def _index(headings: Sequence[str], name: str, source: Path) -> int:
    if name not in headings:
        raise InvalidInputError(f"{source} has no column {name!r}; it has {', '.join(headings)}.")
    return list(headings).index(name)


def existing_column(headings: Sequence[str], name: str, source: Path) -> int | None:
    """The place of a named column, None where none is named. Raises InvalidInputError."""
    return _index(headings, name, source) if name else None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def enrich_row(
    enricher: Enricher, lead: Lead, now: datetime, offers: str, variables: Sequence[str]
) -> tuple[Any, ...]:
    """The added values of one row, in the order of ADDED and then `variables`; `offers` is a slot."""
    history = enricher.memory.read_history(lead, now) if lead.lead_id else LeadHistory()
    decision = enricher.decide_lead(lead, history, now)
    match, segment, place = decision.address, decision.segment, decision.place
    level = next(iter(place.codes), None)
    offer = decision.treatments.get(offers)
    figures = decision.profile.figures if decision.profile else {}
    return (
        decision.status,
        decision.reason,
        match.level.value,
        match.category.value,
        match.street,
        match.house_number,
        match.floor,
        match.door,
        match.postcode,
        match.city,
        match.lat,
        match.lon,
        level,
        place.codes[level] if level else None,
        place.codes.get("municipality"),
        segment.code,
        segment.probability,
        segment.thin_evidence,
        offer.id if offer else None,
        offer.arm if offer else None,
        decision.versions.reference_data,
        *(figures[v].value if v in figures else None for v in variables),
    )


def output_schema(own: pa.Schema, variables: Sequence[str]) -> pa.Schema:
    """The input's columns, then ours. Raises InvalidInputError when it has one of ours already."""
    if taken := {name for name, _ in ADDED} & set(own.names):
        raise InvalidInputError(
            f"The input already has {', '.join(sorted(taken))}; rename or drop them first."
        )
    extra = [pa.field(name, kind) for name, kind in ADDED]
    return pa.schema([*own, *extra, *(pa.field(f"doorstep_{v}", pa.float64()) for v in variables)])


def to_arrays(lines: Sequence[Sequence[Any]], schema: pa.Schema) -> list[pa.Array]:
    return [
        pa.array(values, type=field.type)
        for values, field in zip(zip(*lines, strict=True), schema, strict=True)
    ]


def check_variables(assets: Assets, country: str, codes: Sequence[str]) -> None:
    """Raises InvalidInputError for a country or variable that the release does not have."""
    if country not in assets.countries:
        known = ", ".join(sorted(assets.countries))
        raise InvalidInputError(
            f"There are no tables for country {country!r}; there are for {known}.", "country"
        )
    variables = {v["code"] for v in assets.release.json(country, "variables")}
    if unknown := [c for c in codes if c not in variables]:
        raise InvalidInputError(
            f"No variable is called {', '.join(unknown)}; there are {', '.join(sorted(variables))}.",
            "variables",
        )


def slot_of_offers(assets: Assets) -> str:
    """The slot whose treatments a file shows. Raises InvalidInputError where the policy has none."""
    slot = offer_slot(assets.policy.slots)
    if slot is None:
        raise InvalidInputError("No slot of the policy ranks by expected value, so there is no offer.")
    return slot.code
