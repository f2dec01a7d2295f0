"""One way to read a text: this span is the street, that number the house, the rest town and unit."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.address import layout
from service.address.rules import CountryRules
from service.address.scan import Scan
from service.address.text import Tokens
from service.address.towns import TownHit, Towns
from service.address.units import UnitText, read_unit

LETTER = 1


@dataclass(slots=True)
class NumberText:
    """The house number as typed: codes of the number (and of a range, in order)."""

    codes: list[int | None]  # None: a letter that no house has
    first: int  # token span
    end: int
    is_range: bool = False
    stairway: str = ""  # the letter, where it may be a stairway of the plain number (Finland: "6 A")


@dataclass(slots=True)
class TownText:
    """What the words outside street, number and unit say."""

    hits: list[tuple[list[str], TownHit]] = field(default_factory=list)
    unknown: list[list[str]] = field(default_factory=list)  # runs of words that no town explains
    spoken: tuple[int, int] | None = None  # token span of the first town words
    numbers: int = 0  # numbers that nothing explains
    ends: dict[int, int] = field(default_factory=dict)  # token after a run of words -> words in the run
    town_ends: set[int] = field(default_factory=set)  # those whose run is a town


@dataclass(slots=True)
class Frame:
    """A span for the street and what follows from it for the other tokens; no street chosen yet."""

    start: int
    stop: int
    number: NumberText | None
    unit: UnitText
    town: TownText
    swapped: bool = False


def frame_text(scan: Scan, start: int, stop: int, towns: Towns, rules: CountryRules) -> Frame:
    """Reads number, unit and town around a street span."""
    tokens = scan.tokens
    number, swapped = _find_number(scan, start, stop, rules)
    after = number.end if number is not None and not swapped else stop
    unit = UnitText(None, None, after)
    if number is not None:
        end = after
        while end < len(tokens) and not scan.used[end]:
            end += 1
        unit = read_unit(tokens, after, end, rules)
    taken = list(scan.used)
    for low, high in ((start, stop), (after, unit.end)):
        taken[low:high] = [True] * (high - low)
    if number is not None:
        taken[number.first : number.end] = [True] * (number.end - number.first)
        _take_number_word(tokens, taken, number.first, rules)
    return Frame(start, stop, number, unit, _read_towns(tokens, taken, towns, rules), swapped)


def _take_number_word(tokens: Tokens, taken: list[bool], first: int, rules: CountryRules) -> None:
    if first > 0 and tokens.folded[first - 1] in rules.number_words:
        taken[first - 1] = True


def _find_number(scan: Scan, start: int, stop: int, rules: CountryRules) -> tuple[NumberText | None, bool]:
    """The house number of a street span: right after it, right before it, or the only one there is."""
    tokens = scan.tokens
    at = stop
    if at < len(tokens) and tokens.folded[at] in rules.number_words:
        at += 1
    if _is_house_number(scan, at, rules):
        return _read_number(scan, at, rules), False
    before = start - 1
    if before > 0 and not tokens.is_number[before] and len(tokens.folded[before]) == LETTER:
        before -= 1
    if _is_house_number(scan, before, rules):
        number = _read_number(scan, before, rules)
        if number.end == start:
            return number, True
        if before + 1 == start and tokens.gap[start]:  # "10 H.C. Møllers Vej": the letter is the street's
            return NumberText([layout.number_code(int(tokens.folded[before]))], before, start), True
    others = [at for at in range(len(tokens)) if not start <= at < stop and _is_house_number(scan, at, rules)]
    if len(others) == 1 and tokens.hard[others[0]]:
        return _read_number(scan, others[0], rules), True
    return None, False


def _is_house_number(scan: Scan, at: int, rules: CountryRules) -> bool:
    tokens = scan.tokens
    return (
        0 <= at < len(tokens)
        and tokens.is_number[at]
        and not scan.used[at]
        and len(tokens.folded[at].lstrip("0")) <= rules.number_digits
    )


def _read_number(scan: Scan, at: int, rules: CountryRules) -> NumberText:
    tokens = scan.tokens
    number = int(tokens.folded[at])
    end = at + 1
    letter = ""
    if _is_suffix(scan, end, rules):
        letter = tokens.folded[end]
        end += 1
    codes: list[int | None] = [layout.number_code(number, letter)]
    stairway = letter.upper() if rules.stairway and letter and tokens.gap[at + 1] else ""
    if stairway:
        codes.append(layout.number_code(number))
    if end < len(tokens) and not scan.used[end] and tokens.gap[end].strip() in ("-", "/", "–"):
        if _is_floor(tokens, end, rules):
            return NumberText(codes, at, end, stairway=stairway)
        if tokens.is_number[end] and int(tokens.folded[end][:6]) < 10**rules.number_digits:
            last = int(tokens.folded[end])
            end += 1
            other = ""
            if _is_suffix(scan, end, rules):
                other = tokens.folded[end]
                end += 1
            codes.append(layout.number_code(last, other))
            return NumberText(codes, at, end, is_range=True)
        if letter and len(tokens.folded[end]) == LETTER and not tokens.is_number[end]:
            codes.append(layout.number_code(number, tokens.folded[end]))
            return NumberText(codes, at, end + 1, is_range=True)
    return NumberText(codes, at, end, stairway=stairway)


def _is_floor(tokens: Tokens, at: int, rules: CountryRules) -> bool:
    """Whether a number after a spaced dash is a floor: "52 - 2. th", not "52 - 54"."""
    if tokens.gap[at] in ("-", "/", "–") or not tokens.is_number[at] or at + 1 >= len(tokens):
        return False
    following = tokens.folded[at + 1]
    return (
        "." in tokens.gap[at + 1]
        or following in rules.door_words
        or following in rules.storey_words
        or (following, tokens.folded[at + 2] if at + 2 < len(tokens) else "") in rules.door_pairs
    )


def _is_suffix(scan: Scan, at: int, rules: CountryRules) -> bool:
    """Whether the token is the letter of a house number ("52C", "52 C"), not a door ("t.v.")."""
    tokens = scan.tokens
    if at >= len(tokens) or scan.used[at] or tokens.is_number[at] or tokens.hard[at]:
        return False
    word = tokens.folded[at]
    if len(word) > LETTER and word != "ae":
        return False
    following = tokens.folded[at + 1] if at + 1 < len(tokens) else ""
    if (word, following) in rules.door_pairs:
        return False
    if rules.stairway and tokens.gap[at] and following.isdigit() and not tokens.hard[at + 1]:
        return False  # "6 A 12": stairway A, apartment 12
    if word == "h" and at + 1 < len(tokens) and tokens.is_number[at + 1] and tokens.gap[at + 1] == "":
        return False
    return tokens.gap[at] == "" or tokens.gap[at].strip() in ("", ".")


def _read_towns(tokens: Tokens, taken: list[bool], towns: Towns, rules: CountryRules) -> TownText:
    """Explains what is left: the longest run of words that a town (or country) explains, then the rest."""
    town = TownText()
    at = 0
    total = len(tokens)
    while at < total:
        if taken[at]:
            at += 1
            continue
        if tokens.is_number[at]:
            town.numbers += 1
            at += 1
            continue
        end = at + 1
        while end < total and not taken[end] and not tokens.is_number[end] and not tokens.hard[end]:
            end += 1
        _read_run(tokens, at, end, towns, rules, town)
        at = end
    return town


def _read_run(
    tokens: Tokens, first: int, end: int, towns: Towns, rules: CountryRules, town: TownText
) -> None:
    at = first
    left: list[str] = []
    while at < end:
        for stop in range(min(end, at + 4), at, -1):
            words = tokens.folded[at:stop]
            if stop == at + 1 and words[0] in rules.names and len(words[0]) > 1:
                break
            hit = towns.lookup(words)
            if hit is not None:
                town.hits.append((words, hit))
                town.town_ends.add(stop)
                town.ends[stop] = stop - at
                town.spoken = town.spoken or (at, stop)
                break
        else:
            left.append(tokens.folded[at])
            at += 1
            continue
        if left:
            town.unknown.append(left)
            left = []
        at = stop
    if left:
        town.unknown.append(left)
        town.ends[end] = len(left)
        town.spoken = town.spoken or (first, end)
