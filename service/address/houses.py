"""The houses of a reading: which are live, which are one and the same, and what units they have."""

from __future__ import annotations

from typing import Literal

from service.address.index import AddressIndex
from service.address.layout import STATUSES
from service.address.lines import MAX_ALTERNATIVES, address_line
from service.address.weigh import Reading

MAX_SEVERAL = 40  # houses that are looked at when a text fits many
SAME_PLACE_DEGREES = 0.003  # about 300 m: two records of one address
Status = Literal["current", "preliminary", "abolished", "historic"]


def live_houses(index: AddressIndex, houses: list[int]) -> tuple[list[int], str]:
    """Current before preliminary; a former text gives its current address; how it was reached."""
    for wanted in (0, 1):
        live = [house for house in houses if index.house_flags[house] == wanted]
        if live:
            return live, ""
    former = [house for house in houses if STATUSES[index.house_flags[house]] == "historic"]
    current = sorted({new for house in former for new in index.replacements(house)})
    if current:
        return current, "historic"
    return houses, "abolished"


def distinct_houses(index: AddressIndex, houses: list[int]) -> list[int]:
    """Houses without a second record of one address: the same id, or the same text in the same place."""
    kept: dict[tuple[str, int, int], list[int]] = {}
    ids: set[str] = set()
    for house in houses[:MAX_SEVERAL]:
        segment = index.segment_of_house(house)
        same = kept.setdefault((_plain(index, segment), index.seg_post[segment], index.house_code[house]), [])
        identity = index.house_id(house)
        if identity not in ids and not any(_is_near(index, house, other) for other in same):
            ids.add(identity)
            same.append(house)
    return [house for same in kept.values() for house in same]


def _is_near(index: AddressIndex, house: int, other: int) -> bool:
    here, there = index.point(house), index.point(other)
    if here is None or there is None:
        return False
    return abs(here[0] - there[0]) + abs(here[1] - there[1]) / 2 < SAME_PLACE_DEGREES


def _plain(index: AddressIndex, segment: int) -> str:
    return index.name(index.seg_name[segment]).casefold().replace(" ", "").replace(".", "")


def names_same_houses(index: AddressIndex, other: Reading, houses: list[int]) -> bool:
    """Whether a rival names the same address under another text, or only a former one."""
    if not other.houses:
        return False
    theirs, via = live_houses(index, other.houses)
    return bool(via) or len(distinct_houses(index, [*houses, *theirs])) == len(houses)


def surest_reading(
    index: AddressIndex, best: Reading, rivals: list[Reading]
) -> tuple[Reading, list[int], str]:
    """The reading to answer with, its houses and how they were reached: a current one beats a former."""
    houses, via = live_houses(index, best.houses)
    if via:
        for other in rivals:
            if other.houses and best.is_tied_with(other):
                others, how = live_houses(index, other.houses)
                if not how:
                    return other, distinct_houses(index, others), how
    return best, distinct_houses(index, houses), via


def agree_unit(index: AddressIndex, house: int, best: Reading) -> tuple[str, str | None, str | None]:
    """(none, echoed, unexplained, equal, unknown or several; floor; door)."""
    floor, door = best.frame.unit.floor, best.frame.unit.door
    if floor is None and door is None:
        return "none", None, None
    units = index.units(house)
    if not units:
        is_guess = best.frame.unit.is_bare and floor is None
        return ("unexplained", None, None) if is_guess else ("echoed", floor, door)
    typed = f"{floor or ''}|{(door or '').lower()}"
    if typed in units:
        return "equal", floor, door
    if floor is not None and door is None and f"|{floor}" in units:
        return "equal", None, floor  # a number alone, where doors have numbers and floors no name
    on_floor = [unit for unit in units if unit.split("|")[0] == (floor or "")]
    return ("several" if not door and on_floor else "unknown"), floor, door


def near_units(index: AddressIndex, house: int, floor: str | None) -> list[str]:
    """Known units of a house, those of the typed floor first, as lines."""
    units = sorted(index.units(house), key=lambda unit: (unit.split("|")[0] != (floor or ""), unit))
    return [address_line(index, house, unit) for unit in units[:MAX_ALTERNATIVES]]


def same_house_in_town(index: AddressIndex, best: Reading) -> list[str]:
    """The same street and number in the town that was typed, which the postcode contradicts."""
    assert best.other_town is not None
    found = []
    for segment in index.segments_of(best.name):
        if index.seg_post[segment] in best.other_town.posts and best.code is not None:
            found += index.find_houses(segment, best.code)
    return [address_line(index, house) for house in found[:MAX_ALTERNATIVES]]
