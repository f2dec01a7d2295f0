"""The call-centre page: whom to call next, who should, and why; reserve, accept and complete.

Server-rendered, for people with a keyboard and little time. What it does goes through the same
flows as the HTTP interface; a session holds a secret key with the scopes `desk` and `leads`.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from service.errors import DoorstepError
from service.flows.board import read_board
from service.flows.desk import MOVES, move, reserve
from service.flows.why import explain_lead
from service.web.access import SESSION, SIGN_IN
from service.web.context import current_services, current_site
from service.web.desk import current_desk
from service.web.endpoint import endpoint
from service.web.page import page, why_page
from service.web.problems import as_problem

blueprint = Blueprint("desk", __name__)

_SHOWN = 25
_SESSION_SECONDS = 12 * 3600
_SAID = {
    "reserve": "An agent is reserved.",
    "accept": "The call is accepted.",
    "reject": "The lead is back in the queue.",
    "release": "The lead is back in the queue.",
    "complete": "The call is done.",
}


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
    if action not in _SAID:
        return _desk_page(fault="There is no such action.", status=404)
    try:
        if action in MOVES:
            move(current_desk(), lead_id, action)
        else:
            reserve(current_desk(), lead_id, request.form.get("agent_id") or None)
    except DoorstepError as error:
        problem = as_problem(error)
        return _desk_page(fault=problem.detail, lead_id=lead_id, status=problem.status)
    return _to(f"/desk?done={action}&lead={lead_id}")


@blueprint.route("/desk/leads/<lead_id>/why")
@endpoint(scope="leads", produces="text/html", page=True)
def desk_why(lead_id: str) -> Response:
    """The words for the recipient, to be read out."""
    services = current_services()
    language = request.args.get("language")
    return why_page(explain_lead(services.past, services.assets(), lead_id, language))


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
        SESSION,
        token,
        max_age=_SESSION_SECONDS,
        path="/",
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return answer


@blueprint.route("/desk/sign-out", methods=["POST"])
@endpoint(open_to_all=True, produces="text/html")
def sign_out() -> Response:
    """Ends the session in this browser."""
    answer = _to(SIGN_IN)
    answer.delete_cookie(SESSION, path="/", httponly=True, samesite="Strict")
    return answer


def _desk_page(said: str = "", fault: str = "", lead_id: str = "", status: int = 200) -> Response:
    desk = current_desk()
    board = read_board(desk, _SHOWN)
    return page(
        "desk.html",
        status,
        said=said,
        fault=fault,
        acted_on=lead_id,
        now=desk.now,
        board=board,
        names={agent.id: agent.name for agent in board.agents},
    )


def _to(place: str) -> Response:
    return Response(status=303, headers={"Location": place})
