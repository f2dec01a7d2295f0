"""Fields that are stricter than marshmallow's own: JSON says `true`, so `"true"` and 1 are not booleans."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

# What the store, arithmetic and every later reader can carry; beyond, it is a typing error anyway.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Denmark, Finland: day, month, year; Sweden: year, month, day. Only with their sign in between: without
# it nothing tells them from a counter of the caller's own. Norway's eleven digits carry two checks.
_DAY_FIRST = re.compile(r"(\d\d)(\d\d)(\d\d)(?:-\d{4}|[-+A-FU-Y]\d{3}[0-9A-Y])")
_YEAR_FIRST = re.compile(r"(?:\d\d)?(\d\d)(\d\d)(\d\d)[-+]\d{4}")
_NORWEGIAN = re.compile(r"(\d\d)(\d\d)(\d\d)\d{5}")
_CHECKS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))


class Whole(validate.Regexp):
    """A pattern that the whole text has to fit: `$` alone also matches before a last line end."""

    def __call__(self, value: Any) -> Any:
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


COUNTRY = Whole(r"^[A-Za-z]{2}$", error="Must be a two-letter country code such as DK.")
LANGUAGE = Whole(r"^[a-z]{2}$", error="Must be a two-letter language code such as da.")
DAY = Whole(r"^\d{4}-\d{2}-\d{2}$", error="Must be a day such as 2026-11-21.")
# Not `.` or `..` either: clients fold them in a path, so the lead could never be erased.
LEAD_ID = r"^(?!\.{1,2}$)[A-Za-z0-9._:~-]{1,128}$"


def is_personal(text: str) -> bool:
    """Whether a text that should be a pseudonymous id is an e-mail address or a personal number."""
    if "@" in text:
        return _EMAIL.fullmatch(text) is not None
    if len(text) < 10 or not text[:6].isdigit():
        return False
    if found := _DAY_FIRST.fullmatch(text):
        return _is_day(*found.groups())
    if found := _YEAR_FIRST.fullmatch(text):
        return _is_day(*reversed(found.groups()))
    if found := _NORWEGIAN.fullmatch(text):
        return _is_day(*found.groups()) and all(
            sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True)) % 11 == 0
            for weights in _CHECKS
        )
    return False


def _is_day(day: str, month: str, year: str) -> bool:
    try:
        date(2000 + int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def refuse_personal(text: str) -> str:
    """Raises ValidationError for an id that is an e-mail address or a personal number."""
    if is_personal(text):
        raise ValidationError(
            "This looks like an e-mail address or a personal number. Send a pseudonymous id of your own; "
            "the service takes nothing that names a person."
        )
    return text


class Moment(fields.AwareDateTime):
    """A time with its offset, between the years 1900 and 2100."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        moment: datetime = super()._deserialize(value, attr, data, **kwargs)
        if not EARLIEST <= moment < LATEST:
            raise ValidationError("Must lie between the years 1900 and 2100, offset included.")
        return moment.astimezone(UTC)


class Flag(fields.Boolean):
    """true or false, nothing that merely looks like it."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class TextOrParts(fields.Field[Any]):
    """A text, or an object checked by `parts`. Whatever the text says, it is accepted."""

    def __init__(self, parts: type[Schema], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parts = parts()

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return self.parts.load(value)
        raise ValidationError(
            "Must be text, or an object with street, house_number, postcode, city and so on."
        )
