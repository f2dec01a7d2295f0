"""From readings to the answer: a house, a street, several of them, or an area."""

from __future__ import annotations

from typing import cast

from service.address.fallback import area_answer, with_reason
from service.address.houses import (
    Status,
    agree_unit,
    names_same_houses,
    near_units,
    same_house_in_town,
    surest_reading,
)
from service.address.index import AddressIndex
from service.address.layout import STATUSES, UNKNOWN_NEAR, written_number
from service.address.lines import (
    MAX_ALTERNATIVES,
    MAX_POINTS,
    address_line,
    list_changes,
    only_one,
    segment_municipality,
    street_line,
    street_points,
)
from service.address.rules import CountryRules
from service.address.scan import Scan
from service.address.towns import Towns
from service.address.verdict import next_action, wash_category
from service.address.weigh import Reading, TownFit
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction

MAX_LEFTOVER = 2  # unexplained words beside a street without a house
MIN_NAME_WORDS = 2  # a person before the street has a first and a last name


def answer_readings(
    index: AddressIndex, towns: Towns, rules: CountryRules, scan: Scan, readings: list[Reading]
) -> AddressMatch:
    """The answer for the readings of a text, best first."""
    elsewhere = [reading for reading in readings if reading.elsewhere]
    local = [r for r in readings if not r.elsewhere and _is_credible(scan, rules, r, readings)]
    if not local:
        return area_answer(index, towns, scan, elsewhere)
    best = local[0]
    rivals = [other for other in local if other.cost < best.cost + 1.0 and _differs(index, other, best)]
    if best.houses:
        return _house(index, scan, best, rivals, local)
    return _street(index, towns, scan, best, rivals, readings)


def _is_credible(scan: Scan, rules: CountryRules, reading: Reading, readings: list[Reading]) -> bool:
    """Words right before a street may be part of its name ("Store | Torvegade", "Kofoeds | Vej").

    They are taken for a person's or firm's name only when there are several, the last is no genitive,
    no street has the longer name, and the number exists.
    """
    if not reading.beside:
        return True
    if any(other.opens and other.leftover == 0 and not other.edits for other in readings):
        return False
    start = reading.frame.start
    typed = "".join(scan.tokens.folded[start : reading.frame.stop])
    genitive = bool(rules.genitive) and scan.tokens.folded[start - 1].endswith(rules.genitive)
    return (
        bool(reading.houses)
        and reading.beside >= MIN_NAME_WORDS
        and not genitive
        and typed not in rules.endings
    )


def _differs(index: AddressIndex, one: Reading, other: Reading) -> bool:
    if one.name != other.name:
        return True
    return bool(one.houses and other.houses and one.code != other.code)


def _is_nearest(index: AddressIndex, best: Reading, houses: list[int], local: list[Reading]) -> bool:
    """Whether no other street is as near to what was typed, be it without the number."""
    return not best.edits or not any(
        other.name != best.name
        and other.edits <= best.edits
        and other.leftover <= best.leftover
        and not names_same_houses(index, other, houses)
        for other in local
    )


def _house(
    index: AddressIndex, scan: Scan, best: Reading, rivals: list[Reading], local: list[Reading]
) -> AddressMatch:
    best, houses, via = surest_reading(index, best, rivals)
    if via == "abolished":
        return _abolished(index, best, houses)
    rivals = [other for other in rivals if other is not best and not names_same_houses(index, other, houses)]
    ties = [other for other in rivals if other.houses and best.is_tied_with(other)]
    if len(houses) > 1 or ties:
        several = [*houses, *(house for other in ties for house in other.houses)]
        return _ambiguous(index, best, several, same_street=not ties)
    house = houses[0]
    unit_state, floor, door = agree_unit(index, house, best)
    segment = index.segment_of_house(house)
    post = index.posts[index.seg_post[segment]]
    status = cast(Status, via or STATUSES[index.house_flags[house]])
    nearest = _is_nearest(index, best, houses, local)
    category, reason = wash_category(best, unit_state, status, is_nearest=nearest)
    alternatives: list[str] = []
    if best.other_town is not None:
        alternatives = same_house_in_town(index, best)
        if alternatives:
            category, reason = MatchCategory.C, "town_contradicts_postcode"
    if unit_state == "unknown":
        alternatives = near_units(index, house, floor)
    if best.frame.number is not None and best.frame.number.is_range:
        alternatives = [
            address_line(index, other)
            for code in best.frame.number.codes
            if code is not None
            for s in best.segments
            for other in index.find_houses(s, code)
            if other != house
        ]
    point = index.point(house)
    near = index.house_near[house]
    return AddressMatch(
        country=index.country,
        level=MatchLevel.UNIT if unit_state == "equal" else MatchLevel.HOUSE,
        category=category,
        next_action=next_action(category, has_choice=True),
        address_id=index.house_id(house),
        street=index.name(index.seg_name[segment]),
        house_number=written_number(index.house_code[house]),
        floor=floor,
        door=door,
        postcode=post.postcode,
        city=post.city,
        supplementary_city=index.supplementary[index.seg_extra[segment]] or None,
        municipality_code=segment_municipality(index, segment),
        lat=point[0] if point else None,
        lon=point[1] if point else None,
        points=(point,) if point else (),
        status=status,
        units_at_number=index.unit_count[index.house_units[house]] or None,
        neighbour_distance_m=None if near == UNKNOWN_NEAR else near / 10,
        changes=list_changes(index, scan, best, segment, house),
        alternatives=tuple(dict.fromkeys(alternatives))[:MAX_ALTERNATIVES],
        reason=reason,
        source=index.source,
    )


def _abolished(index: AddressIndex, best: Reading, houses: list[int]) -> AddressMatch:
    """A number that was: flagged, with what took its place as alternatives, none picked silently."""
    house = houses[0]
    segment = index.segment_of_house(house)
    post = index.posts[index.seg_post[segment]]
    heirs = sorted({new for old in houses for new in index.replacements(old)})
    if not heirs:
        heirs = [
            other
            for other in index.lettered(segment, index.house_code[house] >> 5)
            if index.house_flags[other] <= 1
        ]
    point = index.point(house)
    status = cast(Status, STATUSES[index.house_flags[house]])
    return AddressMatch(
        country=index.country,
        level=MatchLevel.HOUSE,
        category=MatchCategory.C,
        next_action=NextAction.CONFIRM if heirs else NextAction.FIX,
        address_id=index.house_id(house),
        street=index.name(index.seg_name[segment]),
        house_number=written_number(index.house_code[house]),
        floor=best.frame.unit.floor,
        door=best.frame.unit.door,
        postcode=post.postcode,
        city=post.city,
        municipality_code=segment_municipality(index, segment),
        lat=point[0] if point else None,
        lon=point[1] if point else None,
        points=(point,) if point else (),
        status=status,
        alternatives=tuple(address_line(index, heir) for heir in heirs[:MAX_ALTERNATIVES]),
        reason=f"{status}_address",
        source=index.source,
    )


def _ambiguous(index: AddressIndex, best: Reading, houses: list[int], *, same_street: bool) -> AddressMatch:
    """Several addresses fit: none is picked; the area they share is the answer."""
    posts = {index.seg_post[index.segment_of_house(house)] for house in houses}
    lines = tuple(dict.fromkeys(address_line(index, house) for house in houses))
    post = index.posts[next(iter(posts))] if len(posts) == 1 else None
    if post is None:
        munis = {segment_municipality(index, index.segment_of_house(house)) for house in houses}
        # without a town, several streets of one municipality say only that the index has no others
        muni = next(iter(munis)) if len(munis) == 1 and best.town is not TownFit.NONE else None
        level = MatchLevel.MUNICIPALITY if muni else MatchLevel.NONE
    else:
        muni = only_one(post.municipalities)
        level = MatchLevel.STREET if same_street else MatchLevel.POSTCODE
    return AddressMatch(
        country=index.country,
        level=level,
        category=MatchCategory.C,
        next_action=NextAction.CONFIRM,
        street=index.name(best.name) if level is MatchLevel.STREET else None,
        postcode=post.postcode if post else None,
        city=post.city if post else None,
        municipality_code=muni,
        points=tuple(p for h in houses[:MAX_POINTS] if (p := index.point(h))) if same_street and post else (),
        alternatives=lines[:MAX_ALTERNATIVES],
        reason="ambiguous",
        source=index.source,
    )


def _street(
    index: AddressIndex,
    towns: Towns,
    scan: Scan,
    best: Reading,
    rivals: list[Reading],
    readings: list[Reading],
) -> AddressMatch:
    """The street without a house: no number was typed, or none such exists."""
    posts = {index.seg_post[segment] for segment in best.segments}
    streets = [other for other in rivals if best.is_tied_with(other)]
    if len(posts) > 1 or streets:
        area = area_answer(index, towns, scan, [])
        lines = dict.fromkeys(
            street_line(index, segment) for other in (best, *streets) for segment in other.segments
        )
        return with_reason(area, "ambiguous", tuple(lines)[:MAX_ALTERNATIVES])
    reason = "no_house_number" if best.frame.number is None else "unknown_number"
    adrift = not best.has_postcode and best.town is TownFit.NONE and best.edits
    far = best.edits > 1 and best.frame.number is not None
    if adrift or far or best.leftover > MAX_LEFTOVER:
        # a far name whose number does not exist either: too little to name a street
        return area_answer(index, towns, scan, readings)
    post = index.posts[next(iter(posts))]
    code = best.frame.number.codes[0] if best.frame.number is not None else None
    alternatives = [
        address_line(index, house)
        for segment in best.segments
        if code is not None
        for house in index.lettered(segment, code >> 5)
        if index.house_flags[house] <= 1
    ]
    return AddressMatch(
        country=index.country,
        level=MatchLevel.STREET,
        category=MatchCategory.C,
        next_action=next_action(MatchCategory.C, has_choice=bool(alternatives)),
        street=index.name(best.name),
        postcode=post.postcode,
        city=post.city,
        supplementary_city=index.supplementary[index.seg_extra[best.segments[0]]] or None,
        municipality_code=segment_municipality(index, best.segments[0]),
        points=street_points(index, best.segments),
        changes=list_changes(index, scan, best, best.segments[0], None),
        alternatives=tuple(dict.fromkeys(alternatives))[:MAX_ALTERNATIVES],
        reason=reason,
        source=index.source,
    )
