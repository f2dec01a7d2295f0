"""The request of `POST /enrich` and `POST /enrich/batch`."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from service.model import Channel
from service.web.schemas.fields import (
    COUNTRY,
    LANGUAGE,
    LEAD_ID,
    Flag,
    Moment,
    TextOrParts,
    Whole,
    is_personal,
    refuse_personal,
)

MAX_BATCH = 1000
_lead_id = re.compile(LEAD_ID)
_PLAIN = frozenset({"address", "lead_id"})
OWN_LEAD_ID = (
    Whole(LEAD_ID, error="Must be 1 to 128 letters, digits or . _ : ~ -, and not . or .. alone."),
    refuse_personal,
)
MAX_DEADLINE_MS = 10_000
MAX_TENURE_DAYS = 36_525

EXAMPLE = {
    "lead_id": "crm-84213",
    "address": "Sankt Mortens Gade 3, 3700 Rønne",
    "declared": {"birth_year": 1994, "children_at_home": False},
    "consent": {"profiling": True, "email": {"given": True, "at": "2026-11-21T10:02:11Z"}},
}


class Strict(Schema):
    """A request body: a field that is not listed is refused by name."""

    class Meta:
        unknown = RAISE


class AddressParts(Strict):
    """The parts of a structured form. Codes are text: a postcode 0800 keeps its zero."""

    street = fields.String(allow_none=True)
    house_number = fields.String(allow_none=True)
    floor = fields.String(allow_none=True)
    door = fields.String(allow_none=True)
    postcode = fields.String(allow_none=True)
    city = fields.String(allow_none=True)


class DeclaredRequest(Strict):
    """What the lead has said of themselves. A year that no living person has is taken as not said."""

    birth_year = fields.Integer(strict=True, allow_none=True)
    children_at_home = Flag(allow_none=True)


class ConsentProofRequest(Strict):
    """One consent as it was recorded."""

    given = Flag(required=True)
    at = Moment(allow_none=True, metadata={"description": "When, with its offset: 2026-11-21T10:02:11Z."})
    text_version = fields.String(allow_none=True, validate=validate.Length(max=64))


class ConsentRequest(Strict):
    """What the lead has agreed to. Without `profiling` the answer is the standard flow."""

    profiling = Flag(load_default=True)
    email = fields.Nested(ConsentProofRequest, allow_none=True)
    phone = fields.Nested(ConsentProofRequest, allow_none=True)
    sms = fields.Nested(ConsentProofRequest, allow_none=True)
    letter = fields.Nested(ConsentProofRequest, allow_none=True)
    post = fields.Nested(
        ConsentProofRequest,
        allow_none=True,
        metadata={
            "deprecated": True,
            "description": "The old word for `letter`, which counts where both are sent.",
        },
    )


class EnrichRequest(Strict):
    """One lead. Only `address` is required; name, e-mail and phone number are refused."""

    lead_id = fields.String(
        allow_none=True,
        validate=OWN_LEAD_ID,
        metadata={"description": "Your pseudonymous id; one is made when you send none."},
    )
    address = TextOrParts(
        AddressParts,
        required=True,
        metadata={
            "oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/AddressParts"}],
            "description": "As it was typed, or in parts. Any text is answered, also one that is no address.",
        },
    )
    country = fields.String(
        allow_none=True,
        validate=COUNTRY,
        metadata={"description": "ISO 3166-1; the setting ENRICH_COUNTRY when not sent."},
    )
    language = fields.String(
        allow_none=True,
        validate=LANGUAGE,
        metadata={"description": "ISO 639-1; the country's own when not sent."},
    )
    channel = fields.String(
        allow_none=True,
        validate=validate.OneOf([c.value for c in Channel], error="Must be one of: {choices}."),
    )
    declared = fields.Nested(DeclaredRequest, allow_none=True)
    consent = fields.Nested(ConsentRequest, allow_none=True)
    tenure_days = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(0, MAX_TENURE_DAYS),
        metadata={"description": "Days as a customer; 0 for a new lead."},
    )
    deadline_ms = fields.Integer(
        strict=True,
        allow_none=True,
        validate=validate.Range(1, MAX_DEADLINE_MS),
        metadata={"description": "After this the answer is given as far as it is known; 300 when not sent."},
    )

    def load(self, data: Any, **options: Any) -> Any:
        """Marshmallow's, but for the commonest request, which it takes 24 µs to pass unchanged."""
        return data if not options and is_plain_lead(data) else super().load(data, **options)


def is_plain_lead(sent: Any) -> bool:
    """Whether a request is an address as text, perhaps with a lead_id, that the schema would take as it is.

    False says nothing: marshmallow then decides, and words what is wrong.
    """
    return (
        isinstance(sent, dict)
        and sent.keys() <= _PLAIN
        and isinstance(sent.get("address"), str)
        and ("lead_id" not in sent or (isinstance(sent["lead_id"], str) and _is_lead_id(sent["lead_id"])))
    )


def _is_lead_id(text: str) -> bool:
    return _lead_id.fullmatch(text) is not None and not is_personal(text)


class BatchRequest(Strict):
    """Up to 1,000 leads. Each is checked and answered on its own, as `POST /enrich` would."""

    leads = fields.List(
        fields.Raw(metadata={"$ref": "#/components/schemas/EnrichRequest"}),
        required=True,
        validate=validate.Length(min=1, max=MAX_BATCH, error="Send 1 to 1,000 leads at once."),
    )
