"""The call-centre page: whom to call next, who should, and why; reserve, accept and complete.

Server-rendered, for people with a keyboard and little time. What it does goes through the same
functions as the HTTP interface; a session holds a secret key with the scopes `desk` and `leads`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from inspect import unwrap
from typing import Any

from flask import Blueprint, Response, request

from service.decide.agents import Agent
from service.errors import DoorstepError
from service.model import AgentState, Decision
from service.store.desk import Reservation, WaitingLead
from service.web.access import SESSION, SIGN_IN
from service.web.context import current_services, current_site
from service.web.endpoint import endpoint
from service.web.page import page
from service.web.problems import as_problem
from service.web.routes import reservations
from service.web.routes.reservations import call_now, current_roster
from service.web.routes.why import explain_lead, why_page

blueprint = Blueprint("desk", __name__)

_SHOWN = 25
_SESSION_SECONDS = 12 * 3600
_ACTIONS = {
    "reserve": reservations.reserve,
    "accept": reservations.accept,
    "reject": reservations.reject,
    "release": reservations.release,
    "complete": reservations.complete,
}
_SAID = {
    "reserve": "An agent is reserved.",
    "accept": "The call is accepted.",
    "reject": "The lead is back in the queue.",
    "release": "The lead is back in the queue.",
    "complete": "The call is done.",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One lead on the page, waiting or in hand."""

    lead_id: str
    decision: Decision | None
    agent: Agent | None
    agent_state: AgentState | None
    waiting: WaitingLead | None = None
    reservation: Reservation | None = None
    callable_now: bool = False

    @property
    def reasons(self) -> list[str]:
        return _texts(self._agent_content().get("reasons"))

    @property
    def preferred(self) -> list[str]:
        return _texts(self._agent_content().get("preferred_agents"))

    @property
    def call_from(self) -> datetime | None:
        opens = self._agent_content().get("call_from")
        return datetime.fromisoformat(opens) if isinstance(opens, str) else None

    def _agent_content(self) -> Mapping[str, object]:
        treatment = self.decision.treatments.get("agent") if self.decision else None
        return treatment.content if treatment else {}


@blueprint.route("/desk")
@endpoint(scope="desk", produces="text/html", page=True)
def desk() -> Response:
    """Who waits, who is in hand."""
    done = request.args.get("done", "")
    return _desk_page(said=_SAID.get(done, ""), lead_id=request.args.get("lead", ""))


@blueprint.route("/desk/leads/<lead_id>/<action>", methods=["POST"])
@endpoint(scope="desk", produces="text/html", page=True)
def act(lead_id: str, action: str) -> Response:
    """Reserve, accept, reject, release or complete; then the page again."""
    view = _ACTIONS.get(action)
    if view is None:
        return _desk_page(fault="There is no such action.", status=404)
    payload = {"agent_id": request.form["agent_id"]} if request.form.get("agent_id") else {}
    try:
        unwrap(view)(lead_id=lead_id, payload=payload)  # as over HTTP, but the body is that of a form
    except DoorstepError as error:
        problem = as_problem(error)
        return _desk_page(fault=problem.detail, lead_id=lead_id, status=problem.status)
    return _to(f"/desk?done={action}&lead={lead_id}")


@blueprint.route("/desk/leads/<lead_id>/why")
@endpoint(scope="leads", produces="text/html", page=True)
def desk_why(lead_id: str) -> Response:
    """The words for the recipient, to be read out."""
    return why_page(explain_lead(lead_id, request.args.get("language")))


@blueprint.route(SIGN_IN)
@endpoint(open_to_all=True, produces="text/html")
def sign_in() -> Response:
    """The door."""
    demo = current_services().config.demo_keys
    return page("sign_in.html", wrong="wrong" in request.args, demo=demo)


@blueprint.route(SIGN_IN, methods=["POST"])
@endpoint(open_to_all=True, produces="text/html")
def signed_in() -> Response:
    """Opens a session for a secret key that may use the desk."""
    token = request.form.get("key", "").strip()
    key = current_site().keyring.authenticate(token)
    if key is None or key.kind != "secret" or not {"desk", "leads"} <= key.scopes:
        return _to(f"{SIGN_IN}?wrong")
    answer = _to("/desk")
    # Strict: no other site's link or form acts with it. HttpOnly: no script reads it.
    answer.set_cookie(
        SESSION, token, max_age=_SESSION_SECONDS, path="/", secure=request.is_secure, httponly=True,
        samesite="Strict",
    )  # fmt: skip
    return answer


@blueprint.route("/desk/sign-out", methods=["POST"])
@endpoint(open_to_all=True, produces="text/html")
def sign_out() -> Response:
    """Ends the session in this browser."""
    answer = _to(SIGN_IN)
    answer.delete_cookie(SESSION, path="/", httponly=True, samesite="Strict")
    return answer


def _desk_page(said: str = "", fault: str = "", lead_id: str = "", status: int = 200) -> Response:
    services = current_services()
    store, now = services.store, services.now()
    agents = {agent.id: agent for agent in current_roster()}
    states = store.agents.states()
    queue = store.desk.queue(_SHOWN + 1)
    held = store.desk.live_reservations()
    wanted = [*(lead.decision_id for lead in queue), *(r.decision_id for r in held if r.decision_id)]
    decisions = store.decisions_of(wanted)

    def card(one: WaitingLead | Reservation) -> Card:
        decision = decisions.get(one.decision_id or "")
        suggested = decision.treatments["agent"].id if decision and "agent" in decision.treatments else ""
        agent_id = one.agent_id if isinstance(one, Reservation) else suggested
        return Card(
            lead_id=one.lead_id,
            decision=decision,
            agent=agents.get(agent_id),
            agent_state=states.get(agent_id),
            waiting=one if isinstance(one, WaitingLead) else None,
            reservation=one if isinstance(one, Reservation) else None,
            callable_now=decision is not None and call_now(decision, now).allowed,
        )

    return page(
        "desk.html",
        status,
        said=said,
        fault=fault,
        acted_on=lead_id,
        now=now,
        held=[card(one) for one in held],
        waiting=[card(one) for one in queue[:_SHOWN]],
        more=len(queue) > _SHOWN,
        agents=sorted(agents.values(), key=lambda agent: agent.name),
        states=states,
        names={agent.id: agent.name for agent in agents.values()},
    )


def _to(place: str) -> Response:
    return Response(status=303, headers={"Location": place})


def _texts(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else []
