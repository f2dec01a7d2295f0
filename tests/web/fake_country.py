"""A country of one house, and a policy of one greeting and one agent."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from service.address.matcher import Matcher
from service.model import (
    AddressMatch,
    Evidence,
    Figure,
    Found,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Profile,
    Segment,
    SegmentShare,
    Treatment,
    Weights,
)
from service.refdata.addresses.record import POSTCODES_SCHEMA, STAGING_SCHEMA
from service.refdata.addresses.writer import write_index

PROFILE = Profile(
    country="DK",
    level="polling_area",
    code="101016",
    households=5120,
    urbanity=2,
    figures={
        "owner_share": Figure(
            0.11999999731, "share of dwellings", 25, "polling_area", "2020-01-01", "dst-valgdatabase", 5120
        )
    },
)


class FakeCountry:
    """Knows one house; everything else is not recognised. Completes the houses of one street."""

    code = "DK"

    def __init__(self, matcher):
        self.matcher = matcher

    def match_address(self, query, deadline_ms):
        if "brogade" not in (query.text or query.street):
            return AddressMatch(
                "DK", MatchLevel.NONE, MatchCategory.C, NextAction.FIX, reason="nothing_recognised"
            )
        return AddressMatch(
            "DK",
            MatchLevel.HOUSE,
            MatchCategory.B,
            NextAction.CONFIRM,
            street="Nørrebrogade",
            house_number="52C",
            floor="2",
            door="th",
            postcode="2200",
            city="København N",
            municipality_code="0101",
            lat=55.6921,
            lon=12.5535,
            changes=("street: 'Nørebrogade' -> 'Nørrebrogade'",),
            source="dk-addresses 2026-10",
        )

    def municipality_name(self, match):
        return self.locate_match(match).names.get("municipality")

    def locate_match(self, match):
        if match.level is MatchLevel.NONE:
            return Place("DK", {})
        return Place("DK", {"polling_area": "101016", "municipality": "0101"}, {"municipality": "København"})

    def find_home(self, lead, profiling, today):
        match = self.match_address(lead.address, lead.deadline_ms)
        if not profiling:
            return Found(match, Place("DK", {}))
        place = self.locate_match(match)
        if not place.codes:
            return Found(match, place)
        segment = Segment(
            "A1",
            "Unge i byen",
            0.71,
            False,
            (SegmentShare("A1", 0.71), SegmentShare("A3", 0.29)),
            (Evidence("dwelling", "flat", 0.9),),
            "polling_area",
        )
        return Found(match, place, None, PROFILE, segment)


class FakeTreating:
    def weigh_behaviour(self, lead, segment, behaviour):
        return Weights(), None

    def models_followed(self, lead, status):
        return {}

    def choose_treatments(self, lead, found, sub_segment, status, history, now):
        return {
            "greeting": Treatment(
                "greeting", "greet-city", "treated", 0.95, {"headline": "Velkommen til Nørrebro"}
            ),
            "agent": Treatment(
                "agent",
                "agent-17",
                "treated",
                0.95,
                {
                    "name": "Anna Ø.",
                    "reasons": ["speaks da"],
                    "preferred_agents": ["agent-17"],
                    "allowed": True,
                },
            ),
        }


class FakeRelease:
    id = "2026-11-21.1"
    countries = ("DK",)
    manifest: ClassVar = {
        "schema_version": 1,
        "countries": {
            "DK": {
                "levels": ["polling_area", "municipality", "country"],
                "finest": "polling_area",
                "tables": [
                    {
                        "path": "DK/profiles_polling_area.arrow",
                        "kind": "profiles",
                        "rows": 1384,
                        "bytes": 1,
                        "sha256": "00",
                        "vintage": "2020-01-01",
                        "accessed": "2026-11-20",
                        "sources": ["dst-valgdatabase"],
                        "licence": "CC BY 4.0",
                        "attribution": "DST",
                    }
                ],
            }
        },
    }

    def json(self, country, name):
        assert (country, name) == ("DK", "variables")
        return [
            {
                "code": "owner_share",
                "unit": "share of dwellings",
                "topic": "tenure",
                "weight": "dwellings",
                "label": {"en": "Owned"},
                "source": "dst-valgdatabase",
                "vintage": "2020-01-01",
            }
        ]


def one_street(folder):
    """A matcher of Nørrebrogade 1 to 29."""
    town = {"postcode": "2200", "city": "København N"}
    house = {"street": "Nørrebrogade", "lat": 55.6921, "lon": 12.5535, "status": "current", "units": []}
    houses = [house | town | {"id": f"n{number}", "number": str(number)} for number in range(1, 30)]
    write_index(
        pa.Table.from_pylist(houses, schema=STAGING_SCHEMA),
        pa.Table.from_pylist([town | {"bulk": False, "municipalities": ["0101"]}], schema=POSTCODES_SCHEMA),
        folder,
        country="DK",
        source="test-addresses 2026-01",
        licence="CC0 1.0",
        attribution="nobody",
        vintage="2026-01",
    )
    return Matcher.open(folder)
