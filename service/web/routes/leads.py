"""What was decided for a lead, from the decision log."""

from __future__ import annotations

from flask import Response
from flask_smorest import Blueprint

from service.decide.slots.agent import suggested_agent
from service.decide.slots.email import first_message
from service.errors import NotFoundError
from service.web.answer import answer_secret, treatment_block
from service.web.context import current_services
from service.web.endpoint import endpoint
from service.web.respond import json_answer, json_bytes
from service.web.schemas.answer import AgentOfLeadAnswer, EnrichAnswer, FirstEmailAnswer

blueprint = Blueprint("leads", __name__, description="What was decided for a lead")


@blueprint.route("/leads/<lead_id>")
@endpoint(scope="leads", answers=EnrichAnswer, also=(404, 503))
def lead(lead_id: str) -> Response:
    """The latest decision of a lead.

    The log holds no address: of it, only how well it was matched, and the areas.
    """
    return json_bytes(answer_secret(current_services().past.latest(lead_id)))


@blueprint.route("/leads/<lead_id>/agent")
@endpoint(scope="leads", answers=AgentOfLeadAnswer, also=(404, 503))
def lead_agent(lead_id: str) -> Response:
    """The agent suggested for a lead, with reasons; whether a call is allowed at all."""
    decision = current_services().past.latest(lead_id)
    agent = suggested_agent(current_services().assets().policy.slots, decision.treatments)
    if agent is None:
        raise NotFoundError("The latest decision of this lead has no agent; the policy has no such slot.")
    return json_answer(
        {
            "lead_id": decision.lead_id,
            "decision_id": decision.decision_id,
            "made_at": decision.made_at.isoformat(),
            "status": decision.status,
            "language": decision.language,
            "agent": treatment_block(agent),
        }
    )


@blueprint.route("/leads/<lead_id>/first-email")
@endpoint(scope="leads", answers=FirstEmailAnswer, also=(404, 503))
def first_email(lead_id: str) -> Response:
    """The first e-mail as it is to be sent: subject, text and HTML, with the objection notice in it.

    `kind` is `service` where marketing by e-mail is not permitted: then that is what it is.
    """
    decision = current_services().past.latest(lead_id)
    policy = current_services().assets().policy
    treatment = first_message(policy.slots, decision.treatments)
    if treatment is None:
        raise NotFoundError(
            "The latest decision of this lead has no first e-mail; the policy has no such slot."
        )
    rendered = policy.email.render(treatment.content)
    return json_answer(
        {
            "lead_id": decision.lead_id,
            "decision_id": decision.decision_id,
            "id": treatment.id,
            "kind": treatment.content.get("kind"),
            "language": treatment.content.get("language"),
            "subject": rendered.subject,
            "text": rendered.text,
            "html": rendered.html,
        }
    )
