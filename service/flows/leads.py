"""The one builder of a `Lead`: for HTTP, customer files, the command line and programs.

What is sent is a mapping of the names that `POST /enrich` takes; every door brings its own into them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from service.model import AddressQuery, Channel, Consent, ConsentProof, Contact, Declared, Lead

# Younger than any lead and older than any person: outside, the year was mistyped and is not used.
_OLDEST_YEARS = 125
_DEFAULT_DEADLINE_MS = 300
_NO_CONSENT_SENT = Consent()


def lead_of(sent: Mapping[str, Any], country: str, language_of: Callable[[str], str]) -> Lead:
    """The lead that `sent` describes: `address` (text or parts), and optionally `lead_id`, `country`,
    `language`, `channel`, `declared`, `consent`, `tenure_days`, `deadline_ms`.

    `country` is that of leads that name none, `language_of` gives the language of a country's leads.
    """
    country = (sent.get("country") or country).upper()
    declared = sent.get("declared") or {}
    return Lead(
        lead_id=sent.get("lead_id") or f"lead_{secrets.token_hex(12)}",
        address=address_of(sent["address"], country),
        country=country,
        language=sent.get("language") or language_of(country),
        channel=sent.get("channel") or Channel.WEB_FORM.value,
        declared=Declared(
            birth_year=_believable_year(declared.get("birth_year")),
            children_at_home=declared.get("children_at_home"),
        ),
        consent=_consent(sent.get("consent") or {}),
        tenure_days=sent.get("tenure_days") or 0,
        deadline_ms=sent.get("deadline_ms") or _DEFAULT_DEADLINE_MS,
    )


def address_of(typed: str | Mapping[str, str | None], country: str) -> AddressQuery:
    """The typed address as a query; an object's missing parts are empty text."""
    if isinstance(typed, str):
        return AddressQuery(country=country, text=typed)
    return AddressQuery(country=country, **{part: text or "" for part, text in typed.items()})


def _believable_year(year: int | None) -> int | None:
    if year is None:
        return None
    this_year = datetime.now(UTC).year
    return year if this_year - _OLDEST_YEARS <= year <= this_year else None


def _consent(sent: Mapping[str, Any]) -> Consent:
    if not sent:
        return _NO_CONSENT_SENT
    proofs: dict[str, ConsentProof] = {}
    for word, proof in sent.items():
        if word != "profiling" and proof is not None:
            way = Contact(word).value
            if (
                way == word or way not in proofs
            ):  # where an old word for it was sent as well, the new one counts
                proofs[way] = _proof(proof)
    return Consent(profiling=sent.get("profiling", True), **proofs)


def _proof(sent: Mapping[str, Any]) -> ConsentProof:
    return ConsentProof(given=sent["given"], at=sent.get("at"), text_version=sent.get("text_version"))
