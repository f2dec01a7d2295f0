"""Washing one address, and completing one as it is typed. Nothing here is stored or logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from service.address.lines import one_line
from service.address.suggest import suggest_addresses
from service.flows.leads import address_of
from service.web.answer import match_block, suggestion_block
from service.web.context import asked_country, current_services, current_site
from service.web.endpoint import endpoint
from service.web.respond import json_answer
from service.web.schemas.addresses import SuggestAnswer, SuggestQuery, WashAnswer, WashRequest

blueprint = Blueprint("addresses", __name__, description="Washing and completing addresses")

_DEFAULT_LIMIT = 8
_WASH_DEADLINE_MS = 300
_EXAMPLE = {"address": "Sankt Mortensgade 3, 3700 Rønne"}


@blueprint.route("/addresses/wash", methods=["POST"])
@endpoint(
    scope="enrich", publishable=True, takes=WashRequest, answers=WashAnswer, example=_EXAMPLE, keeps="again"
)
def wash(payload: Mapping[str, Any]) -> Response:
    """One address to its category: A exact, B one safe reading after correction, C unsure.

    `next_action` says what a form should do: accept it, let the visitor confirm `text`, or let them fix
    what they typed (perhaps by one of the `alternatives`). It is never a reason to refuse the form.
    """
    country = asked_country(payload)
    tables = current_services().assets().tables_of(country)
    match = tables.match_address(address_of(payload["address"], country), _WASH_DEADLINE_MS)
    current_site().metrics.count_match(country, match.level, match.category)
    block = match_block(match)
    block["municipality"] = tables.municipality_name(match)
    return json_answer({"text": one_line(match), **block})


@blueprint.route("/addresses")
@endpoint(scope="enrich", publishable=True, query=SuggestQuery, answers=SuggestAnswer)
def suggest(query: Mapping[str, Any]) -> Response:
    """Addresses that begin with, or contain, what has been typed so far, best first.

    `complete` is false while a house number, floor or door is still to come.
    """
    tables = current_services().assets().tables_of(asked_country(query))
    found = suggest_addresses(tables.matcher, query["q"], query.get("limit", _DEFAULT_LIMIT))
    return json_answer({"suggestions": [suggestion_block(s) for s in found]})
