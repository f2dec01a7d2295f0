"""The first e-mail as it is to be sent."""

from __future__ import annotations


def test_the_first_email_is_rendered_with_its_notice(call):
    yes = {"given": True, "at": "2026-11-21T10:02:11Z", "text_version": "c-12"}
    sent = {"address": "Sankt Mortens Gade 3, 3700 Rønne", "lead_id": "mail-1", "consent": {"email": yes}}
    decided = call("POST", "/enrich", json=sent).json["decisions"]["first_email"]
    mail = call("GET", "/leads/mail-1/first-email").json
    assert (mail["id"], mail["kind"], mail["subject"]) == (decided["id"], "marketing", decided["subject"])
    for block in decided["blocks"]:
        assert block in mail["text"]
    assert decided["objection_notice"] in mail["text"]
    assert "<html" in mail["html"]
    assert "Mortens" not in mail["html"]
    assert call("GET", "/leads/nobody/first-email").status_code == 404


def test_without_consent_it_is_a_service_mail(call):
    call("POST", "/enrich", json={"address": "Sankt Mortens Gade 3, 3700 Rønne", "lead_id": "mail-2"})
    assert call("GET", "/leads/mail-2/first-email").json["kind"] == "service"
