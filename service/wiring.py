"""The only file that chooses implementations: settings in, the parts of the service out.

A request takes its `Assets` once, so every answer is wholly from one release and one policy. A
background thread per worker looks every second whether another release or policy is active, loads it
beside the old one and swaps a single reference.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from service.address.matcher import Matcher
from service.address.pattern import address_pattern
from service.area.locate import AreaIndex
from service.area.profile import Profiles
from service.area.units import UnitTable, unit_figures
from service.config import Config
from service.decide.experiments import check_experiment_unchanged
from service.decide.policy import Policy, load_policy
from service.errors import ConfigError, InvalidInputError
from service.flows.active import AssetsKeeper
from service.flows.enrich import Assets, Enricher, LeadHistory
from service.flows.past_figures import FigureArchive
from service.flows.policy_for_lead import PolicyTreating
from service.flows.policy_memory import Known
from service.learn.live.promoted import PromotedModel
from service.learn.live.rollout import rollout_state
from service.model import (
    AddressMatch,
    AddressQuery,
    Decision,
    Declared,
    Lead,
    MatchCategory,
    Place,
    Profile,
    Segment,
    UnitFacts,
    Versions,
)
from service.segment.assign import SegmentModel
from service.segment.definitions import Definitions, load_definitions
from service.store.ids import new_id
from service.store.store import Store, open_store
from service.tables import Release

if TYPE_CHECKING:
    from service.address.online.chain import OnlineGeocoders

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class CountryTables:
    """One country of one release: what `enrich.Country` asks for."""

    code: str
    matcher: Matcher
    areas: AreaIndex
    profiles: Profiles
    segments: SegmentModel
    units: UnitTable | None = None
    online: OnlineGeocoders | None = None

    def match_address(self, query: AddressQuery, deadline_ms: int) -> AddressMatch:
        match = self.matcher.match_address(query)
        if self.online is not None and match.is_coarse:
            match = self.online.match_address(query, deadline_ms) or match
        if match.category is not MatchCategory.C:
            return match
        return replace(match, pattern=address_pattern(query, self.matcher.rules))

    def locate_match(self, match: AddressMatch) -> Place:
        return self.areas.locate_match(match)

    def profile_place(self, place: Place, unit: UnitFacts | None) -> Profile | None:
        profile = self.profiles.profile_place(place)
        if profile is None or unit is None:
            return profile
        return replace(profile, figures={**profile.figures, **unit_figures(unit)})

    def unit_facts(self, match: AddressMatch) -> UnitFacts | None:
        return self.units.unit_facts(match.address_id) if self.units else None

    def assign_segment(
        self,
        place: Place,
        profile: Profile | None,
        match: AddressMatch,
        unit: UnitFacts | None,
        declared: Declared,
        language: str,
        today: date,
    ) -> Segment:
        return self.segments.assign_segment(
            place=place,
            profile=profile,
            match=match,
            unit=unit,
            declared=declared,
            language=language,
            today=today,
        )


@dataclass(frozen=True, slots=True)
class LoadedAssets(Assets):
    """The active assets with the parts that catalogues and reports read."""

    release: Release = field(kw_only=True)
    policy: Policy = field(kw_only=True)
    definitions: Definitions = field(kw_only=True)
    tables: Mapping[str, CountryTables] = field(kw_only=True)
    treating: PolicyTreating


def load_assets(config: Config, known: Known, release_id: str | None = None) -> LoadedAssets:
    """Loads release and policy. Raises ReleaseError or PolicyError, one sentence that says what to do.

    A policy that changes an experiment while it runs is refused like any other fault.
    """
    reference_data = config.reference_data
    release = Release.open(reference_data, release_id)
    definitions = load_definitions(reference_data / "policy" / "segments")
    policy = load_policy(reference_data / "policy", definitions.codes)
    guards = known.store.guards
    check_experiment_unchanged(guards.running_experiments(), policy.experiments)
    tables = {cc: _load_country(config, release, cc, definitions) for cc in release.countries}
    guards.note_experiments(policy.experiments.fingerprints)
    return LoadedAssets(
        countries=tables,
        treating=PolicyTreating(policy, known, PromotedModel.open(config.model) if config.model else None),
        versions=Versions(reference_data=release.id, policy=policy.version),
        release=release,
        policy=policy,
        definitions=definitions,
        tables=tables,
    )


def _load_country(config: Config, release: Release, country: str, definitions: Definitions) -> CountryTables:
    own = config.addresses / country if config.addresses else None
    matcher = Matcher.open(own if own and own.exists() else release.path(country, "addresses"))
    areas = AreaIndex.load(release, country)
    online = _load_online(config.online_geocoders, matcher, areas) if config.online_geocoders else None
    return CountryTables(
        code=country,
        matcher=matcher,
        areas=areas,
        profiles=Profiles.load(release, country),
        segments=SegmentModel.load(release, country, definitions),
        units=UnitTable.load(release, country),
        online=online,
    )


def _load_online(settings: Path, matcher: Matcher, areas: AreaIndex) -> OnlineGeocoders:
    # Imported only where asked for: geopy, requests and pyproj would cost every worker 30 MB.
    from service.address.online.chain import OnlineGeocoders, well_known_postcodes  # noqa: PLC0415

    known = well_known_postcodes(matcher.index)
    return OnlineGeocoders.load(
        settings,
        lambda _, postcode, lat, lon: areas.is_in_postcode(postcode, lat, lon),
        knows_postcode=lambda _, postcode: postcode in known,
    )


@dataclass(frozen=True, slots=True)
class DecisionLog:
    """The store as `enrich.Log` asks for it."""

    known: Known
    current_policy: Callable[[], Policy]

    def read_history(self, lead: Lead, now: datetime) -> LeadHistory:
        return LeadHistory(
            objected=self.known.store.guards.objected(lead.lead_id), behaviour=self.known.behaviour(lead, now)
        )

    def record_decision(self, decision: Decision) -> None:
        self.known.store.record_decision(decision, self.known.spends(self.current_policy(), decision))

    def new_decision_id(self, now: datetime) -> str:
        return new_id("dec")


@dataclass(frozen=True, slots=True)
class Services:
    """All that `web` and `cli` reach the product through."""

    config: Config
    enricher: Enricher
    store: Store
    keeper: AssetsKeeper[LoadedAssets]
    archive: FigureArchive
    failures: list[Callable[[str], None]]

    def assets(self) -> LoadedAssets:
        return self.keeper.current()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def language_of(self, country: str) -> str:
        """The language of leads that name none."""
        market = self.assets().policy.company.markets.get(country)
        return market.language if market else "en"

    @property
    def countries(self) -> Mapping[str, CountryTables]:
        return self.assets().tables

    def check_ready(self) -> dict[str, object]:
        """What this worker answers from. Raises StoreError when the store does not answer."""
        self.store.ping()
        versions = self.assets().versions
        return {"reference_data": versions.reference_data, "policy": versions.policy}

    def check_variables(self, country: str, codes: Sequence[str]) -> None:
        """Raises InvalidInputError for a country or variable that the release does not have."""
        if country not in self.countries:
            known = ", ".join(sorted(self.countries))
            raise InvalidInputError(
                f"There are no tables for country {country!r}; there are for {known}.", "country"
            )
        variables = {v["code"] for v in self.assets().release.json(country, "variables")}
        if unknown := [c for c in codes if c not in variables]:
            raise InvalidInputError(
                f"No variable is called {', '.join(unknown)}; there are {', '.join(sorted(variables))}.",
                "variables",
            )

    def latest_decision(self, lead_id: str) -> Decision | None:
        """The newest decision about a lead, with its figures. Raises StoreError."""
        decision = self.store.latest_decision(lead_id)
        return decision and self.archive.recall_figures(decision)

    def logged_decision(self, decision_id: str) -> Decision | None:
        """One decision, with its figures. Raises StoreError."""
        decision = self.store.decision(decision_id)
        return decision and self.archive.recall_figures(decision)

    def enricher_of_slots(self, *only: str) -> Enricher:
        """An enricher that chooses in these slots only, from the assets active now, to the end of a job."""
        assets = self.assets()
        pinned = replace(assets, treating=replace(assets.treating, only=frozenset(only)))
        return Enricher(lambda: pinned, self.enricher.log, self.enricher.count_failure)

    def version_text(self) -> str:
        versions = self.assets().versions
        return f"{versions.reference_data} {versions.policy}"

    def start_background(self) -> None:
        """Starts this process's background thread; call it once per worker, after the fork."""
        threading.Thread(target=self._watch, name="doorstep-watch", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            try:
                self.keeper.refresh()
            except Exception:  # the thread must outlive whatever one look meets
                log.exception("looking for another release failed")


def build_services(config: Config) -> Services:
    """Opens the store and loads the active assets.

    Raises ConfigError, ReleaseError, PolicyError or StoreError: the start fails with one sentence.
    """
    if not config.reference_data.is_dir():
        raise ConfigError(
            f"ENRICH_REFERENCE_DATA is {str(config.reference_data)!r}, which is not a folder; "
            "it must hold policy/ and releases/."
        )
    store = open_store(config.database_url, salt=config.salt, demo_keys=config.demo_keys)
    known = Known(store)
    keeper = AssetsKeeper(
        config.reference_data,
        lambda release: load_assets(config, known, release),
        lambda: rollout_state(config.model) if config.model else "",
    )

    def active_profiles(release: str, country: str) -> Profiles | None:
        assets = keeper.current()
        tables = assets.tables.get(country) if assets.release.id == release else None
        return tables.profiles if tables else None

    failures: list[Callable[[str], None]] = []

    def count_failure(what: str) -> None:
        for count in failures:
            count(what)

    enricher = Enricher(keeper.current, DecisionLog(known, lambda: keeper.current().policy), count_failure)
    archive = FigureArchive(config.reference_data, active_profiles)
    return Services(
        config=config, enricher=enricher, store=store, keeper=keeper, archive=archive, failures=failures
    )
