"""Addresses at national size: build, size, open, and one address at a time in process.

The country is made up from the release's own names (`tests.programs.bench.synthetic`): 112,000
streets, 1,100 postcodes, 2.6 million house numbers. It is written to a temporary folder.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from service.address.index import AddressIndex
from service.address.layout import FILE_NAME, written_number
from service.address.matcher import Matcher
from service.address.suggest import suggest_addresses
from service.model import AddressQuery
from service.refdata.addresses.writer import write_index
from service.tables import Release
from tests.programs.accuracy.faults import LETTERS, Address, misspell
from tests.programs.bench.measure import Row, quantiles, report, time_calls
from tests.programs.bench.synthetic import synthetic_country

REFERENCE = Path(__file__).resolve().parents[3] / "reference_data"
CALLS = 3_000
PASSES = 3
REPEATED = 40
HOSTILE = [
    "(" * 10_000,
    "1 " * 5_000,
    "a" * 10_000,
    "Nørrebrogade " * 770,
    "52C, " * 2_000,
    "Vestergade 1 " * 770,
    "kirkevej " * 1_100,
    "st th " * 1_600,
    "2200 " * 2_000,
    "Gl. Sdr. St. Kr. " * 580,
    "🏠" * 10_000,
    " ".join("abcdefghij"[i % 10] * 9 for i in range(1_000)),
]


def sample_addresses(index: AddressIndex, count: int, seed: int) -> list[Address]:
    """Random addresses of an index, each number as likely as any other."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        house = rng.randrange(index.houses)
        segment = index.segment_of_house(house)
        post = index.posts[index.seg_post[segment]]
        name = index.name(index.seg_name[segment])
        found.append(Address(name, written_number(index.house_code[house]), post.postcode, post.city))
    return found


def microseconds(call: Callable[[int], object], name: str, median: float, worst: float) -> list[Row]:
    """Two rows: median and 99th percentile over inputs, each input's fastest of PASSES calls.

    Other programs on the machine add whole time slices to some calls, but seldom to the same input thrice.
    """
    passes = [time_calls(call, CALLS) for _ in range(PASSES)]
    p50, p99 = quantiles(min(times) for times in zip(*passes, strict=True))
    return [Row(f"{name}, median", p50 * 1e6, "µs", median), Row(f"{name}, p99", p99 * 1e6, "µs", worst)]


def main() -> int:
    """Measures and prints; 1 when a target is missed."""
    small = AddressIndex.open(Release.open(REFERENCE).path("DK", "addresses"))
    staging, postcodes = synthetic_country(small)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        write_index(
            staging,
            postcodes,
            Path(folder),
            country="DK",
            source="synthetic",
            licence="none",
            attribution="made up",
            vintage="2026",
            municipalities=small.municipality_names,
        )
        built = time.perf_counter() - start
        del staging
        size = (Path(folder) / FILE_NAME).stat().st_size / 1e6
        start = time.perf_counter()
        matcher = Matcher.open(Path(folder))
        opened = time.perf_counter() - start
        rows = [
            Row(f"build, {matcher.index.houses:,} house numbers", built, "s", 300),
            Row("size on disk", size, "MB", 150),
            Row("open", opened, "s", 1),
            *match_rows(matcher),
            *suggest_rows(matcher),
        ]
        return report(rows)


def match_rows(matcher: Matcher) -> list[Row]:
    """One address at a time."""
    rng = random.Random(7)
    known = sample_addresses(matcher.index, CALLS + 50, seed=1)
    letters = LETTERS["DK"]
    texts = {
        "clean": [a.line for a in known],
        "one edit": [
            f"{misspell(rng, a.street, 1, letters)} {a.number}, {a.postcode} {a.city}" for a in known
        ],
        "two": [f"{misspell(rng, a.street, 2, letters)} {a.number}, {a.postcode} {a.city}" for a in known],
        "no postcode": [f"{a.street} {a.number}, {a.city}" for a in known],
        "edit": [f"{misspell(rng, a.street, 1, letters)} {a.number}, {a.city}" for a in known],
        "street": [f"{a.street} {a.number}" for a in known],
        "invented": [f"Zimbalkvollevej {a.number}, {a.postcode} {a.city}" for a in known],
    }

    def ask(kind: str) -> Callable[[int], object]:
        return lambda at: matcher.match_address(AddressQuery("DK", text=texts[kind][at]))

    def ask_hostile(at: int) -> object:
        return matcher.match_address(AddressQuery("DK", text=HOSTILE[at % len(HOSTILE)]))

    def ask_repeated(at: int) -> object:
        text = (f"{known[at].street}, " * 60)[:400]
        return matcher.match_address(AddressQuery("DK", text=text)), suggest_addresses(matcher, text)

    passes = [time_calls(ask_repeated, REPEATED) for _ in range(PASSES)]
    repeated = max(min(times) for times in zip(*passes, strict=True))
    passes = [time_calls(ask_hostile, 5 * len(HOSTILE)) for _ in range(PASSES)]
    worst = max(min(times) for times in zip(*passes, strict=True))
    return [
        *microseconds(ask("clean"), "clean", 100, 300),
        *microseconds(ask("one edit"), "one edit", 400, 1_500),
        *microseconds(ask("two"), "two edits", 400, 1_500),
        *microseconds(ask("no postcode"), "no postcode", 1_000, 3_000),
        *microseconds(ask("edit"), "no postcode, one edit", 1_000, 3_000),
        *microseconds(ask("street"), "street and number only", 1_000, 3_000),
        *microseconds(ask("invented"), "invented street", 400, 1_500),
        Row("10,000 hostile characters, slowest", worst * 1e3, "ms", 20),
        Row("one street's name in 400 characters, match and suggest, slowest", repeated * 1e3, "ms", 10),
    ]


def suggest_rows(matcher: Matcher) -> list[Row]:
    """Autocomplete, every prefix of a text being one call as somebody types it."""
    known = sample_addresses(matcher.index, 400, seed=2)
    typed = [a.line[:cut] for a in known for cut in range(1, len(a.line) + 1, 3)]
    random.Random(3).shuffle(typed)
    misspelt = [
        f"{misspell(random.Random(at), a.street, 1, 'abcdefghijkl')} {a.number}" for at, a in enumerate(known)
    ]

    turned = [f"{a.postcode} {a.city} {_backwards(a.street)} {a.number}" for a in known]

    def ask(at: int) -> object:
        return suggest_addresses(matcher, typed[at % len(typed)], 10)

    def ask_turned(at: int) -> object:
        return suggest_addresses(matcher, turned[at % len(turned)], 10)

    def ask_misspelt(at: int) -> object:
        return suggest_addresses(matcher, misspelt[at % len(misspelt)], 10)

    return [
        *microseconds(ask, "suggest, as one types", 10_000, 10_000),
        *microseconds(ask_turned, "suggest, words in any order", 10_000, 10_000),
        *microseconds(ask_misspelt, "suggest, one edit", 10_000, 10_000),
    ]


def _backwards(words: str) -> str:
    return " ".join(reversed(words.split()))


if __name__ == "__main__":
    sys.exit(main())
