"""`Idempotency-Key`: the same call again gets the same answer, and is not made twice.

No request is stored, and no address. Where an answer holds one (`keeps="decisions"`), what is kept is
which decisions were made: they are in the log without their address, and the address is washed again
from the request, which the caller has sent anew. Encrypting the whole answer instead would have kept
addresses at rest beside their key; deciding anew could decide otherwise after a release or policy change.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import orjson
from flask import Response, request

from service.errors import StoreError
from service.model import Decision, Lead
from service.store.replays import InFlight, Kept, OtherBody
from service.web.body import read_raw
from service.web.context import current_services
from service.web.problems import Problem
from service.web.visit import current_key

log = logging.getLogger(__name__)

# What is kept of an answer. "again": nothing, the route changes nothing and can answer again.
Keeps = Literal["answer", "decisions", "again"]
_WORD = re.compile(r"[\x21-\x7e]{1,255}")
_HEADERS = ("ETag", "Location")
_MADE = "doorstep.decisions_made"
_TO_REPEAT = "doorstep.decisions_to_repeat"


def answer_once(keeps: Keeps, limit: int, answer: Callable[[], Response]) -> Response:
    """The answer of this POST, or that of the same call before under the caller's Idempotency-Key.

    Raises Problem 400 (a key that is none), 409 (the first call is not answered yet), 422 (the key was
    used for another request). Only what succeeded is kept: a refused call may be corrected and repeated.
    """
    word = request.environ["HTTP_IDEMPOTENCY_KEY"].strip('"')
    if not _WORD.fullmatch(word):
        raise Problem(400, "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.")
    call = b"%s %s\n%s" % (request.method.encode(), request.path.encode(), read_raw(limit))
    replays, key_id = current_services().store.replays, current_key().key_id
    try:
        found = replays.begin(key_id, word, call)
    except StoreError:
        # A form must not fail with the store; a route that needs the store will say so itself.
        current_services().enricher.count_failure("idempotency_not_stored")
        return answer()
    if isinstance(found, OtherBody):
        raise Problem(
            422, "This Idempotency-Key was used for another request; use a new key for each new call."
        )
    if isinstance(found, InFlight):
        raise Problem(
            409, "The first call with this Idempotency-Key is not answered yet.", headers={"Retry-After": "1"}
        )
    if isinstance(found, Kept):
        return _again(keeps, found, answer)
    return _first(keeps, word, answer)


def note_decision(decision: Decision) -> None:
    """Tells that the call under way made this decision."""
    made: list[str] | None = request.environ.get(_MADE)
    if made is not None:
        made.append(decision.decision_id)


def repeated_decision(lead: Lead) -> Decision | None:
    """The decision that this call made before about this lead; None when it is to be made now."""
    to_repeat: deque[str] | None = request.environ.get(_TO_REPEAT)
    if not to_repeat:
        return None
    services = current_services()
    stored = services.past.by_id(to_repeat.popleft())
    country = services.assets().countries.get(lead.country)
    if stored is None:
        return None  # it was answered `degraded` because it could not be stored, or has been erased
    if country is None:
        return stored
    return replace(stored, address=country.match_address(lead.address, lead.deadline_ms))


def _first(keeps: Keeps, word: str, answer: Callable[[], Response]) -> Response:
    replays, key_id = current_services().store.replays, current_key().key_id
    made: list[str] = []
    request.environ[_MADE] = made
    try:
        response = answer()
    except StoreError:
        raise  # unknown what was done: nobody may repeat it before the minute is over
    except Exception:
        replays.drop(key_id, word)
        raise
    try:
        if 200 <= response.status_code < 300:
            replays.settle(key_id, word, response.status_code, _kept(keeps, response, made))
        else:
            replays.drop(key_id, word)
    except StoreError:  # what was asked has been done; only its repetition is not remembered
        log.warning("an idempotency key could not be kept")
        current_services().enricher.count_failure("idempotency_not_stored")
    return response


def _kept(keeps: Keeps, response: Response, made: list[str]) -> bytes:
    if keeps == "decisions":
        return orjson.dumps(made)
    if keeps == "again":
        return b""
    headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    kept: dict[str, Any] = {"type": response.mimetype, "headers": headers}
    return orjson.dumps({**kept, "body": response.get_data(as_text=True)})


def _again(keeps: Keeps, found: Kept, answer: Callable[[], Response]) -> Response:
    if keeps == "decisions":
        request.environ[_TO_REPEAT] = deque(orjson.loads(found.answer))
    if keeps == "answer":
        kept = orjson.loads(found.answer)
        response = Response(kept["body"], found.status, kept["headers"], mimetype=kept["type"])
    else:
        response = answer()
    response.headers["Idempotency-Replayed"] = "true"
    return response
