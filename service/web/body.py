"""Reading a JSON body: size, media type, text. What is inside a string is never a reason to refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO, NoReturn, cast

import orjson
from flask import Request, request
from gunicorn.http.errors import ParseException
from marshmallow import Schema, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from service.web.problems import FieldFault, Problem

# A caller need not be asked for these, so they are refused by name, with the reason, before they can
# reach a log or a store.
PERSONAL_FIELDS = frozenset(
    {
        "name", "firstname", "lastname", "fullname", "givenname", "familyname", "middlename", "surname",
        "navn", "fornavn", "efternavn", "namn", "fornamn", "efternamn", "nimi", "etunimi", "sukunimi",
        "email", "mail", "emailaddress", "epost", "mailadresse", "phone", "phonenumber", "telephone", "tel",
        "telefon", "telefonnummer", "mobile", "mobil", "mobilnummer", "mobilephone", "msisdn", "cpr",
        "cprnumber", "cprnummer", "ssn", "personnummer", "fodselsnummer", "hetu", "dateofbirth",
        "birthdate", "birthday", "foedselsdato", "contact", "customername", "contactname",
    }
)  # fmt: skip
_WHY_PERSONAL = (
    "Leave this field out: the service needs no name, e-mail address, phone number, birth date or personal "
    "number to answer, so it takes none. Use your own pseudonymous lead_id to recognise the lead."
)
_BODY = "doorstep.body"
_UNKNOWN = "Unknown field. The fields of this request are listed under /docs."


def read_json(limit: int) -> object:
    """The request's JSON body of at most `limit` bytes.

    Raises Problem 415 (not JSON by its media type) or 400 (not JSON by its text); a body over the
    limit raises werkzeug's 413. A lone half of a surrogate pair, which some keyboards and old
    systems send, is replaced rather than refused.
    """
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # each proxy use costs
    if asked.environ.get("CONTENT_TYPE") != "application/json" and asked.mimetype != "application/json":
        raise Problem(415, "Send the body as JSON, with the header Content-Type: application/json.")
    raw = read_raw(limit)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _read_lenient(raw, error)


def read_raw(limit: int) -> bytes:
    """The bytes of the body, read once per request however often they are asked for.

    Raises Problem 400 for a body whose pieces are malformed or that ends too early, and werkzeug's 413 for
    one of more than `limit` bytes, whether its length was stated or not.
    """
    environ = request.environ
    kept = environ.get(_BODY)
    if kept is not None:
        return cast(bytes, kept)
    length = environ.get("CONTENT_LENGTH", "")
    stated = int(length) if length.isdecimal() else None
    if stated is not None and stated > limit:
        raise RequestEntityTooLarge
    if stated is None and not environ.get("wsgi.input_terminated"):
        return b""
    raw = _read_pieces(environ["wsgi.input"], limit + 1 if stated is None else stated)
    if len(raw) > limit:
        raise RequestEntityTooLarge
    if stated is not None and len(raw) < stated:
        raise Problem(400, "The body ended before the length that was stated.")
    environ[_BODY] = raw
    return raw


def _read_pieces(stream: BinaryIO, most: int) -> bytes:
    """Up to `most` bytes; the server hands a body over as it comes, and judges its pieces as it reads."""
    try:
        raw = stream.read(most)
        while 0 < len(raw) < most and (more := stream.read(most - len(raw))):
            raw += more
    except (ParseException, OSError, ValueError) as error:
        raise Problem(400, "The body is cut off or its pieces are malformed.") from error
    return raw


def load_json(schema: Schema, limit: int) -> Any:
    """The body, checked and converted by `schema`. Raises Problem 400, 415 or 422."""
    return load(schema, read_json(limit))


def load(schema: Schema, payload: object) -> Any:
    """`payload` checked and converted by `schema`; Problem 422 names every wrong field."""
    if not isinstance(payload, dict):
        raise Problem(400, "The body must be a JSON object: { … }.")
    try:
        return schema.load(cast(Mapping[str, Any], payload))
    except ValidationError as error:
        faults = field_faults(error)
        raise Problem(422, _summary(faults), faults) from None


def field_faults(error: ValidationError) -> tuple[FieldFault, ...]:
    """Marshmallow's nested messages as flat field paths with sentences."""
    return tuple(_flatten(error.messages, ()))


def _flatten(messages: object, path: tuple[str, ...]) -> list[FieldFault]:
    if isinstance(messages, Mapping):
        return [f for key, inner in messages.items() for f in _flatten(inner, (*path, str(key)))]
    texts = messages if isinstance(messages, list) else [messages]
    name = ".".join(p for p in path if p != "_schema")
    folded = path[-1].lower().replace("_", "").replace("-", "") if path else ""
    found = []
    for text in texts:
        if text == "Unknown field.":
            found.append(FieldFault(name, _WHY_PERSONAL if folded in PERSONAL_FIELDS else _UNKNOWN))
        else:
            found.append(FieldFault(name, str(text)))
    return found


def _summary(faults: tuple[FieldFault, ...]) -> str:
    if len(faults) == 1:
        return "One field is wrong; errors says which and why."
    return f"{len(faults)} fields are wrong; errors says which and why."


def _read_lenient(raw: bytes, error: orjson.JSONDecodeError) -> object:
    """The standard parser takes lone surrogates, which orjson refuses; they become U+FFFD."""
    try:
        text = raw.decode("utf-8", "surrogatepass")
        return _without_surrogates(json.loads(text, parse_constant=_refuse_constant))
    except UnicodeDecodeError:
        raise Problem(400, "The body is not UTF-8 text. JSON travels as UTF-8.") from None
    except (ValueError, RecursionError):
        raise Problem(
            400, f"The body is not JSON: it stops making sense at line {error.lineno}, column {error.colno}."
        ) from None


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(v) for v in value]
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value
