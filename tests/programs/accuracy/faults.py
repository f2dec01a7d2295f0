"""Seeded faults, made from real addresses: what people and spreadsheets do to an address."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from rapidfuzz.distance import OSA

from service.address.index import AddressIndex
from service.address.rules import CountryRules
from service.address.text import fold_key

NO_STREET = "no house or street"
LETTERS = {"DK": "abcdefghijklmnopqrstuvwxyzæøå", "NO": "abcdefghijklmnopqrstuvwxyzæøå"}
UNIT_TEXTS = {
    "DK": (
        "st. th", "st. tv", "st.tv.", "st th", "st 2", "1. sal", "1.sal tv", "2. tv", "2.th", "2,th",
        "2 th", "3. mf", "4. 14", "4 t.v.", "kl", "kld. th", "kl. 2", "1. sal, dør 3",
        "2. til venstre", "stuen th",
    ),
    "FI": ("A 12", "as 5", "as. 15", "B 3", "bst 8"),
    "NO": ("H0201", "leil 12", "U0101"),
    "SE": ("lgh 1304", "1 tr", "2 trappor"),
}  # fmt: skip
ABBREVIATIONS = {
    "DK": [
        ("vej", "v."), ("gade", "g."), ("plads", "pl."), ("allé", "al."), ("stræde", "str."),
        ("Sankt ", "Skt. "), ("Gammel ", "Gl. "), ("Nørre ", "Nr. "), ("Nordre ", "Ndr. "),
        ("Søndre ", "Sdr. "), ("Sønder ", "Sdr. "), ("Kongens ", "Kgs. "), ("Doktor ", "Dr. "),
        ("Lille ", "Ll. "), ("Store ", "St. "), ("Vestre ", "V. "), ("Østre ", "Ø. "),
        ("Boulevard", "Blvd."), ("Christian ", "Chr. "),
    ],
    "FI": [("katu", "k."), ("tie", "t."), ("kuja", "kj."), ("polku", "p."), ("raitti", "r.")],
    "NO": [("veien", "vn."), ("vei", "v."), ("gate", "gt."), ("plass", "pl.")],
    "SE": [("gatan", "g."), ("vägen", "v."), ("plan", "pl.")],
}  # fmt: skip
SYLLABLES = (
    *(
        "ba",
        "bri",
        "dor",
        "fla",
        "gro",
        "hol",
        "jim",
        "ka",
        "kvi",
        "lo",
        "mu",
        "nal",
        "pri",
        "ro",
        "sku",
        "tra",
    ),
    *("ul", "vi", "zo", "kler", "mand", "sten", "bro", "lin"),
)


@dataclass(frozen=True)
class Address:
    """One real address as the register writes it."""

    street: str
    number: str
    postcode: str
    city: str

    @property
    def line(self) -> str:
        return f"{self.street} {self.number}, {self.postcode} {self.city}"


@dataclass
class Country:
    """The addresses of one half of the streets, and what the fault makers need to know."""

    code: str
    index: AddressIndex
    rules: CountryRules
    addresses: list[Address]
    names: list[str]
    keys_of_post: dict[str, list[str]]
    homonyms: dict[tuple[str, str], int]
    numbers: dict[tuple[str, str], set[str]]


Fault = Callable[[random.Random, Address, Country], str | None]


@dataclass
class Kind:
    """One kind of fault and what must hold for it."""

    name: str
    make: Fault
    target: float
    wants: str = "right house"  # or "no house", "no house or street"
    asked: int = 0
    good: int = 0
    sure: int = 0
    sure_wrong: int = 0
    failures: list[str] = field(default_factory=list)


def misspell(rng: random.Random, word: str, edits: int, letters: str) -> str:
    """Random inserts, deletes, substitutions and swaps of letters."""
    chars = list(word)
    for _ in range(edits):
        at = rng.randrange(len(chars))
        what = rng.randrange(4)
        if what == 0:
            chars.insert(at, rng.choice(letters))
        elif what == 1 and len(chars) > 3:
            del chars[at]
        elif what == 2:
            chars[at] = rng.choice(letters)
        else:
            other = min(at + 1, len(chars) - 1)
            chars[at], chars[other] = chars[other], chars[at]
    return "".join(chars)


def _edited(edits: int) -> Fault:
    def make(rng: random.Random, a: Address, c: Country) -> str | None:
        own = fold_key(a.street, c.rules)
        for _ in range(20):
            street = misspell(rng, a.street, edits, LETTERS.get(c.code, "abcdefghijklmnopqrstuvwxyzåäö"))
            key = fold_key(street, c.rules)
            # as many edits as said, and not by chance another street of the same postcode
            if OSA.distance(key, own) == edits and key not in c.keys_of_post[a.postcode]:
                return f"{street} {a.number}, {a.postcode} {a.city}"
        return None

    return make


def _replaced(*pairs: tuple[str, str]) -> Fault:
    def make(rng: random.Random, a: Address, c: Country) -> str | None:
        line = a.line
        for old, new in pairs:
            line = line.replace(old, new).replace(old.upper(), new.capitalize())
        return line if line != a.line else None

    return make


def _abbreviated(rng: random.Random, a: Address, c: Country) -> str | None:
    fits = []
    for full, short in ABBREVIATIONS.get(c.code, []):
        if full.endswith(" ") and a.street.startswith(full):
            fits.append(short + a.street[len(full) :])
        elif (
            not full.endswith(" ")
            and a.street.lower().endswith(full.lower())
            and len(a.street) > len(full) + 2
        ):
            fits.append(a.street[: -len(full)] + short)
    return f"{rng.choice(fits)} {a.number}, {a.postcode} {a.city}" if fits else None


def _split(rng: random.Random, a: Address, c: Country) -> str | None:
    if " " in a.street or len(a.street) < 7:
        return None
    ending = next((e for e in ("vej", "gade", "stræde", "vænget", "parken") if a.street.endswith(e)), "")
    at = len(a.street) - len(ending) if ending else rng.randrange(3, len(a.street) - 2)
    return f"{a.street[:at]} {a.street[at:]} {a.number}, {a.postcode} {a.city}"


def _joined(rng: random.Random, a: Address, c: Country) -> str | None:
    return f"{a.street.replace(' ', '')} {a.number}, {a.postcode} {a.city}" if " " in a.street else None


def _unit(rng: random.Random, a: Address, c: Country) -> str:
    return f"{a.street} {a.number}, {rng.choice(UNIT_TEXTS[c.code])}, {a.postcode} {a.city}"


def _no_postcode(rng: random.Random, a: Address, c: Country) -> str:
    return f"{a.street} {a.number}, {a.city}"


def _only_street(rng: random.Random, a: Address, c: Country) -> str | None:
    unique = c.homonyms.get((fold_key(a.street, c.rules), a.number)) == 1
    return f"{a.street} {a.number}" if unique else None


def _wrong_town(rng: random.Random, a: Address, c: Country) -> str | None:
    city = rng.choice(c.index.posts).city
    return f"{a.street} {a.number}, {a.postcode} {city}" if city != a.city else None


def _misspelt_town(rng: random.Random, a: Address, c: Country) -> str:
    return f"{a.street} {a.number}, {a.postcode} {misspell(rng, a.city, 1, 'abcdefghijklmnopqrstuvwxyz')}"


def _lettered_number(rng: random.Random, a: Address, c: Country) -> str | None:
    return f"{a.street} {a.number[:-1]} {a.number[-1]}, {a.postcode}" if a.number[-1].isalpha() else None


def _missing_number(rng: random.Random, a: Address, c: Country) -> str | None:
    if a.street[-1].isdigit():
        return None  # "Vej 13 38" names house 13 of "Vej" as well
    taken = c.numbers[fold_key(a.street, c.rules), a.postcode]
    while True:
        number = str(rng.randrange(1, 400)) + (rng.choice("ABCDEFG") if rng.random() < 0.3 else "")
        if number not in taken:
            unit = rng.choice(["", "", f", {rng.choice(UNIT_TEXTS[c.code])}"])
            return f"{a.street} {number}{unit}, {a.postcode} {a.city}"


def _invented(street: Callable[[random.Random, Country], str]) -> Fault:
    def make(rng: random.Random, a: Address, c: Country) -> str | None:
        name = street(rng, c)
        key = fold_key(name, c.rules)
        # one edit from a real street of the postcode is a misspelling by any measure
        if any(OSA.distance(key, other, score_cutoff=1) <= 1 for other in c.keys_of_post[a.postcode]):
            return None
        return f"{name} {a.number}, {a.postcode} {a.city}"

    return make


def _ending(name: str, rules: CountryRules) -> int:
    """Where the generic ending of a name begins (its length when it has none)."""
    return next(
        (len(name) - len(e) for e in rules.endings if name.lower().endswith(e) and len(name) > len(e) + 2),
        len(name),
    )


def _recombined(rng: random.Random, c: Country) -> str:
    while True:
        one, other = rng.choice(c.names), rng.choice(c.names)
        old, new = one[_ending(one, c.rules) :].lower(), other[_ending(other, c.rules) :].lower()
        name = one[: _ending(one, c.rules)] + new
        # "Strandvej" for "Strandvejen" is how people write it, not an invention
        if len(name) > 4 and not (old.startswith(new) or new.startswith(old)):
            return name


def _syllables(rng: random.Random, c: Country) -> str:
    ending = c.rules.endings[rng.randrange(min(12, len(c.rules.endings)))]
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).capitalize() + ending


def kinds() -> list[Kind]:
    """All kinds of fault with their targets (shares of `wants`)."""
    return [
        Kind("clean", lambda r, a, c: a.line, 0.999),
        Kind("no commas", lambda r, a, c: a.line.replace(",", ""), 0.999),
        Kind("lower case", lambda r, a, c: a.line.lower(), 0.999),
        Kind("upper case", lambda r, a, c: a.line.upper(), 0.999),
        Kind("no town", lambda r, a, c: f"{a.street} {a.number}, {a.postcode}", 0.999),
        Kind("floor and door", _unit, 0.999),
        Kind("ø → oe", _replaced(("ø", "oe")), 0.999),
        Kind("å → aa", _replaced(("å", "aa")), 0.999),
        Kind("æ ø å → ae o a", _replaced(("æ", "ae"), ("ø", "o"), ("å", "a"), ("ä", "a"), ("ö", "o")), 0.999),
        Kind("number and letter apart", _lettered_number, 0.999),
        Kind("swapped order", lambda r, a, c: f"{a.postcode} {a.city}, {a.street} {a.number}", 0.999),
        Kind("swapped, no commas", lambda r, a, c: f"{a.postcode} {a.city} {a.street} {a.number}", 0.999),
        Kind("one edit", _edited(1), 0.995),
        Kind("two edits", _edited(2), 0.98),
        Kind("abbreviated", _abbreviated, 0.995),
        Kind("split compound", _split, 0.99),
        Kind("joined compound", _joined, 0.99),
        Kind("no postcode", _no_postcode, 0.99),
        Kind("street and number only, unique", _only_street, 0.99),
        Kind("wrong town", _wrong_town, 0.99),
        Kind("one edit in the town", _misspelt_town, 0.99),
        Kind("number that does not exist", _missing_number, 1.0, "no house"),
        Kind(
            "invented: a name from elsewhere",
            _invented(lambda r, c: r.choice(c.names)),
            0.995,
            "no house or street",
        ),
        Kind("invented: recombined names", _invented(_recombined), 0.995, "no house or street"),
        Kind("invented: syllables", _invented(_syllables), 0.995, "no house or street"),
    ]
