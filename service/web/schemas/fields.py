"""Fields that are stricter than marshmallow's own: JSON says `true`, so `"true"` and 1 are not booleans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields


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
