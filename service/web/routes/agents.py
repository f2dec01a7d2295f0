"""The call centre: agents and their state, the waiting leads, who should call whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from service.decide.agents import Agent
from service.errors import InvalidInputError
from service.flows.desk import known_agent, match_waiting, shared_load
from service.model import AgentState
from service.web.context import current_services
from service.web.desk import current_desk
from service.web.endpoint import endpoint
from service.web.respond import json_answer, next_page
from service.web.schemas.desk import (
    AGENT_ID,
    DAYS,
    AgentAnswer,
    AgentRequest,
    AgentsAnswer,
    LoadAnswer,
    LoadQuery,
    MatchedAnswer,
    MatchRequest,
    QueueAnswer,
    QueueQuery,
    StateRequest,
)

blueprint = Blueprint("agents", __name__, description="Agents, their state, and the waiting leads")

_PAGE = 50
_LOAD_DAYS = 28


@blueprint.route("/agents")
@endpoint(scope="desk", answers=AgentsAnswer, also=(503,))
def agents() -> Response:
    """Every agent: what they can, whether they are on shift, and what they are doing."""
    desk = current_desk()
    states = desk.store.agents.states()
    return json_answer({"agents": [_agent_block(agent, states.get(agent.id)) for agent in desk.roster()]})


@blueprint.route("/agents/<agent_id>")
@endpoint(scope="desk", answers=AgentAnswer, also=(404, 503))
def agent(agent_id: str) -> Response:
    """One agent. The ETag is what `If-Match` takes when the state is changed."""
    return _agent_answer(
        known_agent(current_desk(), agent_id), current_services().store.agents.state(agent_id)
    )


@blueprint.route("/agents/<agent_id>", methods=["PUT"])
@endpoint(scope="desk", takes=AgentRequest, answers=AgentAnswer, also=(404, 503))
def declare_agent(agent_id: str, payload: Mapping[str, Any]) -> Response:
    """Adds an agent, or says anew what one of the policy's can do. Takes effect within a second."""
    if not re.fullmatch(AGENT_ID, agent_id):
        raise InvalidInputError("An agent's id is 1 to 64 letters, digits and . _ : ~ -", "agent_id")
    body = {
        "name": payload["name"],
        "languages": payload["languages"],
        "countries": payload["countries"],
        "skills": payload.get("skills", []),
        "certificates": payload.get("certificates", []),
        "timezone": payload["timezone"],
        "hours": [_minutes(payload["hours"].get(day)) for day in DAYS],
        "capacity": payload["capacity"],
    }
    state = current_services().store.agents.declare(agent_id, body, payload["capacity"])
    return _agent_answer(known_agent(current_desk(), agent_id), state)


@blueprint.route("/agents/<agent_id>/state", methods=["PATCH"])
@endpoint(scope="desk", takes=StateRequest, answers=AgentAnswer, also=(404, 412, 503), headers=("If-Match",))
def change_state(agent_id: str, payload: Mapping[str, Any]) -> Response:
    """Available, busy or away. With `If-Match`, only if nothing has changed since it was read."""
    known = known_agent(current_desk(), agent_id)
    state = current_services().store.agents.set_state(
        agent_id, payload["state"], known.capacity, _if_version()
    )
    return _agent_answer(known, state)


@blueprint.route("/agents/queue")
@endpoint(scope="desk", query=QueueQuery, answers=QueueAnswer, also=(503,))
def queue(query: Mapping[str, Any]) -> Response:
    """The leads that may be called and wait for an agent, longest wait first. `Link` leads on."""
    limit, after = query.get("limit", _PAGE), query.get("after", 0)
    found = current_services().store.desk.queue(limit + 1, after)
    headers = next_page({"limit": limit, "after": after + limit}) if len(found) > limit else {}
    return json_answer({"waiting": [asdict(lead) for lead in found[:limit]]}, headers=headers)


@blueprint.route("/agents/match", methods=["POST"])
@endpoint(
    scope="desk",
    takes=MatchRequest,
    takes_optional=True,
    answers=MatchedAnswer,
    also=(503,),
    keeps="answer",
)
def match(payload: Mapping[str, Any]) -> Response:
    """The best assignment of the waiting leads to the free agents, over all of them at once.

    `left` says why a lead has none. With `reserve`, each pair is reserved; a pair that another call was
    faster with is left as `taken_meanwhile`.
    """
    found = match_waiting(current_desk(), payload.get("limit"), bool(payload.get("reserve")))
    return json_answer(
        {
            "assigned": [{**asdict(pair), "reservation_id": held} for pair, held in found.assigned],
            "left": [{"lead_id": lead_id, "reason": reason} for lead_id, reason in found.left],
            "idle": found.idle,
        }
    )


@blueprint.route("/agents/load")
@endpoint(scope="desk", query=LoadQuery, answers=LoadAnswer, also=(503,))
def load(query: Mapping[str, Any]) -> Response:
    """Whether work is shared fairly: leads taken per agent against what their hours imply."""
    desk = current_desk()
    since = desk.now - timedelta(days=query.get("days", _LOAD_DAYS))
    return json_answer({"since": since, "groups": [asdict(group) for group in shared_load(desk, since)]})


def _agent_answer(known: Agent, state: AgentState) -> Response:
    return json_answer(_agent_block(known, state), headers={"ETag": f'"{state.version}"'})


def _agent_block(known: Agent, state: AgentState | None) -> dict[str, Any]:
    state = state or AgentState(known.id, "available")
    return {
        "id": known.id,
        "name": known.name,
        "languages": known.languages,
        "countries": known.countries,
        "skills": known.skills,
        "certificates": known.certificates,
        "timezone": known.timezone.key,
        "on_shift": known.is_on_shift(current_services().now()),
        "capacity": known.capacity,
        "state": state.state,
        "active": state.active,
        "version": state.version,
        "since": state.since,
    }


def _if_version() -> int | None:
    """The version in `If-Match`; None without one or for `*`. One that is none of ours matches nothing."""
    sent = request.headers.get("If-Match", "*").strip()
    if sent == "*":
        return None
    digits = sent.removeprefix("W/").strip('"')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


def _minutes(hours: str | None) -> tuple[int, int] | None:
    if hours is None:
        return None
    begin, end = (int(part[:2]) * 60 + int(part[3:5]) for part in hours.split("-"))
    return begin, end
