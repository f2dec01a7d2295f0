"""One line of autocomplete: a house or a unit, a street that waits for its number, or a post town."""

from __future__ import annotations

from dataclasses import dataclass

from service.address.index import AddressIndex
from service.address.layout import written_number
from service.address.lines import address_line
from service.model import MatchLevel


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line of autocomplete. `complete` is False when a number, floor or door is still to come."""

    text: str
    level: MatchLevel
    complete: bool
    street: str
    house_number: str | None = None
    postcode: str | None = None
    city: str | None = None
    address_id: str | None = None
    lat: float | None = None
    lon: float | None = None


def suggest_house(index: AddressIndex, house: int, unit: str = "", *, complete: bool = True) -> Suggestion:
    """A house row, or one unit of it as "floor|door"."""
    segment = index.segment_of_house(house)
    post = index.posts[index.seg_post[segment]]
    point = index.point(house)
    return Suggestion(
        text=address_line(index, house, unit),
        level=MatchLevel.UNIT if unit else MatchLevel.HOUSE,
        complete=complete,
        street=index.name(index.seg_name[segment]),
        house_number=written_number(index.house_code[house]),
        postcode=post.postcode,
        city=post.city,
        address_id=index.house_id(house),
        lat=point[0] if point else None,
        lon=point[1] if point else None,
    )


def suggest_street(index: AddressIndex, segment: int) -> Suggestion:
    """A street of one postcode, with the part of town that its addresses are written with."""
    post = index.posts[index.seg_post[segment]]
    street = index.name(index.seg_name[segment])
    extra = index.supplementary[index.seg_extra[segment]]
    text = ", ".join(part for part in (street, extra, f"{post.postcode} {post.city}") if part)
    return Suggestion(text, MatchLevel.STREET, False, street, None, post.postcode, post.city)


def suggest_town(index: AddressIndex, post: int) -> Suggestion:
    """A postcode and its town."""
    town = index.posts[post]
    text = f"{town.postcode} {town.city}"
    return Suggestion(text, MatchLevel.POSTCODE, False, "", None, town.postcode, town.city)
