"""Sensitive columns, refused by name: special categories of personal data (GDPR art. 9 and 10) and proxies.

A name in Danish, Norwegian, Swedish, Finnish or English is cut into words (`pctNonWestern_2020` → pct, non,
western, 2020) and each topic is a pattern over the joined words, so that `trace` is no race and
`original_price` no origin. Publishers' files are refused by the words of `denied.toml` as well, wherever in
a name they stand: their columns are sentences.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from service.errors import SourceError

_TOPICS: dict[str, tuple[str, ...]] = {
    "origin": (
        r"origin_(country|ethnic)\w*|(country|land|region)_of_(origin|birth)|country_origin|ethnic\w*|race|racial",
        r"nationalit\w*|citizen\w*|statsborger\w*|medborgar\w*|kansalais\w*|immigr\w*|indvandr\w*|innvandr\w*|invandr\w*",
        r"efterkommer\w*|herkomst\w*|oprindelse\w*|oprindelsesland|opphav\w*|härkomst\w*|ursprung\w*|syntyperä\w*|maahanmuut\w*",
        r"(p|pct|percent|share)_?(white|black|hispanic|latino|asian)s?|hispanic|latino|foreign_?(born|worker)\w*|"
        r"(white|black|asian)_(share|pct|percent|population|people|american)|native_country|fødeland\w*|født_i_\w*|födelseland\w*",
        r"(non_?)?western|(ikke_?)?vestlig\w*|native_(language|tongue)|modersmål\w*|äidinkiel\w*|refugee\w*|flygtning\w*",
    ),
    "religion": (
        r"relig\w*|church\w*|folkekirke\w*|kirke\w*|kyrk\w*|kirko\w*|uskont\w*|muslim\w*|christian\w*|jewish|islam\w*",
        r"catholic\w*|protestant\w*|mgod(rk|pr|ov|ge)|trossamfund\w*|kristen\w*|katolsk\w*",
    ),
    "health": (
        r"health\w*|disease\w*|diagnos\w*|illness\w*|medical\w*|medicin\w*|disab\w*|handicap\w*|sick\w*|sygdom\w*|syge\w*",
        r"sykdom\w*|syk(e|melding)\w*|sjuk\w*|sairau\w*|terveys\w*|vammai\w*|funksjonshem\w*|helbred\w*|helse\w*|hälsa\w*",
        r"funktionsneds\w*|psyk(isk|iatr)\w*|pregnan\w*|gravid\w*|førtidspension\w*|bmi|hiv|cancer|sexual\w*|seksuel\w*",
    ),
    "politics": (
        r"politic\w*|politi[sk]k\w*|vote[srd]?|voting|voter\w*|election\w*|valg(resultat|parti)\w*|stemme(r|procent|andel)?",
        r"democrat\w*|republican\w*|(red|blue)_?(0|1|cty|county|state)|per_?bush|parti(valg|medlem)\w*|party_(member|affil)\w*",
        r"union_member\w*|fagforening\w*|fagbevegelse\w*|puolue\w*|äänest\w*|väljar\w*|röst(ade|andel)\w*|close_?25",
    ),
    "crime": (
        r"crim\w*|krimin\w*|convict\w*|offen[cs]e\w*|offender\w*|prison\w*|arrest\w*|dom_?fældt\w*|straffe\w*|straff\w*",
        r"brott\w*|rikos\w*|rikolli\w*|vanki\w*|police_record\w*|fængsel\w*|sigtet\w*",
    ),
    "benefits": (
        r"(social|unemployment|housing|welfare|disability|cash)_?benefit\w*|welfare\w*|social_?(security|assistance)\w*",
        r"benefit_(duration|recipient|months)\w*|kontanthj\w*|dagpenge\w*|overførselsindkom\w*|ydelsesvarighed\w*",
        r"sosialhj\w*|trygd\w*|nav_ytelse\w*|socialbidrag\w*|försörjningsstöd\w*|bidragstagar\w*|a_?kasse\w*",
        r"toimeentulotu\w*|työttömyys(turva|korvaus)\w*|food_?stamps?|medicaid",
    ),
    "identity": (
        r"cpr(_?n(r|ummer))?|personn(r|ummer)|fødselsn(r|ummer)|henkilötunnus|ssn|social_security_number",
    ),
}
_PATTERNS = {
    topic: re.compile(rf"(?:^|_)(?:{'|'.join(parts)})(?:_|$)", re.IGNORECASE)
    for topic, parts in _TOPICS.items()
}
_WORD_BREAK = re.compile(r"(?<=[a-zæøåäö0-9])(?=[A-ZÆØÅÄÖ])|[^0-9A-Za-zÆØÅÄÖæøåäö]+")


def denied_topic(name: str) -> str | None:
    """The sensitive topic that a column name speaks of, or None."""
    words = "_".join(part for part in _WORD_BREAK.split(name) if part).casefold()
    plain = re.sub(r"_+", "_", re.sub(r"[^0-9a-zæøåäö]+", "_", name.casefold()))
    for topic, pattern in _PATTERNS.items():
        if pattern.search(words) or pattern.search(plain):
            return topic
    return None


@dataclass(frozen=True, slots=True)
class DenyList:
    """`words`: (word, topic) pairs; `folds`: file -> (attribute summed away, table it may become)."""

    words: tuple[tuple[str, str], ...]
    folds: dict[str, tuple[str, str]]

    def match(self, name: str) -> tuple[str, str] | None:
        """The first (word, topic) that a file or column name contains, or the name itself with its topic."""
        folded = name.casefold()
        contained = next((pair for pair in self.words if pair[0] in folded), None)
        topic = denied_topic(name)
        return contained or (topic and (name, topic)) or None

    def refuse(self, file: str, columns: Iterable[str], folds: str = "", into: str = "") -> None:
        """Raises SourceError if the file's or a column's name is denied.

        The one way past it is a fold that `denied.toml` lists: the same file, attribute and table.
        """
        if folds and self.folds.get(file) == (folds, into):
            return
        for what, name in [("its name", file), *((f"column {c!r}", c) for c in columns)]:
            hit = self.match(name)
            if hit:
                raise SourceError(
                    f"{file}: {what} is denied ({hit[1]}, word {hit[0]!r}); sensitive figures are never "
                    "loaded. Take it out of the source's tables."
                )


@cache
def read_deny_list(folder: Path) -> DenyList:
    """Reads `denied.toml`. Raises SourceError when it is missing or empty: no list, no load."""
    path = folder / "denied.toml"
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
        words = tuple((w.casefold(), entry["topic"]) for entry in body["denied"] for w in entry["words"])
        folds = {entry["file"]: (entry["over"], entry["to"]) for entry in body.get("folds", ())}
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise SourceError(f"{path.name}: the deny-list cannot be read ({error!r}); restore it.") from error
    if not words:
        raise SourceError(f"{path.name}: the deny-list is empty; restore it.")
    return DenyList(words, folds)
