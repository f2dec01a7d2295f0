"""Decisions of the log, with the figures of the very release that each was made from.

The log names areas and release and does not repeat the figures. Releases are immutable folders, so the
figures are the same as long as the folder is there; once it has been removed, a decision is answered
without them, and says from which release it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from service.area.profile import Profiles
from service.errors import NotFoundError, ReleaseError
from service.flows.active import Assets
from service.model import Decision
from service.store.store import Store
from service.tables import Release

_KEPT_RELEASES = 4  # country tables of earlier releases; memory-mapped, some 100 kB each


class PastDecisions:
    """Reads decisions of the log. `current_assets`, where a service has them, spare opening its release."""

    def __init__(
        self, store: Store, reference_data: Path, current_assets: Callable[[], Assets] | None = None
    ) -> None:
        self._store, self._reference_data, self._current = store, reference_data, current_assets
        self._earlier = lru_cache(_KEPT_RELEASES)(self._open)

    def latest(self, lead_id: str) -> Decision:
        """The newest decision of a lead. Raises NotFoundError, and StoreError when the log cannot be read."""
        decision = self._store.latest_decision(lead_id)
        if decision is None:
            raise NotFoundError("No decision is on record for this lead_id; POST /enrich makes one.")
        return self.recall_figures(decision)

    def by_id(self, decision_id: str) -> Decision | None:
        """One decision, None where it is not on record. Raises StoreError."""
        decision = self._store.decision(decision_id)
        return decision and self.recall_figures(decision)

    def recall_figures(self, decision: Decision) -> Decision:
        """The decision with the figures of its areas, or as it is where the release is gone."""
        if decision.profile is None:
            return decision
        profiles = self._profiles(decision.versions.reference_data, decision.country)
        if profiles is None:
            return decision
        return replace(decision, profile=profiles.profile_place(decision.place) or decision.profile)

    def _profiles(self, release_id: str, country: str) -> Profiles | None:
        assets = self._current() if self._current else None
        tables = assets.countries.get(country) if assets and assets.release.id == release_id else None
        return tables.profiles if tables else self._earlier(release_id, country)

    def _open(self, release_id: str, country: str) -> Profiles | None:
        try:
            return Profiles.load(Release.open(self._reference_data, release_id, verify=False), country)
        except ReleaseError:
            return None
