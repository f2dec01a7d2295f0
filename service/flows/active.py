"""What is active: the release, the policy and what they are made into, held and swapped as one.

New assets are loaded beside the old; requests under way end with those that they began with.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from service.area.profile import Profiles
from service.decide.policy import Policy, hash_files
from service.decide.situation import Status
from service.errors import DoorstepError, InvalidInputError
from service.flows.country import CountryTables
from service.flows.policy_for_lead import PolicyForLead
from service.model import Lead, Versions
from service.segment.definitions import Definitions
from service.tables import Release, current_release_id

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Assets:
    """All that one answer is made from: wholly one release and one policy, swapped as one."""

    countries: Mapping[str, CountryTables]
    treating: PolicyForLead
    versions: Versions
    release: Release
    policy: Policy
    definitions: Definitions

    def language_of(self, country: str) -> str:
        """The language of leads that name none."""
        market = self.policy.company.markets.get(country)
        return market.language if market else "en"

    def tables_of(self, country: str) -> CountryTables:
        """The tables of a country. Raises InvalidInputError for one that the release does not have."""
        tables = self.countries.get(country.upper())
        if tables is None:
            raise InvalidInputError(
                f"There are tables for {', '.join(sorted(self.countries))} only.", "country"
            )
        return tables

    def profiles(self) -> Mapping[str, Profiles]:
        """The open figures by country."""
        return {country: tables.profiles for country, tables in self.countries.items()}

    def versions_for(self, lead: Lead, status: Status) -> Versions:
        """What a lead's answer is made from, with the models that it was drawn to follow."""
        models = self.treating.models_followed(lead, status)
        return replace(self.versions, models=models) if models else self.versions


class AssetsKeeper:
    """Holds the active assets. `load` is given a release id (None: the active one).

    `also` names the state of whatever else the assets are made from, such as a model's rollout.
    """

    def __init__(
        self, reference_data: Path, load: Callable[[str | None], Assets], also: Callable[[], str] = str
    ) -> None:
        self._reference_data, self._load, self._also = reference_data, load, also
        self._also_active = also()
        self._assets = load(None)
        self._refused: tuple[str, str, str] | None = None

    def current(self) -> Assets:
        """The assets that are active now."""
        return self._assets

    def refresh(self) -> bool:
        """True when other assets are active now.

        What cannot be loaded is logged once and the old assets go on: a policy file saved half-way must
        not stop a service that runs.
        """
        versions = self._assets.versions
        try:
            wanted = (
                current_release_id(self._reference_data),
                hash_files(self._reference_data / "policy"),
                self._also(),
            )
        except (DoorstepError, OSError) as error:
            log.error("the active release or policy cannot be told: %s", error)
            return False
        if wanted in ((versions.reference_data, versions.policy, self._also_active), self._refused):
            return False
        try:
            assets = self._load(wanted[0])
        except DoorstepError as error:
            log.error("the new release or policy cannot be loaded; the old one goes on: %s", error)
            self._refused = wanted
            return False
        self._assets, self._also_active, self._refused = assets, wanted[2], None
        log.info("assets swapped", extra={"release": wanted[0], "policy": wanted[1]})
        return True

    def start_watching(self) -> None:
        """Looks every second, in a thread of this process; call it once per worker, after the fork."""
        threading.Thread(target=self._watch, name="doorstep-watch", daemon=True).start()

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            try:
                self.refresh()
            except Exception:  # the thread must outlive whatever one look meets
                log.exception("looking for another release failed")
