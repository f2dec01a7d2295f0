"""The figures behind a logged decision, from the very release that it was made from.

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
from service.errors import ReleaseError
from service.model import Decision
from service.tables import Release

_KEPT_RELEASES = 4  # country tables of earlier releases; memory-mapped, some 100 kB each


class FigureArchive:
    """Finds figures again. `active` gives the profiles of a country if the named release is active."""

    def __init__(self, reference_data: Path, active: Callable[[str, str], Profiles | None]) -> None:
        self._reference_data, self._active = reference_data, active
        self._earlier = lru_cache(_KEPT_RELEASES)(self._open)

    def recall_figures(self, decision: Decision) -> Decision:
        """The decision with the figures of its areas, or as it is where the release is gone."""
        if decision.profile is None:
            return decision
        release, country = decision.versions.reference_data, decision.country
        profiles = self._active(release, country) or self._earlier(release, country)
        if profiles is None:
            return decision
        return replace(decision, profile=profiles.profile_place(decision.place) or decision.profile)

    def _open(self, release_id: str, country: str) -> Profiles | None:
        try:
            return Profiles.load(Release.open(self._reference_data, release_id, verify=False), country)
        except ReleaseError:
            return None
