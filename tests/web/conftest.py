"""A service over a real SQLite store, with a small fake country behind the real pipeline."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from service.config import Config, load_config
from service.flows.active import Assets
from service.flows.enrich import Enricher
from service.flows.past_figures import PastDecisions
from service.flows.policy_memory import LeadHistory
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
    Suggestion,
    Treatment,
    Versions,
    Weights,
)
from service.segment.definitions import load_definitions
from service.store.store import Store, open_store
from service.web.app import create_app
from service.wiring import build_services

TYPED = "Nørebrogade 52C, 2. th, 2200 København N"
SECRET = {"Authorization": "Bearer sk_demo"}
BROWSER = {"Authorization": "Bearer pk_demo"}

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


class FakeMatcher:
    """Completes one street."""

    @property
    def suggester(self):
        return self

    def suggest(self, text, limit):
        if "n" not in text.lower():
            return ()
        street = Suggestion(
            "Nørrebrogade, 2200 København N",
            MatchLevel.STREET,
            False,
            "Nørrebrogade",
            None,
            "2200",
            "København N",
        )
        houses = tuple(
            Suggestion(
                f"Nørrebrogade {n}, 2200 København N",
                MatchLevel.HOUSE,
                True,
                "Nørrebrogade",
                str(n),
                "2200",
                "København N",
                None,
                55.6921,
                12.5535,
            )
            for n in range(1, 30)
        )
        return (street, *houses)[:limit]


class FakeCountry:
    """Knows one house; everything else is not recognised."""

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

    def profile_place(self, place, unit):
        return PROFILE if place.codes else None

    @property
    def matcher(self):
        return FakeMatcher()

    def find_home(self, lead, profiling, today):
        match = self.match_address(lead.address, lead.deadline_ms)
        if not profiling:
            return Found(match, Place("DK", {}))
        place = self.locate_match(match)
        profile = self.profile_place(place, None)
        if profile is None:
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
        return Found(match, place, None, profile, segment)


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


@dataclass(frozen=True)
class FakeAssets(Assets):
    policy: object = None
    release: FakeRelease = field(default_factory=FakeRelease)
    definitions: object = field(
        default_factory=lambda: load_definitions(load_config({}).reference_data / "policy" / "segments")
    )

    def language_of(self, country):
        return "da"


@dataclass
class FakeServices:
    config: Config
    store: Store
    enricher: Enricher = field(init=False)
    past: PastDecisions = field(init=False)
    failures: list = field(default_factory=list)

    def __post_init__(self):
        self.held = FakeAssets({"DK": FakeCountry()}, FakeTreating(), Versions("2026-11-21.1", "sha256:00"))
        self.enricher = Enricher(lambda: self.held, FakeMemory(self.store), self.count_failure)
        self.past = FakePast(self.store, self.config.reference_data, lambda: self.held)

    def count_failure(self, step):
        for count in self.failures:
            count(step)

    def assets(self):
        return self.held

    def now(self):
        return datetime.now(UTC)


class FakePast(PastDecisions):
    def recall_figures(self, decision):
        if decision.profile is None:
            return decision
        return replace(decision, profile=FakeCountry().profile_place(decision.place, None))


class FakeMemory:
    def __init__(self, store):
        self.store = store

    def read_history(self, lead, now):
        return LeadHistory()

    def record_decision(self, policy, decision):
        self.store.record_decision(decision)

    def record_behind(self, policy, decision):
        self.store.record_behind(decision)


@pytest.fixture
def config(tmp_path):
    return load_config({"ENRICH_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite"})


@pytest.fixture
def services(config):
    store = open_store(config.database_url, demo_keys=True)
    yield FakeServices(config, store)
    store.close()


@pytest.fixture(scope="session")
def real_client(tmp_path_factory):
    """The service as shipped: the embedded release and policy, a SQLite file."""
    folder = tmp_path_factory.mktemp("real")
    built = build_services(load_config({"ENRICH_DATABASE_URL": f"sqlite:///{folder}/store.sqlite"}))
    yield create_app(built).test_client()
    built.store.close()


@pytest.fixture
def app(services):
    return create_app(services)


@pytest.fixture
def client(app):
    return app.test_client()


# ---------------------------------------------------------------- real browser, real HTTP

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium binary on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def listening(app):
    """The app on a port of its own; gives its base URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def listen():
    return listening


@pytest.fixture
def base(app):
    with listening(app) as url:
        yield url


@pytest.fixture
def picture():
    """picture(page, name) keeps a screenshot to look at, where ENRICH_TEST_PICTURES names a folder."""
    folder = os.environ.get("ENRICH_TEST_PICTURES")

    def keep(page, name):
        if folder:
            page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)

    return keep
