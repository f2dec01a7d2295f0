"""How right the address matching is, per kind of fault and country: `python -m tests.programs.accuracy`.

Faults are made by a seeded generator from real addresses of the index. Streets are dealt into two
halves by a hash of their name: rules are tuned on one (`--tuning`), figures reported on the other.
Shares come with exact (Clopper-Pearson) 95 % intervals. Exit 1 when a target is missed.
"""

from __future__ import annotations

import random
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import click
from scipy.stats import binomtest

from service.address.index import AddressIndex
from service.address.layout import written_number
from service.address.matcher import Matcher
from service.address.rules import CountryRules
from service.address.text import fold_key
from service.model import AddressMatch, AddressQuery, MatchCategory, MatchLevel
from service.tables import Release
from tests.programs.accuracy.faults import NO_STREET, Address, Country, Kind, kinds

REFERENCE = Path(__file__).resolve().parents[3] / "reference_data"
HOUSE_LEVELS = (MatchLevel.HOUSE, MatchLevel.UNIT)


def judge(kind: Kind, text: str, address: Address, match: AddressMatch) -> None:
    """Counts one answer."""
    named = match.level in HOUSE_LEVELS
    right = named and (match.street, match.house_number, match.postcode) == (
        address.street, address.number, address.postcode,
    )  # fmt: skip
    if kind.wants == "no house":
        good, right = not named, False
    elif kind.wants == NO_STREET:
        good, right = not named and match.level is not MatchLevel.STREET, False
    else:
        good = right
    kind.asked += 1
    kind.good += good
    if match.category in (MatchCategory.A, MatchCategory.B):
        kind.sure += 1
        kind.sure_wrong += not right
        good = good and right
    if not good:
        kind.failures.append(
            f"{text!r} -> {match.level} {match.category} {match.street} {match.house_number} "
            f"{match.postcode} ({match.reason}) {list(match.alternatives[:2])}"
        )


def read_country(index: AddressIndex, rules: CountryRules, tuning: bool) -> Country:
    """The addresses of one half of the streets."""
    addresses: list[Address] = []
    keys: dict[str, list[str]] = {}
    homonyms: dict[tuple[str, str], int] = {}
    numbers: dict[tuple[str, str], set[str]] = {}
    names: set[str] = set()
    for segment in range(index.streets):
        name = index.name(index.seg_name[segment])
        post = index.posts[index.seg_post[segment]]
        key = fold_key(name, rules)
        keys.setdefault(post.postcode, []).append(key)
        mine = zlib.crc32(key.encode()) % 2 == (0 if tuning else 1)
        if mine:
            names.add(name)
        for house in index.houses_in(segment):
            number = written_number(index.house_code[house])
            homonyms[key, number] = homonyms.get((key, number), 0) + 1
            numbers.setdefault((key, post.postcode), set()).add(number)
            if mine and index.house_flags[house] == 0:
                addresses.append(Address(name, number, post.postcode, post.city))
    return Country(index.country, index, rules, addresses, sorted(names), keys, homonyms, numbers)


def measure(matcher: Matcher, per_kind: int, seed: int, tuning: bool) -> list[Kind]:
    """Asks the matcher `per_kind` times per kind of fault."""
    country = read_country(matcher.index, matcher.rules, tuning)
    measured = kinds()
    for kind in measured:
        rng = random.Random(f"{seed} {kind.name}")
        for _ in range(per_kind * 4):
            if kind.asked == per_kind:
                break
            address = rng.choice(country.addresses)
            text = kind.make(rng, address, country)
            if text is not None:
                judge(kind, text, address, matcher.match_address(AddressQuery(country.code, text=text)))
    return measured


def table(measured: list[Kind]) -> Iterator[tuple[str, bool]]:
    """Lines of the table, and whether each meets its target."""
    yield f"{'kind of fault':34}{'asked':>7}  {'share':>8}  {'95 % interval':>19}  {'target':>8}", True
    for kind in measured:
        if not kind.asked:
            yield f"{kind.name:34}{0:7}  (no such address)", True
            continue
        low, high = binomtest(kind.good, kind.asked).proportion_ci(0.95, method="exact")
        share = kind.good / kind.asked
        ok = share >= kind.target
        verdict = "ok" if ok else "RED"
        yield (
            (
                f"{kind.name:34}{kind.asked:7}  {share:8.2%}  {low:8.2%} – {high:8.2%}  {kind.target:8.1%}  "
                f"{verdict:3} {kind.wants}"
            ),
            ok,
        )
    sure, wrong = sum(kind.sure for kind in measured), sum(kind.sure_wrong for kind in measured)
    low, high = binomtest(wrong, max(sure, 1)).proportion_ci(0.95, method="exact")
    ok = wrong <= sure * 0.001
    share = wrong / max(sure, 1)
    yield (
        (
            f"{'A or B and wrong':34}{sure:7}  {share:8.3%}  {low:8.3%} – {high:8.3%}  {0.001:8.1%}  "
            f"{'ok' if ok else 'RED':3} at most"
        ),
        ok,
    )


@click.command()
@click.option(
    "--index", "folder", type=click.Path(path_type=Path), help="An index folder; default: the release's."
)
@click.option("--count", default=2_000, show_default=True, help="Texts per kind of fault.")
@click.option("--seed", default=20261121, show_default=True)
@click.option("--tuning", is_flag=True, help="Measure on the half of the streets that rules are tuned on.")
@click.option("--show", default=0, help="Failures to print per kind.")
def main(folder: Path | None, count: int, seed: int, tuning: bool, show: int) -> None:
    """Prints the table per country; exit 1 when a target is missed."""
    folders = [folder] if folder else sorted(Release.open(REFERENCE).folder.glob("*/addresses"))
    if not folders:
        sys.exit("The active release has no address index: build one with `enrich refdata build`.")
    missed = False
    for one in folders:
        matcher = Matcher.open(one)
        half = "tuning" if tuning else "reporting"
        index = matcher.index
        click.echo(f"\n{index.country}: {index.houses:,} addresses, {index.source}, {half} half")
        measured = measure(matcher, count, seed, tuning)
        for line, ok in table(measured):
            click.echo(line)
            missed = missed or not ok
        for kind in measured:
            for failure in kind.failures[:show]:
                click.echo(f"  {kind.name}: {failure}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
