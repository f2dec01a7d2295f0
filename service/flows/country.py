"""One country of one release: from what was typed to all that is known of the home."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from service.address.matcher import Matcher
from service.address.pattern import address_pattern
from service.area.locate import AreaIndex
from service.area.profile import Profiles
from service.area.units import UnitTable, unit_figures
from service.model import AddressMatch, AddressQuery, Found, Lead, MatchCategory, Place, Profile, UnitFacts
from service.segment.assign import SegmentModel

if TYPE_CHECKING:
    from service.address.online.chain import OnlineGeocoders


@dataclass(frozen=True, slots=True)
class CountryTables:
    """The tables of one country. `units` where a building register is built in, `online` where allowed."""

    code: str
    matcher: Matcher
    areas: AreaIndex
    profiles: Profiles
    segments: SegmentModel
    units: UnitTable | None = None
    online: OnlineGeocoders | None = None

    def find_home(self, lead: Lead, profiling: bool, today: date) -> Found:
        """Address → match → place → unit → profile → segment; only the match without `profiling`."""
        match = self.match_address(lead.address, lead.deadline_ms)
        if not profiling:
            return Found(match, Place(lead.country, {}))
        place = self.areas.locate_match(match)
        unit = self.units.unit_facts(match.address_id) if self.units else None
        found = Found(match, place, unit, self._profile(place, unit))
        return replace(
            found, segment=self.segments.assign_segment(found, lead.declared, lead.language, today)
        )

    def match_address(self, query: AddressQuery, deadline_ms: int) -> AddressMatch:
        """What was found in the index, or online where that is switched on and our own answer is coarse."""
        match = self.matcher.match_address(query)
        if self.online is not None and match.is_coarse:
            match = self.online.match_address(query, deadline_ms) or match
        if match.category is not MatchCategory.C:
            return match
        return replace(match, pattern=address_pattern(query, self.matcher.rules))

    def municipality_name(self, match: AddressMatch) -> str | None:
        """The name of the municipality that a match lies in, where it is known."""
        return self.areas.locate_match(match).names.get("municipality")

    def _profile(self, place: Place, unit: UnitFacts | None) -> Profile | None:
        profile = self.profiles.profile_place(place)
        if profile is None or unit is None:
            return profile
        return replace(profile, figures={**profile.figures, **unit_figures(unit)})
