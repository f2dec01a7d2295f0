"""Words that people use in their tables: headings of columns, and values that mean missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

# Headings that people give to what we look for, folded to lower case; the first found wins.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "address": ("address", "adresse", "adress", "osoite", "full_address", "adressebetegnelse"),
    "street": ("street", "vejnavn", "vej", "gade", "gatenavn", "gata", "katu", "streetname"),
    "house_number": ("house_number", "housenumber", "husnr", "husnummer", "number", "nr", "talonumero"),
    "floor": ("floor", "etage"),
    "door": ("door", "dør", "doer", "side"),
    "postcode": ("postcode", "postnr", "postnummer", "zip", "zipcode", "postal_code", "postinumero"),
    "city": ("city", "by", "postdistrikt", "town", "poststed", "postort", "kaupunki"),
    "municipality": ("municipality", "kommunekode", "kommune", "kuntano"),
    "polling_area": ("polling_area", "afstemningsområde", "valgstedid"),
}
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-", ".", "nat", "<na>"})


def find_headings(headings: Sequence[str], wanted: Iterable[str]) -> dict[str, str]:
    """What is wanted (keys of HEADINGS) -> the table's own heading for it, of those that it has.

    A column that `enrich file` wrote (`doorstep_postcode`) goes before the caller's own.
    """
    own = {heading.strip().lower(): heading for heading in reversed(headings)}
    found = {}
    for what in wanted:
        known = [name for name in (f"doorstep_{what}", *HEADINGS.get(what, ())) if name in own]
        if known:
            found[what] = own[known[0]]
    return found
