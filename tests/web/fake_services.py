"""The services of the application: a real store and pipeline, the country of `fake_country` behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace

from service.address.matcher import Matcher
from service.config import Config, load_config
from service.decide.slots.kinds import read_slots
from service.decide.toml_table import load_toml
from service.flows.active import Assets
from service.flows.enrich import Enricher
from service.flows.past_figures import PastDecisions
from service.flows.policy_memory import LeadHistory
from service.model import Versions
from service.segment.definitions import load_definitions
from service.store.store import Store
from tests.web.fake_country import PROFILE, FakeCountry, FakeRelease, FakeTreating

TYPED = "Nørebrogade 52C, 2. th, 2200 København N"
SECRET = {"Authorization": "Bearer sk_demo"}
BROWSER = {"Authorization": "Bearer pk_demo"}


@dataclass(frozen=True)
class FakePolicy:
    experiments: object = field(default_factory=lambda: SimpleNamespace(holdout_share=0.05))
    slots: Mapping = field(
        default_factory=lambda: read_slots(load_toml(load_config({}).reference_data / "policy", "slots.toml"))
    )


@dataclass(frozen=True)
class FakeAssets(Assets):
    policy: object = field(default_factory=FakePolicy)
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
    matcher: Matcher
    enricher: Enricher = field(init=False)
    past: PastDecisions = field(init=False)
    failures: list = field(default_factory=list)

    def __post_init__(self):
        self.held = FakeAssets(
            {"DK": FakeCountry(self.matcher)}, FakeTreating(), Versions("2026-11-21.1", "sha256:00")
        )
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
        return decision if decision.profile is None else replace(decision, profile=PROFILE)


class FakeMemory:
    def __init__(self, store):
        self.store = store

    def read_history(self, lead, now):
        return LeadHistory()

    def record_decision(self, policy, decision):
        self.store.record_decision(decision)

    def record_behind(self, policy, decision):
        self.store.record_behind(decision)
