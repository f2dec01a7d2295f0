"""The same tests on SQLite and on a PostgreSQL server that lives as long as the run."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from service.model import (
    AddressMatch,
    Decision,
    Evidence,
    Figure,
    MatchCategory,
    MatchLevel,
    NextAction,
    Place,
    Profile,
    Segment,
    SegmentShare,
    Treatment,
    UnitFacts,
    Versions,
    Weights,
)
from service.store import Store, open_store
from service.store.ids import new_id
from tests.postgres_server import find_binaries, throwaway_postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a throw-away server, without a database name. Skips where there is no server binary."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server binary on this machine (apt-get install postgresql)")
    with throwaway_postgres(binaries) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store' / 'doorstep.sqlite'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


STREET = "Hemmelighedsgade"  # must be found nowhere in a store


@pytest.fixture
def make_decision() -> Callable[..., Decision]:
    """A whole decision at an address that no store may know; keyword arguments replace its fields."""

    def make(lead_id: str = "crm-1", **changes: object) -> Decision:
        decision = Decision(
            decision_id=new_id("dec"),
            lead_id=lead_id,
            status="ok",
            reason=None,
            made_at=datetime(2026, 11, 21, 10, 2, 11, 123000, tzinfo=UTC),
            country="DK",
            language="da",
            channel="web_form",
            address=AddressMatch(
                country="DK",
                level=MatchLevel.HOUSE,
                category=MatchCategory.B,
                next_action=NextAction.CONFIRM,
                address_id="0a3f-secret-id",
                street=STREET,
                house_number="987C",
                floor="2",
                door="th",
                postcode="2200",
                city="København N",
                supplementary_city="Hemmelighedsby",
                municipality_code="0101",
                lat=55.69214,
                lon=12.55351,
                points=((55.69214, 12.55351),),
                status="current",
                units_at_number=7,
                neighbour_distance_m=12.5,
                changes=(f"street: 'Hemelighedsgade' -> '{STREET}'",),
                alternatives=(f"{STREET} 987B",),
                reason="corrected",
                source="dk-addresses 2026-10",
            ),
            place=Place(
                "DK",
                {"polling_area": "101016", "postcode": "2200", "country": "DK"},
                {"parish": "Sankt Hans"},
            ),
            profile=Profile(
                "DK",
                "polling_area",
                "101016",
                5120.0,
                2,
                {"owner_share": Figure(0.12, "share", 25, "polling_area", "2020-01-01", "dst", 5120)},
            ),
            segment=Segment(
                "A1",
                "Unge i byen",
                0.71,
                False,
                (SegmentShare("A1", 0.71), SegmentShare("A3", 0.29)),
                (Evidence("dwelling", "flat", 0.9, None, "2026-10-01", None),),
                "polling_area",
                None,
            ),
            sub_segment="new",
            weights=Weights(12, 0.75, 0.25),
            treatments={
                "greeting": Treatment(
                    "greeting", "greet-city", "treated", 0.95, {"headline": "Hej på Nørrebro"}
                ),
                "agent": Treatment(
                    "agent", "agent-17", "holdout", 0.05, {"allowed": True, "reasons": ["speaks da"]}
                ),
            },
            versions=Versions("2026-11-20.1", "sha256:abc", {"response": "m1"}),
            profiling="performed",
            unit=UnitFacts("flat", "owner", 82, 3, 1932, "2026-10-01", "bbr"),
        )
        return replace(decision, **changes)  # type: ignore[arg-type]

    return make
