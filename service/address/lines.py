"""An address, a street, its points and what was changed, as the answer shows them."""

from __future__ import annotations

from collections.abc import Iterable

from service.address.index import AddressIndex
from service.address.layout import written_number
from service.address.scan import Scan
from service.address.weigh import Reading, TownFit
from service.model import AddressMatch

MAX_ALTERNATIVES = 5
MAX_POINTS = 8


def address_line(index: AddressIndex, house: int, unit: str = "") -> str:
    """An address in one line, as it is written in its country."""
    segment = index.segment_of_house(house)
    post = index.posts[index.seg_post[segment]]
    floor, _, door = unit.partition("|")
    return _written(
        (index.name(index.seg_name[segment]), written_number(index.house_code[house])),
        (floor, door),
        index.supplementary[index.seg_extra[segment]],
        (post.postcode, post.city),
    )


def one_line(match: AddressMatch) -> str | None:
    """The matched address in one line, as it is written on a letter; None when there is none."""
    house, unit = (match.street, match.house_number), (match.floor, match.door)
    return _written(house, unit, match.supplementary_city, (match.postcode, match.city)) or None


def _written(
    house: Iterable[str | None],
    unit: tuple[str | None, str | None],
    extra: str | None,
    town: Iterable[str | None],
) -> str:
    floor, door = unit
    where = (f"{floor}." if floor else "", door)
    parts = (" ".join(part for part in parts if part) for parts in (house, where, (extra,), town))
    return ", ".join(part for part in parts if part)


def street_line(index: AddressIndex, segment: int) -> str:
    """A street in one line with its post town."""
    post = index.posts[index.seg_post[segment]]
    return f"{index.name(index.seg_name[segment])}, {post.postcode} {post.city}"


def street_points(index: AddressIndex, segments: list[int]) -> tuple[tuple[float, float], ...]:
    """Up to MAX_POINTS house points, evenly along the numbers of a street."""
    houses = [house for segment in segments for house in index.houses_in(segment)]
    step = max(1, -(-len(houses) // MAX_POINTS))
    return tuple(point for house in houses[step // 2 :: step] if (point := index.point(house)))


def only_one(codes: tuple[str, ...]) -> str | None:
    """The code when there is exactly one."""
    return codes[0] if len(codes) == 1 else None


def segment_municipality(index: AddressIndex, segment: int) -> str | None:
    """The municipality of a street: its own, or that of its postcode when there is only one."""
    code = index.municipality_codes[index.seg_muni[segment]]
    return code or only_one(index.posts[index.seg_post[segment]].municipalities)


def list_changes(
    index: AddressIndex, scan: Scan, best: Reading, segment: int, house: int | None
) -> tuple[str, ...]:
    """What differs between the typed text and the register, as "part: 'typed' -> 'register'"."""
    changes: list[str] = []
    tokens = scan.tokens
    typed = tokens.written(best.frame.start, best.frame.stop)
    street = index.name(index.seg_name[segment])
    if typed.casefold() != street.casefold():
        changes.append(f"street: '{typed}' -> '{street}'")
    if house is not None and best.code is not None and index.house_code[house] != best.code:
        old, new = written_number(best.code), written_number(index.house_code[house])
        changes.append(f"house_number: '{old}' -> '{new}'")
    post = index.posts[index.seg_post[segment]]
    if best.bulk and scan.post is not None:
        changes.append(f"postcode: '{index.posts[scan.post].postcode}' -> '{post.postcode}'")
    if best.town in (TownFit.NEAR, TownFit.OTHER) and best.frame.town.spoken is not None:
        changes.append(f"city: '{tokens.written(*best.frame.town.spoken)}' -> '{post.city}'")
    return tuple(changes)
