"""From readings to the answer: category, level, what was changed, and what to do next."""

from __future__ import annotations

from typing import Literal, cast

from service.address.index import AddressIndex
from service.address.layout import STATUSES, UNKNOWN_NEAR, written_number
from service.address.rules import CountryRules
from service.address.scan import Scan
from service.address.towns import TownHit, Towns
from service.address.weigh import Reading, TownFit
from service.model import AddressMatch, MatchCategory, MatchLevel, NextAction

MAX_ALTERNATIVES = 5
MAX_POINTS = 8
MAX_EDITS_B = 3
MAX_SEVERAL = 40  # houses that are looked at when a text fits many
TIE = 0.5  # readings whose costs differ by no more are equally likely
SAME_PLACE_DEGREES = 0.003  # about 300 m: two records of one address
MIN_NAME_WORDS = 2  # a person before the street has a first and a last name
MAX_LOOSE_TOKENS = 25  # a longer text is trusted for a postcode only beside its town

Status = Literal["current", "preliminary", "abolished", "historic"]


def nothing(index: AddressIndex, reason: str) -> AddressMatch:
    """The answer for a text that names no place."""
    return AddressMatch(
        index.country, MatchLevel.NONE, MatchCategory.C, NextAction.FIX, reason=reason, source=index.source
    )


def answer(
    index: AddressIndex, towns: Towns, rules: CountryRules, scan: Scan, readings: list[Reading]
) -> AddressMatch:
    """The answer for the readings of a text, best first."""
    elsewhere = [reading for reading in readings if reading.elsewhere]
    local = [r for r in readings if not r.elsewhere and _is_credible(scan, rules, r, readings)]
    if not local:
        return _area(index, towns, scan, elsewhere)
    best = local[0]
    rivals = [other for other in local if other.cost < best.cost + 1.0 and _differs(index, other, best)]
    if best.houses:
        return _house(index, towns, scan, best, rivals)
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


# ---------------------------------------------------------------- a house


def _house(
    index: AddressIndex, towns: Towns, scan: Scan, best: Reading, rivals: list[Reading]
) -> AddressMatch:
    best, houses, via = _surest(index, best, rivals)
    if via == "abolished":
        return _abolished(index, best, houses)
    rivals = [other for other in rivals if other is not best and not _same_houses(index, other, houses)]
    ties = [other for other in rivals if other.houses and other.cost <= best.cost + TIE]
    if len(houses) > 1 or ties:
        several = [*houses, *(house for other in ties for house in other.houses)]
        return _ambiguous(index, best, several, same_street=not ties)
    house = houses[0]
    unit_state, floor, door = _unit(index, house, best)
    segment = index.segment_of_house(house)
    post = index.posts[index.seg_post[segment]]
    status = cast(Status, via or STATUSES[index.house_flags[house]])
    category, reason = _category(best, unit_state, status, rival_streets=bool(rivals))
    alternatives: list[str] = []
    if best.other_town is not None:
        alternatives = _other_town_houses(index, best)
        if alternatives:
            category, reason = MatchCategory.C, "town_contradicts_postcode"
    if unit_state == "unknown":
        alternatives = _near_units(index, house, floor)
    if best.frame.number is not None and best.frame.number.is_range:
        alternatives = [
            _line(index, h)
            for code in best.frame.number.codes[1:]
            if code is not None
            for s in best.segments
            for h in index.find_houses(s, code)
        ]
    point = index.point(house)
    near = index.house_near[house]
    return AddressMatch(
        country=index.country,
        level=MatchLevel.UNIT if unit_state == "equal" else MatchLevel.HOUSE,
        category=category,
        next_action=_action(category, has_choice=True),
        address_id=index.house_id(house),
        street=index.name(index.seg_name[segment]),
        house_number=written_number(index.house_code[house]),
        floor=floor,
        door=door,
        postcode=post.postcode,
        city=post.city,
        supplementary_city=index.supplementary[index.seg_extra[segment]] or None,
        municipality_code=_municipality(index, segment),
        lat=point[0] if point else None,
        lon=point[1] if point else None,
        points=(point,) if point else (),
        status=status,
        units_at_number=index.unit_count[index.house_units[house]] or None,
        neighbour_distance_m=None if near == UNKNOWN_NEAR else near / 10,
        changes=_changes(index, scan, best, segment, house),
        alternatives=tuple(alternatives[:MAX_ALTERNATIVES]),
        reason=reason,
        source=index.source,
    )


def _surest(index: AddressIndex, best: Reading, rivals: list[Reading]) -> tuple[Reading, list[int], str]:
    """The reading to answer with, its houses and how they were reached: a current one beats a former."""
    houses, via = _live_houses(index, best.houses)
    if via:
        for other in rivals:
            if other.houses and other.cost <= best.cost + TIE:
                others, how = _live_houses(index, other.houses)
                if not how:
                    return other, _distinct(index, others), how
    return best, _distinct(index, houses), via


def _same_houses(index: AddressIndex, other: Reading, houses: list[int]) -> bool:
    """Whether a rival names the same address under another text, or only a former one."""
    if not other.houses:
        return False
    theirs, via = _live_houses(index, other.houses)
    return bool(via) or len(_distinct(index, [*houses, *theirs])) == len(houses)


def _live_houses(index: AddressIndex, houses: list[int]) -> tuple[list[int], str]:
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


def _distinct(index: AddressIndex, houses: list[int]) -> list[int]:
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


def _category(
    best: Reading, unit_state: str, status: str, *, rival_streets: bool
) -> tuple[MatchCategory, str | None]:
    """The wash category, and why it is no better. A and B as the public rules state them."""
    if best.leftover:
        return MatchCategory.C, "leftover_words"
    if best.frame.number is not None and best.frame.number.is_range:
        return MatchCategory.C, "number_range"
    if unit_state in ("unknown", "several"):
        return MatchCategory.C, "unknown_unit" if unit_state == "unknown" else "ambiguous_unit"
    if best.is_name_elsewhere:
        return MatchCategory.C, "street_exists_elsewhere"
    if best.edits > MAX_EDITS_B or rival_streets:
        return MatchCategory.C, "several_streets_near"
    if not best.has_postcode and not best.bulk:
        if best.town is TownFit.EXACT:
            return MatchCategory.B, "no_postcode"
        return MatchCategory.C, "no_postcode"
    if best.edits or best.kind == 2 or best.spacing:
        return MatchCategory.B, "street_corrected"
    if best.town in (TownFit.NEAR, TownFit.OTHER):
        return MatchCategory.B, "town_corrected"
    if status == "preliminary":
        return MatchCategory.B, "preliminary"
    return MatchCategory.A, "renamed" if status == "historic" else None


def _unit(index: AddressIndex, house: int, best: Reading) -> tuple[str, str | None, str | None]:
    """(none, echoed, equal, unknown or several; floor; door)."""
    floor, door = best.frame.unit.floor, best.frame.unit.door
    if floor is None and door is None:
        return "none", None, None
    units = index.units(house)
    if not units:
        return "echoed", floor, door
    typed = f"{floor or ''}|{(door or '').lower()}"
    if typed in units:
        return "equal", floor, door
    on_floor = [unit for unit in units if unit.split("|")[0] == (floor or "")]
    return ("several" if not door and on_floor else "unknown"), floor, door


def _near_units(index: AddressIndex, house: int, floor: str | None) -> list[str]:
    units = sorted(index.units(house), key=lambda unit: (unit.split("|")[0] != (floor or ""), unit))
    return [_line(index, house, unit) for unit in units[:MAX_ALTERNATIVES]]


def _other_town_houses(index: AddressIndex, best: Reading) -> list[str]:
    """The same street and number in the town that was typed, which the postcode contradicts."""
    assert best.other_town is not None
    found = []
    for segment in index.segments_of(best.name):
        if index.seg_post[segment] in best.other_town.posts and best.code is not None:
            found += index.find_houses(segment, best.code)
    return [_line(index, house) for house in found[:MAX_ALTERNATIVES]]


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
        municipality_code=_municipality(index, segment),
        lat=point[0] if point else None,
        lon=point[1] if point else None,
        points=(point,) if point else (),
        status=status,
        alternatives=tuple(_line(index, heir) for heir in heirs[:MAX_ALTERNATIVES]),
        reason=f"{status}_address",
        source=index.source,
    )


# ---------------------------------------------------------------- a street, or several


def _ambiguous(index: AddressIndex, best: Reading, houses: list[int], *, same_street: bool) -> AddressMatch:
    """Several addresses fit: none is picked; the area they share is the answer."""
    posts = {index.seg_post[index.segment_of_house(house)] for house in houses}
    lines = tuple(dict.fromkeys(_line(index, house) for house in houses))
    post = index.posts[next(iter(posts))] if len(posts) == 1 else None
    if post is None:
        munis = {_municipality(index, index.segment_of_house(house)) for house in houses}
        muni = next(iter(munis)) if len(munis) == 1 else None
        level = MatchLevel.MUNICIPALITY if muni else MatchLevel.NONE
    else:
        muni = _single(post.municipalities)
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
    streets = [other for other in rivals if other.cost <= best.cost + TIE]
    if len(posts) > 1 or streets:
        area = _area(index, towns, scan, [])
        lines = dict.fromkeys(
            _street_line(index, segment) for other in (best, *streets) for segment in other.segments
        )
        return _with_reason(area, "ambiguous", tuple(lines)[:MAX_ALTERNATIVES])
    reason = "no_house_number" if best.frame.number is None else "unknown_number"
    if (best.edits > 1 and best.frame.number is not None) or best.leftover > 2:
        # a far name whose number does not exist either: too little to name a street
        return _area(index, towns, scan, readings)
    post = index.posts[next(iter(posts))]
    code = best.frame.number.codes[0] if best.frame.number is not None else None
    alternatives = [
        _line(index, house)
        for segment in best.segments
        if code is not None
        for house in index.lettered(segment, code >> 5)
        if index.house_flags[house] <= 1
    ]
    return AddressMatch(
        country=index.country,
        level=MatchLevel.STREET,
        category=MatchCategory.C,
        next_action=_action(MatchCategory.C, has_choice=bool(alternatives)),
        street=index.name(best.name),
        postcode=post.postcode,
        city=post.city,
        supplementary_city=index.supplementary[index.seg_extra[best.segments[0]]] or None,
        municipality_code=_municipality(index, best.segments[0]),
        points=_points(index, best.segments),
        changes=_changes(index, scan, best, best.segments[0], None),
        alternatives=tuple(alternatives[:MAX_ALTERNATIVES]),
        reason=reason,
        source=index.source,
    )


def _points(index: AddressIndex, segments: list[int]) -> tuple[tuple[float, float], ...]:
    """Up to MAX_POINTS house points, evenly along the numbers of a street."""
    houses = [house for segment in segments for house in index.houses_in(segment)]
    step = max(1, -(-len(houses) // MAX_POINTS))
    return tuple(point for house in houses[step // 2 :: step] if (point := index.point(house)))


# ---------------------------------------------------------------- an area


def _area(index: AddressIndex, towns: Towns, scan: Scan, readings: list[Reading]) -> AddressMatch:
    """Postcode, else municipality, else nothing; with the same street elsewhere as alternatives."""
    lines = dict.fromkeys(_line(index, house) for reading in readings for house in reading.houses)
    alternatives = tuple(lines)[:MAX_ALTERNATIVES]
    tokens = scan.tokens
    words = sum(not number and not used for number, used in zip(tokens.is_number, scan.used, strict=True))
    if scan.post is not None and not index.posts[scan.post].bulk and len(tokens) <= MAX_LOOSE_TOKENS:
        return _postcode(index, scan.post, "unknown_street" if words else "no_street", alternatives)
    hit = _town_of(index, towns, scan)
    reason = "unknown_postcode" if scan.unknown_postcode else "unknown_street"
    if hit is None:
        return _with_reason(nothing(index, "nothing_recognised"), "nothing_recognised", alternatives)
    posts = {post for post in hit.posts if not index.posts[post].bulk}
    if len(posts) == 1 and not scan.unknown_postcode:
        return _postcode(index, next(iter(posts)), reason, alternatives)
    muni = hit.municipality or _shared_municipality(index, posts)
    if muni is None:
        return _with_reason(nothing(index, reason), reason, alternatives)
    return AddressMatch(
        country=index.country,
        level=MatchLevel.MUNICIPALITY,
        category=MatchCategory.C,
        next_action=_action(MatchCategory.C, has_choice=bool(alternatives)),
        municipality_code=muni,
        alternatives=alternatives,
        reason=reason,
        source=index.source,
    )


def _postcode(index: AddressIndex, row: int, reason: str, alternatives: tuple[str, ...]) -> AddressMatch:
    post = index.posts[row]
    return AddressMatch(
        country=index.country,
        level=MatchLevel.POSTCODE,
        category=MatchCategory.C,
        next_action=_action(MatchCategory.C, has_choice=bool(alternatives)),
        postcode=post.postcode,
        city=post.city,
        municipality_code=_single(post.municipalities),
        alternatives=alternatives,
        reason=reason,
        source=index.source,
    )


def _town_of(index: AddressIndex, towns: Towns, scan: Scan) -> TownHit | None:
    """The town that a chunk of the text is, or ends with."""
    if scan.post is not None:
        return towns.lookup([towns.key[scan.post]])
    if len(scan.tokens) > MAX_LOOSE_TOKENS:
        return None
    for first, end in reversed(list(scan.chunks())):
        for start in range(max(first, end - 3), end):
            if any(scan.tokens.is_number[start:end]):
                continue
            hit = towns.lookup(scan.tokens.folded[start:end])
            if hit is not None and (hit.posts or hit.municipality):
                return hit
    return None


def _shared_municipality(index: AddressIndex, posts: set[int]) -> str | None:
    """The municipality that most of these postcodes lie first in, if all lie in it at least partly."""
    sets = [set(index.posts[post].municipalities) for post in posts]
    if not sets:
        return None
    return _single(tuple(set.intersection(*sets)))


# ---------------------------------------------------------------- parts of an answer


def _action(category: MatchCategory, *, has_choice: bool) -> NextAction:
    if category is MatchCategory.A:
        return NextAction.ACCEPT
    return NextAction.CONFIRM if category is MatchCategory.B or has_choice else NextAction.FIX


def _with_reason(match: AddressMatch, reason: str, alternatives: tuple[str, ...]) -> AddressMatch:
    return AddressMatch(
        country=match.country,
        level=match.level,
        category=match.category,
        next_action=_action(match.category, has_choice=bool(alternatives)),
        postcode=match.postcode,
        city=match.city,
        municipality_code=match.municipality_code,
        alternatives=alternatives,
        reason=reason,
        source=match.source,
    )


def _single(codes: tuple[str, ...]) -> str | None:
    return codes[0] if len(codes) == 1 else None


def _municipality(index: AddressIndex, segment: int) -> str | None:
    code = index.municipality_codes[index.seg_muni[segment]]
    return code or _single(index.posts[index.seg_post[segment]].municipalities)


def _changes(
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


def _line(index: AddressIndex, house: int, unit: str = "") -> str:
    """An address in one line, as it is written in its country."""
    segment = index.segment_of_house(house)
    post = index.posts[index.seg_post[segment]]
    floor, _, door = unit.partition("|")
    where = " ".join(part for part in (f"{floor}." if floor else "", door) if part)
    extra = index.supplementary[index.seg_extra[segment]]
    parts = [f"{index.name(index.seg_name[segment])} {written_number(index.house_code[house])}", where, extra]
    return ", ".join(part for part in (*parts, f"{post.postcode} {post.city}") if part)


def _street_line(index: AddressIndex, segment: int) -> str:
    post = index.posts[index.seg_post[segment]]
    return f"{index.name(index.seg_name[segment])}, {post.postcode} {post.city}"
