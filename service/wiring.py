"""The only file that chooses implementations: settings in, the parts of the service out.

Nothing passes through here once the service has started: doors call flows, which are handed these parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from service.address.matcher import Matcher
from service.area.locate import AreaIndex
from service.area.profile import Profiles
from service.area.units import UnitTable
from service.config import Config
from service.decide.experiments import check_experiment_unchanged
from service.decide.policy import load_policy
from service.errors import ConfigError
from service.flows.active import Assets, AssetsKeeper
from service.flows.country import CountryTables
from service.flows.enrich import Enricher
from service.flows.past_figures import PastDecisions
from service.flows.policy_for_lead import PolicyForLead
from service.flows.policy_memory import PolicyMemory
from service.learn.live.promoted import PromotedModel
from service.learn.live.rollout import rollout_state
from service.model import Versions
from service.segment.assign import SegmentModel
from service.segment.definitions import Definitions, load_definitions
from service.store.store import Store, open_store
from service.tables import Release

if TYPE_CHECKING:
    from service.address.online.chain import OnlineGeocoders


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that the doors hand to the flows. `failures` are told of every step that failed."""

    config: Config
    enricher: Enricher
    store: Store
    keeper: AssetsKeeper
    past: PastDecisions
    failures: list[Callable[[str], None]]

    def assets(self) -> Assets:
        """What is active now; ask once per request."""
        return self.keeper.current()

    def now(self) -> datetime:
        """The time, in UTC; the one clock of the doors."""
        return datetime.now(UTC)


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
    memory = PolicyMemory(store)
    keeper = AssetsKeeper(
        config.reference_data,
        lambda release: load_assets(config, memory, release),
        lambda: rollout_state(config.model) if config.model else "",
    )
    failures: list[Callable[[str], None]] = []

    def count_failure(what: str) -> None:
        for count in failures:
            count(what)

    return Services(
        config=config,
        enricher=Enricher(keeper.current, memory, count_failure),
        store=store,
        keeper=keeper,
        past=PastDecisions(store, config.reference_data, keeper.current),
        failures=failures,
    )


def load_assets(config: Config, memory: PolicyMemory, release_id: str | None = None) -> Assets:
    """Loads release and policy. Raises ReleaseError or PolicyError, one sentence that says what to do.

    A policy that changes an experiment while it runs is refused like any other fault.
    """
    reference_data = config.reference_data
    release = Release.open(reference_data, release_id)
    definitions = load_definitions(reference_data / "policy" / "segments")
    policy = load_policy(reference_data / "policy", definitions.codes)
    guards = memory.store.guards
    check_experiment_unchanged(guards.running_experiments(), policy.experiments)
    countries = {cc: _load_country(config, release, cc, definitions) for cc in release.countries}
    guards.note_experiments(policy.experiments.fingerprints)
    promoted = PromotedModel.open(config.model) if config.model else None
    return Assets(
        countries=countries,
        treating=PolicyForLead(policy, memory, promoted),
        versions=Versions(reference_data=release.id, policy=policy.version),
        release=release,
        policy=policy,
        definitions=definitions,
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
