"""Post towns, their short forms, supplementary town names and municipalities, by folded key."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field, replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from service.address.index import AddressIndex
from service.address.rules import CountryRules
from service.address.text import fold_key, join_key, name_words
from service.tables import Kept

DISTRICT_LETTERS = 2  # "København NV", "Viby Sj": longest district ending of a post town
MAX_TOWN_EDITS = 3
MAX_BEGINNINGS = 200
_KEPT_WORDS = 1024  # words near a town, or near none, that are not looked for again


@dataclass(slots=True)
class TownHit:
    """What a town name can stand for. Sets of rows in the index."""

    exact: set[int] = field(default_factory=set)  # postcodes whose town is written so
    base: set[int] = field(default_factory=set)  # postcodes of the town without its district letters
    supplementary: set[int] = field(default_factory=set)
    municipality: str | None = None
    edits: int = 0
    is_short: bool = False  # written in a short or foreign form

    @property
    def posts(self) -> set[int]:
        return self.exact or self.base


class Towns:
    """All town names of one country."""

    def __init__(self, index: AddressIndex, rules: CountryRules) -> None:
        self._rules = rules
        self._hits: dict[str, TownHit] = defaultdict(TownHit)
        # One text asks for the same words in each of its readings, some thirty times.
        self._near: Kept[str, TownHit | None] = Kept(_KEPT_WORDS)
        self.key: list[str] = []
        self.base_key: list[str] = []
        self.district: list[str] = []
        self.by_municipality: dict[str, set[int]] = defaultdict(set)
        for row, post in enumerate(index.posts):
            words = list(name_words(post.city, rules))
            key = join_key(words, rules)
            last = post.city.split()[-1:] or [""]
            district = fold_key(last[0], rules) if len(words) > 1 and len(last[0]) <= DISTRICT_LETTERS else ""
            base = join_key(words[:-1], rules) if district else key
            self.key.append(key)
            self.base_key.append(base)
            self.district.append(district)
            self._hits[key].exact.add(row)
            self._hits[base].base.add(row)
            for code in post.municipalities:
                self.by_municipality[code].add(row)
        for row, alias in index.town_aliases:
            self._hits[fold_key(alias, rules)].exact.add(row)
        for row, extra in enumerate(index.supplementary):
            if extra:
                self._hits[fold_key(extra, rules)].supplementary.add(row)
        for code, name in index.municipality_names.items():
            self._hits[fold_key(name, rules)].municipality = code
        self._post_keys = sorted({*self.key, *self.base_key})
        self._all_keys = sorted(key for key in self._hits if key)

    def word(self, folded: str) -> str:
        """A word of a town name in full ("kbh" -> "kobenhavn")."""
        return self._rules.town_words.get(folded, folded)

    def lookup(self, words: list[str]) -> TownHit | None:
        """The town written as these folded words, short and foreign names included."""
        key = join_key(words, self._rules)
        hit = self._hits.get(key)
        if hit is None:
            full = self._rules.towns.get(key) or join_key([self.word(word) for word in words], self._rules)
            long = self._hits.get(full) if full != key else None
            hit = replace(long, is_short=True) if long is not None else None
        if hit is None and words[-1] in ("kommune", "by") and len(words) > 1:
            hit = self._hits.get(join_key(words[:-1], self._rules))
        return hit

    def beginning(self, words: list[str]) -> list[TownHit]:
        """All towns whose name begins with these words."""
        key = join_key([self.word(word) for word in words], self._rules)
        low = bisect_left(self._all_keys, key)
        found: list[TownHit] = []
        for name in self._all_keys[low : low + MAX_BEGINNINGS]:
            if not name.startswith(key):
                break
            found.append(self._hits[name])
        return found

    def nearest(self, words: list[str]) -> TownHit | None:
        """The one post town within few edits of these words; None when there is none or several."""
        key = join_key([self.word(word) for word in words], self._rules)
        try:
            return self._near[key]
        except KeyError:
            return self._near.keep(key, self._nearest(key))

    def _nearest(self, key: str) -> TownHit | None:
        cutoff = min(MAX_TOWN_EDITS - 1, len(key) // 4)
        if cutoff < 1:
            return None
        found = process.extract(key, self._post_keys, scorer=OSA.distance, score_cutoff=cutoff, limit=2)
        if not found or (len(found) > 1 and found[1][1] == found[0][1]):
            return None
        hit = self._hits[found[0][0]]
        return TownHit(hit.exact, hit.base, hit.supplementary, hit.municipality, edits=int(found[0][1]))

    def near_post(self, words: list[str], post: int) -> bool:
        """Whether these words are the town of a postcode with its district letters missing or few edits."""
        key = join_key([self.word(word) for word in words], self._rules)
        if key in (self.base_key[post], self.district[post]):
            return bool(key)
        for wanted in (self.key[post], self.base_key[post]):
            allowed = min(MAX_TOWN_EDITS, len(wanted) // 3)
            if OSA.distance(key, wanted, score_cutoff=allowed) <= allowed:
                return True
        return False
