"""Columns that may never be features: special categories of personal data (GDPR art. 9 and 10) and proxies.

Recognised by name in Danish, Norwegian, Swedish, Finnish and English. A name is cut into words
(`pctNonWestern_2020` → pct, non, western, 2020) and each topic is a pattern over the joined words, so that
`trace` is no race and `original_price` no origin.
"""

from __future__ import annotations

import re

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
