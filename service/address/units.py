"""Floor and door, in every way people write them; recognised as words, never matched as numbers."""

from __future__ import annotations

from dataclasses import dataclass

from service.address.rules import CountryRules
from service.address.text import Tokens

DOOR_DIGITS = 3
MAX_BARE_FLOOR = 20  # a higher number without any floor word may be a door, but no floor


@dataclass(frozen=True, slots=True)
class UnitText:
    """What was read after the house number. `end` is the first token that is not part of it."""

    floor: str | None
    door: str | None
    end: int
    is_bare: bool = False  # a number alone, which might be the house number of a street that ends in one


def read_unit(tokens: Tokens, first: int, stop: int, rules: CountryRules) -> UnitText:  # noqa: PLR0912
    """Reads floor and door from tokens first..stop-1; stops at the first token that is neither."""
    at = first
    floor: str | None = None
    door: str | None = None
    labelled = False
    while at < stop:
        word = tokens.folded[at]
        following = tokens.folded[at + 1] if at + 1 < stop else ""
        if door is None and (word, following) in rules.door_pairs:
            door = rules.door_pairs[word, following]
            at += 2
        elif door is None and word in rules.door_words:
            door = rules.door_words[word]
            at += 1
        elif floor is None and word in rules.floor_words:
            floor = rules.floor_words[word]
            at += 1
        elif word in rules.storey_words and (floor is not None or at == first):
            at += 1
        elif word in rules.door_labels and door is None and _is_door_number(tokens, at + 1, stop):
            labelled = True
            at += 1
        elif word == "h" and _is_glued_number(tokens, at + 1, stop, 4):
            door = "H" + following  # a Norwegian dwelling number: entrance level letter and four digits
            at += 2
        elif tokens.is_number[at]:
            if labelled or (floor is not None and door is None):
                door, at = _door_number(tokens, at, stop)
                labelled = False
            elif floor is None and int(word[:4]) <= rules.highest_floor and len(word) <= 3:
                floor = str(int(word))
                at += 1
            elif at == first and tokens.hard[at] and len(word) == DOOR_DIGITS:
                door, at = _door_number(tokens, at, stop)  # ", 101": higher than any floor
            else:
                break
        elif (
            rules.stairway
            and floor is None
            and door is None
            and len(word) == 1
            and _is_door_number(tokens, at + 1, stop)
        ):
            number, at = _door_number(tokens, at + 1, stop)
            door = f"{word.upper()} {number}"
        elif floor is not None and door is None and len(word) == 1 and not tokens.hard[at]:
            door = word
            at += 1
        else:
            break
    bare = at == first + 1 and tokens.is_number[first] and (door is not None or not tokens.hard[first])
    if bare and floor is not None and int(floor) > MAX_BARE_FLOOR:
        return UnitText(None, floor, at, bare)
    return UnitText(floor, door, at, bare)


def _is_door_number(tokens: Tokens, at: int, stop: int) -> bool:
    return at < stop and tokens.is_number[at] and len(tokens.folded[at]) <= 4


def _is_glued_number(tokens: Tokens, at: int, stop: int, digits: int) -> bool:
    return at < stop and tokens.is_number[at] and tokens.gap[at] == "" and len(tokens.folded[at]) == digits


def _door_number(tokens: Tokens, at: int, stop: int) -> tuple[str, int]:
    """A door's number without leading zeros, with a glued letter if there is one."""
    number = tokens.folded[at].lstrip("0") or "0"
    after = at + 1
    if (
        after < stop
        and not tokens.is_number[after]
        and tokens.gap[after] == ""
        and len(tokens.folded[after]) == 1
    ):
        return number + tokens.folded[after], after + 1
    return number, after
