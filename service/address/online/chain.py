"""Online geocoders, asked one after the other for an address that our own index does not have.

Off unless a settings file names them (`settings`). One deadline covers them all; a service that fails
again and again rests; recent answers are kept in memory. Whatever a service answers is laid beside what
was typed with the matcher's own rules and its point beside the postcode's polygon: a service that
answers another house, or a point elsewhere, has answered nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from geopy.exc import GeocoderQueryError
from geopy.location import Location

from service.address.index import AddressIndex
from service.address.matcher import Matcher, query_text
from service.address.online.adapter import keep_addresses_out_of_logs
from service.address.online.breaker import CircuitBreaker
from service.address.online.memory import UNKNOWN, AnswerMemory
from service.address.online.parts import parts_of
from service.address.online.settings import NamedGeocoder, OnlineSettings, load_settings
from service.address.online.single import index_of_one
from service.address.rules import known_countries, load_rules
from service.model import AddressMatch, AddressQuery, MatchCategory, MatchLevel, NextAction

log = logging.getLogger(__name__)

MAX_TYPED = 300  # characters that are sent at most
_AT_ONCE = 8  # calls under way; the next one finds every place taken and goes without
_HOUSE = frozenset({MatchLevel.HOUSE, MatchLevel.UNIT})
# (country, postcode, lat, lon) -> inside; None when the postcode has no known polygon.
PlaceCheck = Callable[[str, str, float, float], bool | None]


# (country, postcode) -> our own index has the houses of that postcode.
KnownPostcode = Callable[[str, str], bool]
WELL_KNOWN_HOUSES = 20  # a postcode with fewer houses in our index is not known to it


def well_known_postcodes(index: AddressIndex) -> frozenset[str]:
    """The postcodes of which an index has at least WELL_KNOWN_HOUSES houses."""
    houses = (index.seg_first[last] - index.seg_first[first] for first, last in pairwise(index.post_seg))
    return frozenset(
        post.postcode for post, count in zip(index.posts, houses, strict=True) if count >= WELL_KNOWN_HOUSES
    )


class OnlineGeocoders:
    """The configured geocoders. Safe to share between threads; makes its own threads at first use."""

    def __init__(
        self,
        settings: OnlineSettings,
        is_in_postcode: PlaceCheck,
        knows_postcode: KnownPostcode = lambda country, postcode: False,
    ) -> None:
        """`knows_postcode`: where our own index knows the houses and not this one, nothing becomes A or B."""
        keep_addresses_out_of_logs()
        self._knows_postcode = knows_postcode
        self._settings = settings
        self._is_in_postcode = is_in_postcode
        self._memory = AnswerMemory(settings.cache_entries, settings.cache_seconds)
        self._breakers = {
            id(named): CircuitBreaker(settings.failures, settings.pause_seconds)
            for named in settings.geocoders
        }
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self.outcomes: Counter[tuple[str, str]] = Counter()

    @classmethod
    def load(
        cls,
        path: Path,
        is_in_postcode: PlaceCheck,
        environ: Mapping[str, str] | None = None,
        knows_postcode: KnownPostcode = lambda country, postcode: False,
    ) -> OnlineGeocoders:
        """Reads the settings file. Raises ConfigError."""
        return cls(load_settings(path, environ), is_in_postcode, knows_postcode)

    def match_address(self, query: AddressQuery, deadline_ms: int) -> AddressMatch | None:
        """The house that the first service with a usable answer found; None when none has one in time.

        Takes at most `deadline_ms` or the configured deadline, whichever is less. Never raises.
        """
        asked = [named for named in self._settings.geocoders if query.country in named.countries]
        if not asked:
            return None
        remembered = self._memory.recall(query)
        if remembered is not UNKNOWN:
            self._count("memory", "found" if remembered else "nothing")
            return remembered  # type: ignore[return-value]
        end = time.monotonic() + min(deadline_ms, self._settings.deadline_ms) / 1_000
        sure = True
        for named in asked:
            left = end - time.monotonic()
            if left <= 0:
                return None
            answered, match = self._ask(named, query, left)
            if match is not None:
                self._memory.remember(query, match)
                return match
            sure = sure and answered
        if sure:  # every service answered that there is none
            self._memory.remember(query, None)
        return None

    def is_resting(self, name: str) -> bool:
        """Whether every service of that name is being left alone after failures."""
        named = [one for one in self._settings.geocoders if one.name == name]
        return bool(named) and all(self._breakers[id(one)].is_open for one in named)

    def close(self) -> None:
        """Lets the threads go; calls under way end on their own deadline."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(
        self, named: NamedGeocoder, query: AddressQuery, left: float
    ) -> tuple[bool, AddressMatch | None]:
        """(the service answered, what of it is usable)."""
        breaker = self._breakers[id(named)]
        if not breaker.allows_call():
            self._count(named.name, "resting")
            return False, None
        try:
            place = self._call(named, query, left)
        except GeocoderQueryError:
            breaker.record_success()  # the service is well; it does not take this text
            self._count(named.name, "refused")
            return True, None
        except Exception as error:  # a service and its parser may fail in any way; the lead must not
            breaker.record_failure()
            self._count(named.name, "failed")
            log.warning("online geocoder %s failed (%s)", named.name, type(error).__name__)
            return False, None
        breaker.record_success()
        match = self._judge(named, query, place) if place is not None else None
        outcome = "found" if match else "nothing" if place is None else "contradicts"
        self._count(named.name, outcome)
        return True, match

    def _call(self, named: NamedGeocoder, query: AddressQuery, left: float) -> Location | None:
        """One call in a thread of ours: resolving a name, and headers that trickle, know no timeout."""
        if not self._places.acquire(blocking=False):
            raise TimeoutError
        text = query_text(query).replace("\n", ", ")[:MAX_TYPED]
        try:
            future: Future[Any] = self._threads().submit(
                named.geocoder.geocode, text, exactly_one=True, timeout=left, **named.query
            )
        except RuntimeError:
            self._places.release()
            raise
        future.add_done_callback(lambda _: self._places.release())
        place: Location | None = future.result(timeout=left)
        return place

    def _judge(self, named: NamedGeocoder, query: AddressQuery, place: Location) -> AddressMatch | None:
        found = parts_of(place)
        if found is None or not self._is_plausible(query.country, found.postcode, place):
            return None
        index = index_of_one(query.country, found, place.latitude, place.longitude, f"online: {named.name}")
        if index is None:
            return None
        match = Matcher(index).match_address(query)
        if match.level not in _HOUSE or match.reason == "leftover_words":
            return None  # another house, or one elsewhere than what was typed says
        if match.category is MatchCategory.C:
            return match
        reason = None
        if self._knows_postcode(query.country, match.postcode or ""):
            reason = "own_index_disagrees"  # a service that echoes what was typed proves nothing
        elif any(change.startswith("street") for change in match.changes):
            # B needs the nearest street of the postcode, and only an index that knows it can say which.
            reason = "street_corrected"
        if reason:
            return replace(match, category=MatchCategory.C, next_action=NextAction.CONFIRM, reason=reason)
        return match

    def _is_plausible(self, country: str, postcode: str, place: Location) -> bool:
        lat, lon = place.latitude, place.longitude
        inside = self._is_in_postcode(country, postcode.replace(" ", ""), lat, lon)
        if inside is not None:
            return inside
        if country not in known_countries():
            return True
        south, west, north, east = load_rules(country).bounds
        return bool(south <= lat <= north and west <= lon <= east)

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:  # after a fork, not before
                self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="online-geocoder")
            return self._pool

    def _count(self, name: str, outcome: str) -> None:
        with self._lock:
            self.outcomes[name, outcome] += 1
